// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/forwarded.h"

static void add_field(struct buf *out, struct span name, struct span value)
{
    buf_add(out, name);
    buf_add(out, SPAN(": "));
    buf_add(out, value);
    buf_add(out, SPAN("\r\n"));
}

// Connection may name any field (RFC 9110 7.6.1 forbids only the sensible ones); were these dropped
// for it, the next reader would see another end of the message, or another host.
static bool is_needed(struct span name)
{
    return span_equal_nocase(name, SPAN("Content-Length")) || span_equal_nocase(name, SPAN("Host"));
}

static bool ends_here(const struct h1_head *head, struct span name)
{
    return h1_is_hop_by_hop(head, name) && !is_needed(name);
}

// RFC 9110 11.7.2: credentials for a proxy are for the first one that is asked, and that is us.
static bool is_for_us(struct span name)
{
    return span_equal_nocase(name, SPAN("Proxy-Authorization"));
}

// RFC 9112 3.2.2: the authority of an absolute target overrules what Host says.
static struct span value_of(const struct h1_head *head, const struct h1_field *field)
{
    bool is_overruled =
        head->form == H1_FORM_ABSOLUTE && span_equal_nocase(field->name, SPAN("Host"));
    return is_overruled ? head->authority : field->value;
}

void h1_forward_request(struct buf *out, const struct h1_head *head, struct span server)
{
    buf_add(out, head->method);
    buf_add_char(out, ' ');
    if (head->form == H1_FORM_ASTERISK) {
        buf_add(out, head->target);
    } else {
        buf_add(out, span_starts(head->path, SPAN("/")) ? SPAN("") : SPAN("/"));
        buf_add(out, head->path);
    }
    buf_add(out, SPAN(" HTTP/1.1\r\n"));
    if (h1_find(head, "Host") == NULL) {
        add_field(out, SPAN("Host"), head->form == H1_FORM_ABSOLUTE ? head->authority : server);
    }
    for (size_t i = 0; i < head->field_count; i++) {
        if (!ends_here(head, head->fields[i].name) && !is_for_us(head->fields[i].name)) {
            add_field(out, head->fields[i].name, value_of(head, &head->fields[i]));
        }
    }
    if (head->is_chunked) {
        add_field(out, SPAN("Transfer-Encoding"), SPAN("chunked"));
    }
    add_field(out, SPAN("Via"), head->minor == 0 ? SPAN("1.0 " H1_VIA) : SPAN("1.1 " H1_VIA));
    buf_add(out, SPAN("\r\n"));
}

// RFC 9110 8.6: 1xx and 204 have no Content-Length; where the body's framing is new, its is too.
static bool drops_length(const struct h1_head *head, const struct h1_passed *passed)
{
    return passed->passing != H1_PASS_AS_IS || head->status < 200 || head->status == 204;
}

static void add_framing(struct buf *out, const struct h1_head *head, const struct h1_passed *passed)
{
    if (passed->passing == H1_PASS_LENGTH) {
        buf_add(out, SPAN("Content-Length: "));
        buf_add_u64(out, passed->length);
        buf_add(out, SPAN("\r\n"));
    } else if (passed->passing == H1_PASS_AS_IS && head->is_chunked) {
        add_field(out, SPAN("Transfer-Encoding"), SPAN("chunked"));
    }
}

void h1_forward_response(struct buf *out, const struct h1_head *head,
                         const struct h1_passed *passed)
{
    buf_add(out, SPAN("HTTP/1.1 "));
    buf_add_u64(out, (uint64_t)head->status);
    buf_add_char(out, ' ');
    buf_add(out, head->reason);
    buf_add(out, SPAN("\r\n"));
    for (size_t i = 0; i < head->field_count; i++) {
        struct span name = head->fields[i].name;
        bool is_length = span_equal_nocase(name, SPAN("Content-Length"));
        if (!ends_here(head, name) && !(is_length && drops_length(head, passed))) {
            add_field(out, name, head->fields[i].value);
        }
    }
    if (head->status >= 200 && h1_find(head, "Date") == NULL) {
        add_field(out, SPAN("Date"), passed->date);
    }
    add_framing(out, head, passed);
    if (passed->close) {
        add_field(out, SPAN("Connection"), SPAN("close"));
    }
    buf_add(out, SPAN("\r\n"));
}

bool h1_is_idempotent(struct span method)
{
    static const char *const METHODS[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++) {
        if (span_is(method, METHODS[i])) {
            return true;
        }
    }
    return false;
}
