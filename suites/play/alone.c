// SPDX-License-Identifier: Apache-2.0
// The exec contract: which cases a client can be judged by that does its own work and hears of no
// step. What is left must be made by the wire alone and seen on it, or a pass would prove nothing.
#include "suites/play/play_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"

struct refusal_text {
    char *text;
    size_t size;
};

// Always true: the case is refused.
__attribute__((format(printf, 2, 3))) static bool refuse(const struct refusal_text *why,
                                                         const char *format, ...)
{
    static const char LEAD[] = "the exec contract has no steps, and ";
    (void)snprintf(why->text, why->size, LEAD);
    size_t len = strlen(why->text);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why->text + len, why->size - len, format, args);
    va_end(args);
    return true;
}

// Usage of the last hours, of a customer and dimension of the world: what such a client meters.
static bool is_plain_usage(const struct step *step)
{
    static const char *const SPECIAL[] = {"product", "license", "tags"};
    for (size_t i = 0; i < sizeof SPECIAL / sizeof SPECIAL[0]; i++) {
        if (json_get(step->args, SPECIAL[i]) != NULL) {
            return false;
        }
    }
    struct span at = json_span(json_get(step->args, "at"));
    return at.at == NULL || span_is(at, "now") || span_is(at, "hour") || span_is(at, "hour-1");
}

static bool step_is_own_work(const struct step *step)
{
    return (step->verb == STEP_USAGE && is_plain_usage(step)) || step->verb == STEP_FLUSH ||
           step->verb == STEP_ROUND || step->verb == STEP_DRAIN;
}

static bool needs_steps(const struct scenario *s, const struct refusal_text *why)
{
    for (size_t i = 0; i < s->step_count; i++) {
        if (!step_is_own_work(&s->steps[i])) {
            return refuse(why, "the case needs \"%s\"%s", step_name(s->steps[i].verb),
                          s->steps[i].verb == STEP_USAGE ? " of a special kind" : "");
        }
    }
    return false;
}

// Nobody trusts an authority that was made for this run unless he reads what says so, and this
// client has no hello to tell that it does.
static bool needs_trust(const struct scenario *s, const struct refusal_text *why)
{
    return scenario_is_over_tls(s) &&
           refuse(why, "no hello, in which the client would say that it supports \"tls\"");
}

static bool needs_a_world(const struct scenario *s, const struct refusal_text *why)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, s->world)
    {
        if (strcmp(item->string, "rule_set") != 0) {
            return refuse(why, "the case sets up \"%s\" for what it asks", item->string);
        }
    }
    return json_get(s->time, "start") != NULL && refuse(why, "the case needs a time of its own");
}

// Whether a demand or a rule looks for what the case asks by name: such a client meters other
// customers and quantities, so it would be failed, or spared, for what it was never asked. The ids
// of usages are free: they are given to what it sends.
static bool names_what_is_asked(const cJSON *node)
{
    static const char *const NAMES[] = {"product",   "customer", "license",
                                        "dimension", "quantity", "hour"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (json_get(node, NAMES[i]) != NULL) {
            return true;
        }
    }
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, node)
    {
        if (names_what_is_asked(item)) {
            return true;
        }
    }
    return false;
}

static bool needs_names(const struct scenario *s, const struct refusal_text *why)
{
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct rule *rule = &s->rules[i];
        bool names = names_what_is_asked(rule->when);
        for (size_t k = 0; k < rule->action_count; k++) {
            names = names || names_what_is_asked(rule->actions[k].args);
        }
        if (names) {
            return refuse(why, "rule \"%s\" looks for what they ask", rule->name);
        }
    }
    for (size_t i = 0; i < s->expect_count; i++) {
        if (names_what_is_asked(s->expects[i].args)) {
            return refuse(why, "\"%s\" looks for what they ask", s->expects[i].id);
        }
    }
    return false;
}

// A moment of the case, which only a step can mark.
static bool names_a_step(const struct expect *e)
{
    return json_get(e->node, "at") != NULL || json_get(e->args, "after") != NULL ||
           json_get(e->args, "before") != NULL || json_get(e->args, "across") != NULL ||
           json_get(e->args, "until") != NULL;
}

// Whether the wire tells it. Of the client's words only "metered" shows there.
static bool shows_on_the_wire(const struct expect *e)
{
    if (e->verb == EXPECT_STATES) {
        const cJSON *states = NULL;
        cJSON_ArrayForEach(states, e->args)
        {
            if (!json_array_has(states, "metered")) {
                return false;
            }
        }
        return true;
    }
    return e->verb == EXPECT_RESUBMITS || e->verb == EXPECT_REQUESTS ||
           (e->verb == EXPECT_LEDGER && json_get(e->args, "except") == NULL);
}

static bool needs_words(const struct scenario *s, const struct refusal_text *why)
{
    for (size_t i = 0; i < s->expect_count; i++) {
        const struct expect *e = &s->expects[i];
        bool can_be_left = strcmp(e->level, "must") != 0 && names_a_step(e);
        if (!can_be_left && (names_a_step(e) || !shows_on_the_wire(e))) {
            return refuse(why, "the wire alone does not show \"%s\"", e->id);
        }
    }
    const cJSON *verb = NULL;
    cJSON_ArrayForEach(verb, s->exercised)
    {
        if (strcmp(verb->string, "requests") != 0) {
            return refuse(why, "the wire alone does not show that the case was exercised");
        }
    }
    return false;
}

bool step_needs_script(const struct play *p, char *text, size_t size)
{
    const struct scenario *s = p->scenario;
    const struct refusal_text why = {.text = text, .size = size};
    if (s->rule_count == 0) {
        return refuse(&why, "what the case asks for makes its situation");
    }
    return needs_trust(s, &why) || needs_steps(s, &why) || needs_a_world(s, &why) ||
           needs_names(s, &why) || needs_words(s, &why);
}

void step_expect_own_work(struct play *p)
{
    for (size_t i = 0; i < p->scenario->step_count; i++) {
        const struct step *step = &p->scenario->steps[i];
        if (step->verb == STEP_USAGE) {
            lane_expect_usage(p->lane, span_of(step->id),
                              json_span(json_get(step->args, "customer")),
                              json_span(json_get(step->args, "dimension")), LANE_ANY_HOUR);
        }
    }
}
