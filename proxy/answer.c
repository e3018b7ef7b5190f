// SPDX-License-Identifier: Apache-2.0
#include "proxy/answer.h"

#include <assert.h>
#include <string.h>

#include "proxy/asking.h"
#include "proxy/base/alloc.h"
#include "proxy/draft.h"
#include "proxy/lane_inside.h"
#include "proxy/record.h"
#include "proxy/replayer.h"
#include "proxy/trail.h"

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
    return x->rule == NULL ? lane_draw(x->lane, SPAN("reply"), x->number)
                           : lane_draw(x->lane, span_of(x->rule->name), x->rule_index);
}

static void apply_shuffle_results(struct draft *draft, const struct action *action)
{
    (void)action;
    draft->is_shuffled = true; // done when it is known which records have a result
}

static void apply_timestamps(struct draft *draft, const struct action *action)
{
    bool is_exponent = span_is(json_span(json_get(action->args, "as")), "exponent");
    draft->times = is_exponent ? ECHO_EXPONENT : ECHO_DECIMAL;
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
    if (draft->x->target != TARGET_SERVICE) {
        asking_error(draft, action);
        return;
    }
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

static void apply_jwt(struct draft *draft, const struct action *action)
{
    draft->forgery = jwt_forgery_find(json_span(json_get(action->args, "forge")));
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

// lane_supports_change was asked: only what a role can have is served. Of a token that is lost the
// lane's observer hears.
static void apply_credentials(struct draft *draft, const struct action *action)
{
    const cJSON *serve = json_get(action->args, "serve");
    if (serve != NULL) {
        (void)!lane_serve(draft->x->lane, json_span(serve));
    }
    if (json_get(action->args, "rotate") != NULL) {
        (void)!lane_rotate(draft->x->lane);
    }
}

struct apply_row {
    enum action_verb verb;
    apply_fn *apply;
    bool alters; // the service's own reply
};

static const struct apply_row APPLY[] = {
    {ACTION_ERROR, apply_error, false},
    {ACTION_RESPOND, apply_respond, false},
    {ACTION_UNPROCESSED, apply_unprocessed, true},
    {ACTION_RECORD_STATUS, apply_record_status, true},
    {ACTION_OMIT_RESULT, apply_omit_result, true},
    {ACTION_SHUFFLE_RESULTS, apply_shuffle_results, true},
    {ACTION_TIMESTAMPS, apply_timestamps, true},
    {ACTION_REDIRECT, apply_redirect, false},
    {ACTION_DATE_HEADER, apply_date_header, false},
    {ACTION_RETRY_AFTER, apply_retry_after, false},
    {ACTION_COMMIT, apply_commit, false},
    {ACTION_JWT, apply_jwt, true},
    {ACTION_ARM, apply_arm, false},
    {ACTION_DISARM, apply_disarm, false},
    {ACTION_CREDENTIALS, apply_credentials, false},
};

static const struct apply_row *find(enum action_verb verb)
{
    for (size_t i = 0; i < sizeof APPLY / sizeof APPLY[0]; i++) {
        if (APPLY[i].verb == verb) {
            return &APPLY[i];
        }
    }
    return NULL;
}

bool answer_exists(enum action_verb verb)
{
    return find(verb) != NULL;
}

bool answer_alters(enum action_verb verb)
{
    const struct apply_row *row = find(verb);
    return row != NULL && row->alters;
}

void answer_apply(struct draft *draft, const struct action *actions, size_t count)
{
    for (size_t a = 0; a < count; a++) {
        const struct apply_row *row = find(actions[a].verb);
        if (row != NULL) {
            row->apply(draft, &actions[a]);
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

static bool is_throttled(const struct exchange *x)
{
    struct lane *lane = x->lane;
    if (!world_has_quotas(lane->world)) {
        return false;
    }
    const char *account =
        world_calling_account(lane->world, x->signature.credential->name, x->operation);
    return !quotas_take(&lane->quotas, span_of(account), span_of(x->signature.region), x->operation,
                        loop_now_us(lane->loop));
}

// An error that is made before the service is asked.
static void refuse(struct draft *draft, enum aws_error error, const char *message)
{
    struct aws_error_form form = {.message = message};
    aws_error_render(&draft->x->reply.body, &draft->type_header, error, &form);
    draft->x->reply.error = error;
}

static void execute(struct draft *draft)
{
    struct exchange *x = draft->x;
    struct lane *lane = x->lane;
    enum aws_error error = AWS_ERROR_NONE;
    const char *message = NULL;
    x->origin = "service";
    if (find_refusal(x, &error, &message)) {
        refuse(draft, error, message);
        return;
    }
    if (is_throttled(x)) {
        refuse(draft, AWS_ERROR_THROTTLING, NULL);
        return;
    }
    lane_point(lane, LANE_BEFORE_COMMIT, x->number);
    if (draft->times != ECHO_AS_SENT) {
        (void)aws_request_json(&x->request);
    }
    struct service_call call = {.request = &x->request,
                                .region = x->signature.region,
                                .credential = x->signature.credential->name,
                                .now_us = lane_service_us(lane),
                                .wire_us = lane_wire_us(lane),
                                .forgery = draft->forgery,
                                .directives = x->directives,
                                .order = draft->order,
                                .times = draft->times};
    service_answer(lane->service, &call, &x->reply);
    x->executed = x->reply.error == AWS_ERROR_NONE && !x->reply.is_dry_run;
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

static void release(struct draft *draft)
{
    x_free(draft->order);
    buf_clear(&draft->body);
    buf_clear(&draft->type_header);
    buf_clear(&draft->location);
}

// What answers where no rule does.
static void answer_ourselves(struct draft *draft)
{
    if (draft->x->target != TARGET_SERVICE) {
        asking_answer(draft);
    } else if (draft->x->lane->options.replay != NULL) {
        replayer_answer(draft);
    } else {
        execute(draft);
    }
}

void answer_make(struct exchange *x)
{
    // The status of a reply of which a rule sends nothing.
    struct draft draft = {.x = x, .status = 200, .content_type = AWS_CONTENT_TYPE};
    x->error_name = "";
    if (x->rule != NULL) {
        answer_apply(&draft, x->rule->actions, x->rule->action_count);
    }
    if (draft.is_shuffled) {
        shuffle(&draft);
    }
    if ((x->rule == NULL || x->rule->executes) && x->passage == NULL) {
        answer_ourselves(&draft);
    }
    trail_add(&draft);
    if (draft.is_replayed) {
        x->origin = "recording";
    } else if (draft.is_in_place) {
        x->origin = "rule";
    } else if (x->target == TARGET_SERVICE) {
        take_service_reply(&draft);
    }
    draft_assemble(&draft);
    release(&draft);
}

void answer_act(struct exchange *x)
{
    struct draft draft = {.x = x};
    answer_apply(&draft, x->rule->actions, x->rule->action_count);
    release(&draft);
}

void answer_early(struct exchange *x, const struct action *actions, size_t count)
{
    struct draft draft = {.x = x, .status = 200, .content_type = AWS_CONTENT_TYPE};
    answer_apply(&draft, actions, count);
    x->origin = "rule";
    draft_assemble(&draft);
    release(&draft);
}

void answer_refuse(struct exchange *x, const struct h1_error *error)
{
    struct draft draft = {.x = x, .status = error->status, .content_type = "text/plain"};
    x->error_name = "";
    x->origin = "proxy";
    buf_addf(&draft.body, "%s (RFC 9112)\n", error->text);
    draft_assemble(&draft);
    release(&draft);
}
