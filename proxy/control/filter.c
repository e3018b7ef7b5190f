// SPDX-License-Identifier: Apache-2.0
// A `when` is held against a request as the journal tells it: what rules saw is what was written.
// Not all of it is there: which invocation or connection of its target a request belongs to was
// counted by the rules as it came, so these two cannot be asked.
#include "proxy/control/filter.h"

#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/scenario/check.h"
#include "proxy/service/world.h"

_Static_assert(EVENT_COUNT <= 32, "one bit per kind");

struct names {
    const struct world *world;
    struct problems *problems;
    const struct json_places *places;
};

static bool is_known(const struct names *n, enum type type, struct span name)
{
    if (type == TYPE_CUSTOMER) {
        return world_customer(n->world, name) != NULL;
    }
    if (type == TYPE_DIMENSION) {
        return world_dimension_name(n->world, name).len > 0;
    }
    if (type == TYPE_PRODUCT) {
        return world_product(n->world, name) != NULL;
    }
    if (type == TYPE_TOKEN) {
        return world_token(n->world, name) != NULL;
    }
    return type != TYPE_CREDENTIAL || world_credential_named(n->world, name) != NULL;
}

static bool is_moment(struct span text)
{
    int64_t at_us = 0;
    struct moment_context context = {.now_us = 0};
    return moment_resolve(&at_us, text, &context, NULL) == RC_OK;
}

// A name that is not known would match nothing, and nothing is what a test may have hoped for.
static void on_text(void *arg, enum type type, struct span text, const cJSON *node)
{
    const struct names *n = arg;
    if (!is_known(n, type, text)) {
        problem(n->problems, RC_UNKNOWN, json_place(n->places, node), "\"%.*s\" is not %s",
                (int)text.len, text.at, type_row(type)->phrase);
    } else if (type == TYPE_USAGE_REF || (type == TYPE_MOMENT && !is_moment(text))) {
        problem(n->problems, RC_UNKNOWN, json_place(n->places, node),
                "\"%.*s\" names a step, and none is taken here", (int)text.len, text.at);
    }
}

static void refuse_counted(const struct names *n, const cJSON *when)
{
    static const char *const COUNTED[] = {"invocation", "connection"};
    for (size_t i = 0; i < sizeof COUNTED / sizeof COUNTED[0]; i++) {
        const cJSON *item = json_get(when, COUNTED[i]);
        if (item != NULL) {
            problem(n->problems, RC_UNSUPPORTED, json_place(n->places, item),
                    "\"%s\" is counted by rules as requests come, and cannot be asked here",
                    COUNTED[i]);
        }
    }
    const cJSON *phase = json_get(when, "phase");
    if (phase != NULL && phase_find(json_span(phase)) != PHASE_REQUEST) {
        problem(n->problems, RC_UNSUPPORTED, json_place(n->places, phase),
                "only whole requests are asked about: the phase is \"request\"");
    }
}

static bool check_when(const struct desk *desk, const struct call *call, const cJSON *when,
                       struct reply *reply)
{
    OWN_BUF struct buf all = {0};
    struct names names = {
        .world = lane_world(desk->lane), .problems = problems_new("body"), .places = call->places};
    struct check_options options = {
        .problems = names.problems, .places = call->places, .text = on_text, .arg = &names};
    check_tree(when, TYPE_WHEN, &options);
    refuse_counted(&names, when);
    bool is_sound = problems_tell(names.problems, &all, NULL) == RC_OK;
    problems_free(&names.problems);
    if (!is_sound) {
        reply_fail_with(reply, 422, "bad_when", "the request matcher is not sound", buf_span(&all));
    }
    return is_sound;
}

static bool find_kind(struct span name, uint32_t *kinds)
{
    for (unsigned i = 0; i < EVENT_COUNT; i++) {
        if (span_is(name, event_name((enum event_kind)i))) {
            *kinds |= UINT32_C(1) << i;
            return true;
        }
    }
    return false;
}

static bool read_kinds(struct filter *f, const cJSON *events, struct reply *reply)
{
    const cJSON *item = NULL;
    f->kinds = events == NULL ? UINT32_MAX : 0;
    cJSON_ArrayForEach(item, events)
    {
        if (!find_kind(json_span(item), &f->kinds)) {
            break;
        }
    }
    if (events != NULL && (!cJSON_IsArray(events) || item != NULL || f->kinds == 0)) {
        reply_fail(reply, 422, "bad_value",
                   "\"events\" is a list of kinds such as \"request\" or \"fault\"");
        return false;
    }
    return true;
}

bool filter_read(struct filter *f, const struct desk *desk, const struct call *call,
                 struct reply *reply)
{
    const cJSON *rule = json_get(call->tree, "rule");
    *f = (struct filter){.when = json_get(call->tree, "when"), .rule = json_span(rule)};
    if (!read_kinds(f, json_get(call->tree, "events"), reply) ||
        !desk_number(call, "x", 1, INT64_MAX, 0, &f->exchange, reply)) {
        return false;
    }
    if (rule != NULL && f->rule.len == 0) {
        reply_fail(reply, 422, "bad_value", "\"rule\" is the name of a rule");
        return false;
    }
    if (f->when == NULL) {
        return true;
    }
    f->kinds &= UINT32_C(1) << EVENT_REQUEST;
    if (f->kinds == 0) {
        reply_fail(reply, 422, "bad_value", "\"when\" asks for events of the kind \"request\"");
        return false;
    }
    return check_when(desk, call, f->when, reply);
}

static int64_t moment_of(const cJSON *event, const char *key)
{
    int64_t at_us = 0;
    return instant_parse(&at_us, json_span(json_get(event, key))) == RC_OK ? at_us : 0;
}

static void read_records(struct subject *subject, struct arena *arena, const cJSON *records)
{
    size_t count = (size_t)cJSON_GetArraySize(records);
    struct subject_record *list = arena_take(arena, (count + 1) * sizeof *list);
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, records)
    {
        list[subject->record_count++] =
            (struct subject_record){.customer = json_span(json_get(item, "customer")),
                                    .dimension = json_span(json_get(item, "dimension")),
                                    .product = json_span(json_get(item, "product")),
                                    .usage = json_span(json_get(item, "usage")),
                                    .hour_us = moment_of(item, "hour"),
                                    .quantity = json_get_int(item, "quantity", 0)};
    }
    subject->records = list;
}

static bool meets(const cJSON *when, const struct rules *matcher, const cJSON *event,
                  struct arena *arena)
{
    const cJSON *signature = json_get(event, "signature");
    struct subject subject = {.phase = PHASE_REQUEST,
                              .operation = operation_find(json_span(json_get(event, "operation"))),
                              .target = json_span(json_get(event, "to")),
                              .region = json_span(json_get(signature, "region")),
                              .credential = json_span(json_get(signature, "credential")),
                              .token = json_span(json_get(event, "token")),
                              .is_dry_run = json_is_true(json_get(event, "dry_run")),
                              .has_nonce = json_get(event, "nonce") != NULL,
                              .attempt =
                                  (unsigned)json_get_int(json_get(event, "sdk"), "attempt", 0),
                              .service_us = moment_of(event, "service")};
    read_records(&subject, arena, json_get(event, "records"));
    // What was no HTTP has no method, and met no rule.
    return json_get(event, "method") != NULL && rules_when_holds(matcher, when, &subject);
}

static bool event_holds(const struct filter *f, const struct rules *matcher, const cJSON *event,
                        struct arena *arena)
{
    if (f->exchange != 0 && json_get_int(event, "x", 0) != f->exchange) {
        return false;
    }
    if (f->rule.len > 0 && !span_equal(json_span(json_get(event, "rule")), f->rule)) {
        return false;
    }
    return f->when == NULL || meets(f->when, matcher, event, arena);
}

static bool has_kind(const struct filter *f, const struct history_line *line)
{
    return (f->kinds & (UINT32_C(1) << line->kind)) != 0;
}

static bool needs_reading(const struct filter *f)
{
    return f->when != NULL || f->rule.len > 0 || f->exchange != 0;
}

size_t filter_cost(const struct filter *f, const struct history_line *line)
{
    return has_kind(f, line) && needs_reading(f) ? line->text.len + 64 : 64;
}

bool filter_holds(const struct filter *f, const struct rules *matcher,
                  const struct history_line *line)
{
    if (!has_kind(f, line) || !needs_reading(f)) {
        return has_kind(f, line);
    }
    struct arena arena = {0};
    const cJSON *event = NULL;
    bool holds = json_read_once(&event, &arena, line->text, NULL, NULL) == RC_OK &&
                 event_holds(f, matcher, event, &arena);
    arena_clear(&arena);
    return holds;
}
