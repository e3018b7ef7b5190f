// SPDX-License-Identifier: Apache-2.0
// Proxy-Status (RFC 9209) says who answers and why, for machines; the body says it for people. No
// error of AWS's looks like it: there is no __type, and no request id.
#include "proxy/gateway.h"

#include <assert.h>
#include <string.h>

#include "proxy/base/own.h"
#include "proxy/http/date.h"
#include "proxy/http/emit.h"
#include "proxy/http/forwarded.h"
#include "proxy/lane_inside.h"

// RFC 8941 3.3.3: a string of visible ASCII characters and blanks.
static void add_string(struct buf *out, const char *text)
{
    buf_add_char(out, '"');
    for (const char *at = text; *at != '\0'; at++) {
        char c = '?';
        if (*at >= ' ' && *at <= '~') {
            c = *at;
        }
        if (c == '"' || c == '\\') {
            buf_add_char(out, '\\');
        }
        buf_add_char(out, c);
    }
    buf_add_char(out, '"');
}

static void render(struct buf *status, struct buf *body, const struct exchange *x,
                   enum upstream_fault fault, const char *text)
{
    const struct upstream *upstream = x->lane->options.upstream;
    const char *name = upstream_fault_name(fault);
    buf_addf(status, H1_VIA "; error=%s", name);
    if (*text != '\0') {
        buf_add_text(status, "; details=");
        add_string(status, text);
    }
    buf_add_text(body, "{\"meterprover\":{\"error\":");
    buf_add_json_string(body, span_of(name));
    buf_add_member(body, "text", span_of(upstream_fault_text(fault)));
    buf_add_member(body, "details", span_of(text));
    if (upstream != NULL) {
        buf_add_member(body, "upstream", span_of(upstream_origin(upstream)->text));
    }
    buf_add_text(body, "}}\n");
}

void gateway_answer(struct exchange *x, enum upstream_fault fault, const char *text)
{
    OWN_BUF struct buf status = {0};
    OWN_BUF struct buf body = {0};
    char date[H1_DATE];
    h1_date(date, lane_wire_us(x->lane));
    render(&status, &body, x, fault, text);
    const struct h1_field fields[] = {
        {.name = SPAN("Proxy-Status"), .value = buf_span(&status)},
        {.name = SPAN("Content-Type"), .value = SPAN("application/json")},
        {.name = SPAN("Date"), .value = span_of(date)},
    };
    struct h1_response_head head = {
        .status = upstream_fault_status(fault),
        .fields = {.at = fields,
                   .count = sizeof fields / sizeof fields[0],
                   .framing = H1_FRAME_LENGTH,
                   .content_length = body.len,
                   .close = x->is_last || !x->head->keep_alive},
    };
    enum rc rc = h1_emit_response(&x->out, &head);
    assert(rc == RC_OK); // we wrote all of it
    (void)rc;
    x->status = head.status;
    x->error_name = upstream_fault_name(fault);
    x->origin = "proxy";
    x->head_bytes = x->out_base + x->out.len;
    if (!span_is(x->head->method, "HEAD")) {
        buf_add(&x->out, buf_span(&body));
    }
}
