// SPDX-License-Identifier: Apache-2.0
#include "proxy/draft.h"

#include <assert.h>
#include <stdio.h>

#include "proxy/base/draw.h"
#include "proxy/base/own.h"
#include "proxy/http/date.h"
#include "proxy/http/emit.h"
#include "proxy/lane_inside.h"

// As many as the parser lets through, in a recorded reply; and those that are made anew.
#define MAX_REPLY_FIELDS (H1_MAX_FIELDS + 10)

// "+1h" or "-20m".
static enum rc shift_parse(int64_t *us, const cJSON *text, struct diag *d)
{
    struct span shift = json_span(text);
    enum rc rc = duration_parse(us, span_slice(shift, 1, shift.len), d);
    *us = span_starts(shift, SPAN("-")) ? -*us : *us;
    return rc;
}

static struct span retry_text(const cJSON *args)
{
    return json_span(cJSON_IsString(args) ? args : json_get(args, "after"));
}

static enum rc check_header(struct span name, struct span value, struct diag *d)
{
    struct h1_field field = {.name = name, .value = value};
    struct h1_response_head head = {
        .status = 200, .fields = {.at = &field, .count = 1, .framing = H1_FRAME_LENGTH}};
    OWN_BUF struct buf trial = {0};
    if (h1_emit_response(&trial, &head) == RC_OK &&
        !span_equal_nocase(name, SPAN("Transfer-Encoding"))) {
        return RC_OK;
    }
    return diag_fail(d, RC_SYNTAX,
                     "the header \"%.*s\" cannot be sent: its name or value is not allowed, or it "
                     "frames the reply, which is done for it",
                     (int)name.len, name.at);
}

static enum rc check_respond(const cJSON *args, struct diag *d)
{
    const cJSON *given = NULL;
    const cJSON *headers = json_get(args, "headers");
    enum rc rc = RC_OK;
    if (cJSON_GetArraySize(headers) > H1_MAX_FIELDS) {
        return diag_fail(d, RC_LIMIT, "a reply has at most %d headers", H1_MAX_FIELDS);
    }
    cJSON_ArrayForEach(given, headers)
    {
        rc = rc == RC_OK ? check_header(span_of(given->string), json_span(given), d) : rc;
    }
    return rc;
}

static enum rc check_redirect(const cJSON *args, struct diag *d)
{
    return check_header(SPAN("Location"), json_span(json_get(args, "location")), d);
}

static enum rc check_date_header(const cJSON *args, struct diag *d)
{
    int64_t us = 0;
    return shift_parse(&us, args, d);
}

static enum rc check_retry_after(const cJSON *args, struct diag *d)
{
    int64_t us = 0;
    return duration_parse(&us, retry_text(args), d);
}

enum rc draft_check(const struct action *action, struct diag *d)
{
    static const struct {
        enum action_verb verb;
        enum rc (*check)(const cJSON *args, struct diag *d);
    } CHECKS[] = {{ACTION_RESPOND, check_respond},
                  {ACTION_REDIRECT, check_redirect},
                  {ACTION_DATE_HEADER, check_date_header},
                  {ACTION_RETRY_AFTER, check_retry_after}};
    for (size_t i = 0; i < sizeof CHECKS / sizeof CHECKS[0]; i++) {
        if (CHECKS[i].verb == action->verb) {
            return CHECKS[i].check(action->args, d);
        }
    }
    return RC_OK;
}

void draft_request_id(const struct exchange *x, char out[DRAFT_REQUEST_ID])
{
    struct draw draw = lane_draw(x->lane, SPAN("request-id"), x->number);
    uint64_t a = draw_u64(&draw, 1);
    uint64_t b = draw_u64(&draw, 2);
    (void)snprintf(out, DRAFT_REQUEST_ID, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
                   (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
                   (unsigned)(0x8000 | (b >> 48 & 0x3fff)),
                   (unsigned long long)(b & UINT64_C(0xffffffffffff)));
}

struct fields {
    struct h1_field at[MAX_REPLY_FIELDS];
    size_t count;
};

static void add_field(struct fields *fields, struct span name, struct span value)
{
    if (fields->count < MAX_REPLY_FIELDS) {
        fields->at[fields->count++] = (struct h1_field){.name = name, .value = value};
    }
}

static bool has_field(const struct fields *fields, struct span name)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (span_equal_nocase(fields->at[i].name, name)) {
            return true;
        }
    }
    return false;
}

// What `respond` gives for that field, or NULL.
static const cJSON *given_field(const struct draft *draft, struct span name)
{
    const cJSON *given = NULL;
    cJSON_ArrayForEach(given, draft->headers)
    {
        if (span_equal_nocase(span_of(given->string), name)) {
            return given;
        }
    }
    return NULL;
}

// What is given in the place of a usual field stands where that would.
static void add_default(struct fields *fields, const struct draft *draft, struct span name,
                        struct span value)
{
    const cJSON *given = given_field(draft, name);
    add_field(fields, given == NULL ? name : span_of(given->string),
              given == NULL ? value : json_span(given));
}

// RFC 9112 9.6: who says close must close.
static bool says_close(struct span connection)
{
    while (connection.at != NULL) {
        if (span_equal_nocase(span_trim(span_cut(&connection, ',')), SPAN("close"))) {
            return true;
        }
    }
    return false;
}

static void add_given(struct fields *fields, const struct draft *draft)
{
    const cJSON *given = NULL;
    cJSON_ArrayForEach(given, draft->headers)
    {
        if (!has_field(fields, span_of(given->string))) {
            add_field(fields, span_of(given->string), json_span(given));
        }
    }
}

// RFC 9110 10.2.3: Retry-After has whole seconds, or a date; x-amz-retry-after has milliseconds.
// Rounded up: the client is never asked to come back earlier than the scenario says.
static void add_retry(struct fields *fields, const struct draft *draft, char text[H1_DATE])
{
    struct span header = json_span(json_get(draft->retry, "header"));
    int64_t us = 0;
    if (draft->retry == NULL || duration_parse(&us, retry_text(draft->retry), NULL) != RC_OK) {
        return; // draft_check has parsed it once: it is not asked for
    }
    bool is_amz = span_is(header, "x-amz-retry-after");
    if (span_is(header, "retry-after-date")) {
        h1_date(text, lane_wire_us(draft->x->lane) + us + US_PER_S - 1);
    } else {
        int64_t unit = is_amz ? US_PER_MS : US_PER_S;
        (void)snprintf(text, H1_DATE, "%lld", (long long)((us + unit - 1) / unit));
    }
    add_default(fields, draft, is_amz ? SPAN("x-amz-retry-after") : SPAN("Retry-After"),
                span_of(text));
}

// RFC 9110 6.4.1: 1xx, 204 and 304 have no content; RFC 9110 8.6: nor a Content-Length.
static bool may_have_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

void draft_assemble(struct draft *draft)
{
    struct exchange *x = draft->x;
    struct fields fields = {.count = 0};
    char id[DRAFT_REQUEST_ID];
    char ttl[16];
    char date[H1_DATE];
    char retry[H1_DATE];
    int64_t shift_us = 0;
    if (draft->date_shift != NULL && shift_parse(&shift_us, draft->date_shift, NULL) != RC_OK) {
        shift_us = 0; // draft_check has parsed it once
    }
    draft_request_id(x, id);
    h1_date(date, lane_wire_us(x->lane) + shift_us);
    if (x->target == TARGET_SERVICE || x->target == TARGET_STS) {
        add_default(&fields, draft, SPAN("x-amzn-RequestId"), span_of(id));
    }
    if (draft->body.len > 0) {
        add_default(&fields, draft, SPAN("Content-Type"), span_of(draft->content_type));
    }
    add_default(&fields, draft, SPAN("Date"), span_of(date));
    if (draft->location.len > 0) {
        add_field(&fields, SPAN("Location"), buf_span(&draft->location));
    }
    add_retry(&fields, draft, retry);
    if (draft->type_header.len > 0) {
        add_field(&fields, SPAN("X-Amzn-ErrorType"), buf_span(&draft->type_header));
    }
    if (draft->token_ttl_s > 0) {
        (void)snprintf(ttl, sizeof ttl, "%u", draft->token_ttl_s);
        add_field(&fields, SPAN("X-Aws-Ec2-Metadata-Token-Ttl-Seconds"), span_of(ttl));
    }
    add_given(&fields, draft);
    struct span connection = json_span(given_field(draft, SPAN("Connection")));
    x->is_last = x->is_last || says_close(connection);
    struct h1_response_head head = {
        .status = draft->status,
        .fields = {.at = fields.at,
                   .count = fields.count,
                   .framing = may_have_body(draft->status) ? H1_FRAME_LENGTH : H1_FRAME_AS_GIVEN,
                   .content_length = draft->body.len,
                   .close = connection.at == NULL && (x->is_last || !x->head->keep_alive)},
    };
    // What a scenario gives as header was checked when it was read; ours are always well formed.
    enum rc rc = h1_emit_response(&x->out, &head);
    assert(rc == RC_OK);
    (void)rc;
    x->status = draft->status;
    x->head_bytes = x->out.len;
    // RFC 9110 9.3.2: a reply to HEAD ends with its head.
    if (may_have_body(draft->status) && !span_is(x->head->method, "HEAD")) {
        buf_add(&x->out, buf_span(&draft->body));
    }
}
