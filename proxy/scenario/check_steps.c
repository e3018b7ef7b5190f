// SPDX-License-Identifier: Apache-2.0
#include "proxy/scenario/meaning.h"

#include <string.h>

#define OP(id) (1U << OPERATION_##id)

// What products of each kind call at all.
static const struct {
    const char *profile;
    unsigned operations;
} CALLS[] = {
    {"saas", OP(BATCH_METER_USAGE) | OP(RESOLVE_CUSTOMER)},
    {"saas-agreements", OP(BATCH_METER_USAGE) | OP(RESOLVE_CUSTOMER)},
    {"ami", OP(METER_USAGE)},
    {"container-hourly", OP(REGISTER_USAGE)},
    {"container-metered", OP(METER_USAGE)},
    {"agentcore", OP(METER_USAGE)},
};

// Steps that a client must support to be asked at all.
static const struct {
    enum step_verb verb;
    const char *capability;
} NEEDS[] = {
    {STEP_RESOLVE, "resolve"}, {STEP_REGISTER, "register"}, {STEP_PAGE, "page"},
    {STEP_NOTICE, "notice"},   {STEP_CLOCK, "clock"},       {STEP_START, "instances"},
};

static void check_profiles(const struct scenario *s, struct problems *problems)
{
    for (const cJSON *item = s->profiles->child; item != NULL; item = item->next) {
        const char *profile = json_text(item);
        for (size_t i = 0; i < sizeof CALLS / sizeof CALLS[0]; i++) {
            unsigned operation = 1U << operation_under(s->operation, profile);
            if (strcmp(CALLS[i].profile, profile) == 0 && (CALLS[i].operations & operation) == 0) {
                problem(problems, RC_CONFLICT, json_place(s->places, item),
                        "products of profile \"%s\" do not call %s", profile, s->operation);
            }
        }
        for (const cJSON *other = item->next; other != NULL; other = other->next) {
            if (span_equal(json_span(item), json_span(other))) {
                problem(problems, RC_CONFLICT, json_place(s->places, other),
                        "the profile \"%s\" stands here twice", profile);
            }
        }
    }
}

static void check_id(const struct scenario *s, const struct step *step, struct problems *problems)
{
    static const char *const TAKEN[] = {"now", "hour", "month", "start", "restart"};
    if (step->id == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof TAKEN / sizeof TAKEN[0]; i++) {
        if (strcmp(step->id, TAKEN[i]) == 0) {
            problem(problems, RC_CONFLICT, step->place, "a step must not be called \"%s\"",
                    TAKEN[i]);
        }
    }
    const char *inner = json_get_text(step->args, "id");
    if (inner != NULL && inner != step->id) {
        problem(problems, RC_CONFLICT, step->place, "this step has two ids, \"%s\" and \"%s\"",
                step->id, inner);
    }
    for (size_t i = 0; i + 1 < step->n; i++) {
        if (s->steps[i].id != NULL && strcmp(s->steps[i].id, step->id) == 0) {
            problem(problems, RC_CONFLICT, step->place, "two steps are called \"%s\"", step->id);
            return;
        }
    }
}

// The same of what a client's connections must be able to do.
static void check_transport(const struct scenario *s, struct problems *problems)
{
    struct place place = json_place(s->places, json_get(s->client, "transport"));
    const char *transport = json_get_text(s->client, "transport");
    if (scenario_is_over_tls(s) && !json_array_has(s->requires, "tls")) {
        problem(problems, RC_MISSING, place, "the transport %s needs \"tls\" in \"requires\"",
                transport);
    }
    if (scenario_is_behind_proxy(s) && !json_array_has(s->requires, "proxy")) {
        problem(problems, RC_MISSING, place, "the transport proxy needs \"proxy\" in \"requires\"");
    }
}

static void check_needs(const struct scenario *s, const struct step *step,
                        struct problems *problems)
{
    for (size_t i = 0; i < sizeof NEEDS / sizeof NEEDS[0]; i++) {
        if (NEEDS[i].verb == step->verb && !json_array_has(s->requires, NEEDS[i].capability)) {
            problem(problems, RC_MISSING, step->place, "a %s step needs \"%s\" in \"requires\"",
                    step_name(step->verb), NEEDS[i].capability);
        }
    }
}

// The first instance is started by the harness, the others by `start` steps.
static void check_instance(const struct scenario *s, const struct step *step,
                           struct problems *problems)
{
    if (step->verb == STEP_START) {
        int64_t most = json_get_int(s->client, "instances", 1);
        if (step->instance < 2 || step->instance > most) {
            problem(problems, RC_RANGE, step->place,
                    "\"start\" needs an \"instance\" from 2 to \"instances\" of \"client\", "
                    "which is %d",
                    (int)most);
        }
        return;
    }
    bool is_started = step->instance == 1;
    for (size_t i = 0; i + 1 < step->n; i++) {
        is_started = is_started ||
                     (s->steps[i].verb == STEP_START && s->steps[i].instance == step->instance);
    }
    if (!is_started) {
        problem(problems, RC_CONFLICT, step->place, "instance %u is not started before this step",
                step->instance);
    }
}

static void check_wait(const struct step *step, struct problems *problems)
{
    static const char *const ENDS[] = {"rule", "requests", "quiet"};
    unsigned count = 0;
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
        count += json_get(step->args, ENDS[i]) != NULL ? 1 : 0;
    }
    if (count != 1) {
        problem(problems, RC_CONFLICT, step->place,
                "wait needs exactly one of \"rule\", \"requests\" and \"quiet\"");
    } else if (json_get(step->args, "fired") != NULL && json_get(step->args, "rule") == NULL) {
        problem(problems, RC_CONFLICT, step->place, "\"fired\" means nothing without \"rule\"");
    }
}

static void check_page(const struct scenario *s, const struct step *step, struct problems *problems)
{
    if (json_get(step->args, "form") != NULL && json_get(step->args, "body") != NULL) {
        problem(problems, RC_CONFLICT, step->place, "a page has either \"form\" or \"body\"");
    }
    if (json_get(step->args, "user") != NULL && !json_array_has(s->requires, "users")) {
        problem(problems, RC_MISSING, step->place,
                "a page with \"user\" needs \"users\" in \"requires\"");
    }
}

// A program that meters with MeterUsage runs in its buyer's account, and knows no other customer.
static void check_usage(const struct scenario *s, const struct step *step,
                        struct problems *problems)
{
    const cJSON *customer = json_get(step->args, "customer");
    const char *buyer = symbols_buyer(s);
    for (const cJSON *item = s->profiles->child; item != NULL; item = item->next) {
        bool is_buyers = scenario_metering(json_text(item)) == OPERATION_METER_USAGE;
        if (is_buyers && !span_is(json_span(customer), buyer)) {
            problem(problems, RC_CONFLICT, json_place(s->places, customer),
                    "a program of profile \"%s\" runs in the account of \"%s\", whose credential "
                    "it has; it meters no other customer",
                    json_text(item), buyer);
            return;
        }
    }
}

// SNS tells of subscriptions and entitlements, EventBridge of agreements and licences.
static void check_notice(const struct scenario *s, const struct step *step,
                         struct problems *problems)
{
    static const char *const EVENTS[] = {"agreement-", "license-"};
    const cJSON *action = json_get(step->args, "action");
    const char *form = json_get_text(step->args, "form");
    const char *copy_of = json_get_text(step->args, "copy_of");
    bool is_event = false;
    for (size_t i = 0; i < sizeof EVENTS / sizeof EVENTS[0]; i++) {
        is_event = is_event || span_starts(json_span(action), span_of(EVENTS[i]));
    }
    if (is_event != (strcmp(form, "eventbridge") == 0)) {
        problem(problems, RC_CONFLICT, json_place(s->places, action),
                "a notice by \"%s\" does not say \"%s\"", form, json_text(action));
    }
    bool came = copy_of == NULL;
    for (size_t i = 0; i + 1 < step->n; i++) {
        const struct step *other = &s->steps[i];
        came = came || (other->verb == STEP_NOTICE && strcmp(other->id, copy_of) == 0);
    }
    if (!came) {
        problem(problems, RC_CONFLICT, json_place(s->places, json_get(step->args, "copy_of")),
                "the notice \"%s\" does not come before its copy", copy_of);
    }
}

void check_steps(const struct scenario *s, struct problems *problems)
{
    check_transport(s, problems);
    check_profiles(s, problems);
    for (size_t i = 0; i < s->step_count; i++) {
        const struct step *step = &s->steps[i];
        check_id(s, step, problems);
        check_needs(s, step, problems);
        check_instance(s, step, problems);
        if (step->verb == STEP_WAIT) {
            check_wait(step, problems);
        } else if (step->verb == STEP_PAGE) {
            check_page(s, step, problems);
        } else if (step->verb == STEP_NOTICE) {
            check_notice(s, step, problems);
        } else if (step->verb == STEP_USAGE) {
            check_usage(s, step, problems);
        }
    }
}
