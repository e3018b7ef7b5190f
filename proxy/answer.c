// SPDX-License-Identifier: Apache-2.0
#include "proxy/answer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/http/date.h"
#include "proxy/http/emit.h"
#include "proxy/lane_inside.h"
#include "proxy/record.h"

#define MAX_REPLY_FIELDS 24

// A reply in the making.
struct draft {
    struct exchange *x;
    size_t *order; // owned; NULL: as sent
    bool is_shuffled;
    bool is_in_place; // a rule has answered
    int status;
    struct buf body, type_header;
    const cJSON *headers; // of `respond`; overrides ours by name
    const char *content_type;
    const cJSON *date_shift, *retry; // arguments of `date_header` and `retry_after`, or NULL
    struct buf location;             // of `redirect`
};

typedef void apply_fn(struct draft *draft, const struct action *action);

static struct record_directive *directives_of(struct draft *draft)
{
    struct exchange *x = draft->x;
    if (x->directives == NULL) {
        x->directives = x_alloc((x->request.count + 1) * sizeof *x->directives);
    }
    return x->directives;
}

static void apply_unprocessed(struct draft *draft, const struct action *action)
{
    struct record_directive *directives = directives_of(draft);
    for (size_t i = 0; i < draft->x->request.count; i++) {
        if (rules_record_matches(draft->x->lane->rules, action->args, &draft->x->records[i])) {
            directives[i].fate = RECORD_UNPROCESSED;
        }
    }
}

static void apply_record_status(struct draft *draft, const struct action *action)
{
    struct record_directive *directives = directives_of(draft);
    for (size_t i = 0; i < draft->x->request.count; i++) {
        if (rules_record_matches(draft->x->lane->rules, action->args, &draft->x->records[i])) {
            directives[i].fate = RECORD_STATUS;
            directives[i].status = json_get_text(action->args, "status");
        }
    }
}

static void apply_omit_result(struct draft *draft, const struct action *action)
{
    struct record_directive *directives = directives_of(draft);
    bool only_id = span_is(json_span(json_get(action->args, "only")), "record_id");
    for (size_t i = 0; i < draft->x->request.count; i++) {
        if (rules_record_matches(draft->x->lane->rules, action->args, &draft->x->records[i])) {
            *(only_id ? &directives[i].omit_record_id : &directives[i].omit_result) = true;
        }
    }
}

static struct draw draw_of(const struct exchange *x)
{
    return (struct draw){.seed = x->lane->options.seed,
                         .case_id = span_of(x->lane->case_id),
                         .rule = span_of(x->rule == NULL ? "reply" : x->rule->name),
                         .index = x->rule == NULL ? x->number : x->rule_index};
}

static void apply_shuffle_results(struct draft *draft, const struct action *action)
{
    (void)action;
    draft->is_shuffled = true; // done when it is known which records have a result
}

static bool has_result(const struct exchange *x, size_t i)
{
    const struct record_directive *d = x->directives;
    return d == NULL || (d[i].fate != RECORD_UNPROCESSED && !d[i].omit_result);
}

// A rotation of the results there are by a drawn distance that is never 0 leaves none in its place.
static void shuffle(struct draft *draft)
{
    struct exchange *x = draft->x;
    size_t count = x->request.count;
    size_t *order = x_alloc((count + 1) * sizeof *order);
    size_t shown = 0;
    for (size_t i = 0; i < count; i++) {
        if (has_result(x, i)) {
            order[shown++] = i;
        }
    }
    draft->order = x_alloc((count + 1) * sizeof *order);
    struct draw draw = draw_of(x);
    size_t by = shown < 2 ? 0 : 1 + (size_t)(draw_u64(&draw, 3) % (shown - 1));
    for (size_t i = 0; i < shown; i++) {
        draft->order[i] = order[(i + by) % shown];
    }
    for (size_t i = 0; i < count; i++) {
        if (!has_result(x, i)) {
            draft->order[shown++] = i; // skipped by the service, but every record is named once
        }
    }
    x_free(order);
}

static enum aws_error_where where_of(const char *name)
{
    static const char *const NAMES[] = {[AWS_ERROR_IN_TYPE] = "type",
                                        [AWS_ERROR_IN_CODE] = "code",
                                        [AWS_ERROR_IN_HEADER] = "header"};
    for (size_t i = 0; name != NULL && i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return (enum aws_error_where)i;
        }
    }
    return AWS_ERROR_IN_TYPE;
}

static enum aws_error_how how_of(const char *name)
{
    static const char *const NAMES[] = {[AWS_ERROR_BARE] = "bare",
                                        [AWS_ERROR_NAMESPACED] = "namespaced",
                                        [AWS_ERROR_WITH_URI] = "uri"};
    for (size_t i = 0; name != NULL && i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return (enum aws_error_how)i;
        }
    }
    return AWS_ERROR_BARE;
}

static void apply_error(struct draft *draft, const struct action *action)
{
    const cJSON *args = action->args;
    const char *name = cJSON_IsString(args) ? args->valuestring : json_get_text(args, "name");
    enum aws_error error = aws_error_find(span_of(name));
    struct aws_error_form form = {
        .name = name,
        .message = json_get_text(args, "message"),
        .status = (int)json_get_int(args, "status", 0),
        .where = where_of(json_get_text(args, "where")),
        .how = how_of(json_get_text(args, "how")),
        .capital_message = json_is_true(json_get(args, "capital_message")),
        .empty_body = json_is_true(json_get(args, "empty_body")),
    };
    aws_error_render(&draft->body, &draft->type_header, error, &form);
    int usual = error == AWS_ERROR_NONE ? 400 : aws_error_status(error);
    draft->status = form.status != 0 ? form.status : usual;
    draft->x->error_name = name;
    draft->is_in_place = true;
}

static void apply_respond(struct draft *draft, const struct action *action)
{
    const cJSON *body = json_get(action->args, "body");
    if (cJSON_IsString(body)) {
        buf_add_text(&draft->body, body->valuestring);
    } else if (body != NULL) {
        json_print(&draft->body, body);
    }
    draft->status = (int)json_get_int(action->args, "status", 200);
    draft->headers = json_get(action->args, "headers");
    draft->is_in_place = true;
}

// Where nobody listens: the discard port of this machine (nothing leaves it unasked).
#define NOWHERE "127.0.0.1:9"

static void apply_redirect(struct draft *draft, const struct action *action)
{
    const char *location = json_get_text(action->args, "location");
    const char *elsewhere = draft->x->lane->options.elsewhere;
    if (location != NULL) {
        buf_add_text(&draft->location, location);
    } else {
        buf_addf(&draft->location, "http://%s/", elsewhere == NULL ? NOWHERE : elsewhere);
    }
    draft->status = (int)json_get_int(action->args, "status", 307);
    draft->is_in_place = true;
}

static void apply_date_header(struct draft *draft, const struct action *action)
{
    draft->date_shift = action->args;
}

static void apply_retry_after(struct draft *draft, const struct action *action)
{
    draft->retry = action->args;
}

static void apply_commit(struct draft *draft, const struct action *action)
{
    (void)draft; // rule->executes already says so
    (void)action;
}

static void arm(struct draft *draft, const struct action *action, bool armed)
{
    // The scenario was checked: the rule exists. A port that could not be held shows in the
    // journal.
    enum rc rc = lane_arm(draft->x->lane, json_span(action->args), armed);
    assert(rc != RC_UNKNOWN);
    (void)rc;
}

static void apply_arm(struct draft *draft, const struct action *action)
{
    arm(draft, action, true);
}

static void apply_disarm(struct draft *draft, const struct action *action)
{
    arm(draft, action, false);
}

static const struct {
    enum action_verb verb;
    apply_fn *apply;
} APPLY[] = {
    {ACTION_ERROR, apply_error},
    {ACTION_RESPOND, apply_respond},
    {ACTION_UNPROCESSED, apply_unprocessed},
    {ACTION_RECORD_STATUS, apply_record_status},
    {ACTION_OMIT_RESULT, apply_omit_result},
    {ACTION_SHUFFLE_RESULTS, apply_shuffle_results},
    {ACTION_REDIRECT, apply_redirect},
    {ACTION_DATE_HEADER, apply_date_header},
    {ACTION_RETRY_AFTER, apply_retry_after},
    {ACTION_COMMIT, apply_commit},
    {ACTION_ARM, apply_arm},
    {ACTION_DISARM, apply_disarm},
};

#define APPLY_COUNT (sizeof APPLY / sizeof APPLY[0])

bool answer_exists(enum action_verb verb)
{
    for (size_t i = 0; i < APPLY_COUNT; i++) {
        if (APPLY[i].verb == verb) {
            return true;
        }
    }
    return false;
}

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

enum rc answer_check(const struct action *action, struct diag *d)
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

static void apply_actions(struct draft *draft, const struct rule *rule)
{
    for (size_t a = 0; a < rule->action_count; a++) {
        for (size_t i = 0; i < APPLY_COUNT; i++) {
            if (APPLY[i].verb == rule->actions[a].verb) {
                APPLY[i].apply(draft, &rule->actions[a]);
            }
        }
    }
}

// The error that stands before the service: the protocol's, the signature's, the model's.
static bool find_refusal(const struct exchange *x, enum aws_error *error, const char **message)
{
    if (x->operation != OPERATION_NONE && x->signature.error != AWS_ERROR_NONE) {
        *error = x->signature.error;
        *message = x->signature.text;
        return true;
    }
    *error = x->violation.error;
    *message = x->violation.text;
    return x->violation.error != AWS_ERROR_NONE;
}

static void execute(struct draft *draft)
{
    struct exchange *x = draft->x;
    struct lane *lane = x->lane;
    enum aws_error error = AWS_ERROR_NONE;
    const char *message = NULL;
    x->origin = "service";
    if (find_refusal(x, &error, &message)) {
        struct aws_error_form form = {.message = message};
        aws_error_render(&x->reply.body, &draft->type_header, error, &form);
        x->reply.error = error;
        return;
    }
    lane_point(lane, LANE_BEFORE_COMMIT, x->number);
    struct service_call call = {.request = &x->request,
                                .region = world_region(lane->world),
                                .now_us = lane_service_us(lane),
                                .directives = x->directives,
                                .order = draft->order};
    service_answer(lane->service, &call, &x->reply);
    x->executed = x->reply.error == AWS_ERROR_NONE;
    if (x->executed) {
        record_commit(x);
        lane_point(lane, LANE_AFTER_COMMIT, x->number);
    }
}

static void take_service_reply(struct draft *draft)
{
    struct exchange *x = draft->x;
    draft->status = x->reply.error == AWS_ERROR_NONE ? 200 : aws_error_status(x->reply.error);
    x->error_name = aws_error_name(x->reply.error);
    buf_clear(&draft->body);
    draft->body = x->reply.body;
    x->reply.body = (struct buf){0};
}

static void request_id(const struct exchange *x, char out[40])
{
    struct draw draw = {.seed = x->lane->options.seed,
                        .case_id = span_of(x->lane->case_id),
                        .rule = SPAN("request-id"),
                        .index = x->number};
    uint64_t a = draw_u64(&draw, 1);
    uint64_t b = draw_u64(&draw, 2);
    (void)snprintf(out, 40, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
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

static void add_default(struct fields *fields, const struct draft *draft, struct span name,
                        struct span value)
{
    const cJSON *given = NULL;
    cJSON_ArrayForEach(given, draft->headers)
    {
        if (span_equal_nocase(span_of(given->string), name)) {
            return;
        }
    }
    add_field(fields, name, value);
}

// RFC 9110 10.2.3: Retry-After has whole seconds, or a date; x-amz-retry-after has milliseconds.
// Rounded up: the client is never asked to come back earlier than the scenario says.
static void add_retry(struct fields *fields, const struct draft *draft, char text[H1_DATE])
{
    struct span header = json_span(json_get(draft->retry, "header"));
    int64_t us = 0;
    if (draft->retry == NULL || duration_parse(&us, retry_text(draft->retry), NULL) != RC_OK) {
        return; // answer_check has parsed it once: it is not asked for
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

static void assemble(struct draft *draft)
{
    struct exchange *x = draft->x;
    struct fields fields = {.count = 0};
    char id[40];
    char date[H1_DATE];
    char retry[H1_DATE];
    int64_t shift_us = 0;
    if (draft->date_shift != NULL && shift_parse(&shift_us, draft->date_shift, NULL) != RC_OK) {
        shift_us = 0; // answer_check has parsed it once
    }
    request_id(x, id);
    h1_date(date, lane_wire_us(x->lane) + shift_us);
    add_default(&fields, draft, SPAN("x-amzn-RequestId"), span_of(id));
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
    const cJSON *given = NULL;
    cJSON_ArrayForEach(given, draft->headers)
    {
        add_field(&fields, span_of(given->string), json_span(given));
    }
    struct h1_response_head head = {
        .status = draft->status,
        .fields = {.at = fields.at,
                   .count = fields.count,
                   .framing = may_have_body(draft->status) ? H1_FRAME_LENGTH : H1_FRAME_AS_GIVEN,
                   .content_length = draft->body.len,
                   .close = x->is_last || !x->head->keep_alive},
    };
    // What a scenario gives as header was checked when it was read; ours are always well formed.
    enum rc rc = h1_emit_response(&x->out, &head);
    assert(rc == RC_OK);
    (void)rc;
    x->status = draft->status;
    x->head_bytes = x->out.len;
    if (may_have_body(draft->status)) {
        buf_add(&x->out, buf_span(&draft->body));
    }
}

static void release(struct draft *draft)
{
    x_free(draft->order);
    buf_clear(&draft->body);
    buf_clear(&draft->type_header);
    buf_clear(&draft->location);
}

void answer_make(struct exchange *x)
{
    struct draft draft = {.x = x, .content_type = AWS_CONTENT_TYPE};
    x->error_name = "";
    if (x->rule != NULL) {
        apply_actions(&draft, x->rule);
    }
    if (draft.is_shuffled) {
        shuffle(&draft);
    }
    if (x->rule == NULL || x->rule->executes) {
        execute(&draft);
    }
    if (draft.is_in_place) {
        x->origin = "rule";
    } else {
        take_service_reply(&draft);
    }
    assemble(&draft);
    release(&draft);
}

void answer_refuse(struct exchange *x, const struct h1_error *error)
{
    struct draft draft = {.x = x, .status = error->status, .content_type = "text/plain"};
    x->error_name = "";
    x->origin = "proxy";
    buf_addf(&draft.body, "%s (RFC 9112)\n", error->text);
    assemble(&draft);
    release(&draft);
}
