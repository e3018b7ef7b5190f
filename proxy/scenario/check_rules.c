// SPDX-License-Identifier: Apache-2.0
#include "proxy/scenario/meaning.h"

#include <string.h>

#include "proxy/aws/error.h"
#include "proxy/scenario/vocabulary.h"

// From which phase on a matcher has something to look at.
static const struct {
    const char *key;
    enum phase phase;
} KNOWN_FROM[] = {
    {"operation", PHASE_HEAD}, {"region", PHASE_HEAD},     {"credential", PHASE_HEAD},
    {"attempt", PHASE_HEAD},   {"invocation", PHASE_HEAD}, {"records", PHASE_REQUEST},
    {"token", PHASE_REQUEST},  {"dry_run", PHASE_REQUEST}, {"nonce", PHASE_REQUEST},
};

// Actions that only one operation's replies can bear.
static const struct {
    enum action_verb verb;
    enum operation operation;
} ONLY_FOR[] = {
    {ACTION_UNPROCESSED, OPERATION_BATCH_METER_USAGE},
    {ACTION_RECORD_STATUS, OPERATION_BATCH_METER_USAGE},
    {ACTION_OMIT_RESULT, OPERATION_BATCH_METER_USAGE},
    {ACTION_SHUFFLE_RESULTS, OPERATION_BATCH_METER_USAGE},
    {ACTION_TIMESTAMPS, OPERATION_BATCH_METER_USAGE},
    {ACTION_JWT, OPERATION_REGISTER_USAGE},
};

// Of each of these a rule can have only one.
static const enum action_verb ANSWERS[] = {ACTION_ERROR, ACTION_RESPOND, ACTION_REDIRECT,
                                           ACTION_GARBAGE, ACTION_EMPTY_REPLY};
static const enum action_verb CUTS[] = {ACTION_HANG, ACTION_FIN, ACTION_RST, ACTION_TRUNCATE,
                                        ACTION_EMPTY_REPLY};

static const char *operation_of(const struct scenario *s, const struct rule *rule)
{
    const char *word = json_get_text(rule->when, "operation");
    return word == NULL ? s->operation : word;
}

// What only requests to the service have: beside another target it would never match.
static void check_target(const struct scenario *s, const struct rule *rule,
                         struct problems *problems)
{
    static const char *const OF_SERVICE[] = {"operation", "records", "region", "credential",
                                             "token",     "dry_run", "nonce",  "invocation"};
    const char *target = json_get_text(rule->when, "target");
    bool is_service = target == NULL || strcmp(target, "service") == 0;
    for (size_t i = 0; !is_service && i < sizeof OF_SERVICE / sizeof OF_SERVICE[0]; i++) {
        const cJSON *item = json_get(rule->when, OF_SERVICE[i]);
        if (item != NULL) {
            problem(problems, RC_CONFLICT, json_place(s->places, item),
                    "requests to \"%s\" have no \"%s\"", target, OF_SERVICE[i]);
        }
    }
}

static void check_matchers(const struct scenario *s, const struct rule *rule,
                           struct problems *problems)
{
    for (size_t i = 0; i < sizeof KNOWN_FROM / sizeof KNOWN_FROM[0]; i++) {
        const cJSON *item = json_get(rule->when, KNOWN_FROM[i].key);
        if (item != NULL && rule->phase < KNOWN_FROM[i].phase) {
            problem(problems, RC_CONFLICT, json_place(s->places, item),
                    "in phase \"%s\" nothing is known of \"%s\" yet; it takes phase \"%s\"",
                    phase_name(rule->phase), KNOWN_FROM[i].key, phase_name(KNOWN_FROM[i].phase));
        }
    }
    check_target(s, rule, problems);
}

static void check_cut(const struct rule *rule, const struct action *action,
                      struct problems *problems)
{
    struct span at = json_span(json_get(action->args, "at"));
    if (at.len == 0) {
        return;
    }
    bool is_early = span_is(at, "before-request");
    if (is_early != (rule->phase == PHASE_HEAD) &&
        !(rule->phase == PHASE_HEAD && rule_answers(rule))) {
        problem(
            problems, RC_CONFLICT, action->place,
            is_early
                ? "\"before-request\" needs a rule of phase \"head\": later the body has "
                  "been read"
                : "a rule of phase \"head\" can only act \"before-request\", unless it answers");
    }
    bool is_inside = span_is(at, "response");
    if (is_inside != (json_get(action->args, "after_bytes") != NULL)) {
        problem(problems, RC_CONFLICT, action->place,
                is_inside ? "\"at\": \"response\" needs \"after_bytes\""
                          : "\"after_bytes\" goes with \"at\": \"response\" only");
    }
}

static void check_operations(const struct scenario *s, const struct rule *rule,
                             const struct action *action, struct problems *problems)
{
    for (size_t i = 0; i < sizeof ONLY_FOR / sizeof ONLY_FOR[0]; i++) {
        for (const cJSON *item = s->profiles->child;
             item != NULL && ONLY_FOR[i].verb == action->verb; item = item->next) {
            enum operation operation = operation_under(operation_of(s, rule), json_text(item));
            if (operation != ONLY_FOR[i].operation) {
                problem(problems, RC_CONFLICT, action->place,
                        "\"%s\" is for replies of %s, not of %s", action_name(action->verb),
                        operation_name(ONLY_FOR[i].operation), operation_name(operation));
            }
        }
    }
}

// The error must be one that the model lists for the operation, unless the file says otherwise.
static void check_error(const struct scenario *s, const struct rule *rule,
                        const struct action *action, struct problems *problems)
{
    const char *name = json_text(action->args);
    if (name == NULL) {
        name = json_get_text(action->args, "name");
    }
    const char *target = json_get_text(rule->when, "target");
    bool is_elsewhere = target != NULL && strcmp(target, "service") != 0;
    if (json_is_true(json_get(action->args, "unmodelled")) || is_elsewhere) {
        return;
    }
    enum aws_error error = aws_error_find(span_of(name));
    if (error == AWS_ERROR_NONE) {
        problem(problems, RC_UNKNOWN, action->place,
                "no error is called \"%s\"; if that is meant, say \"unmodelled\": true", name);
        return;
    }
    for (const cJSON *item = s->profiles->child; item != NULL; item = item->next) {
        enum operation operation = operation_under(operation_of(s, rule), json_text(item));
        if (!aws_error_is_modelled(error, operation)) {
            problem(problems, RC_CONFLICT, action->place,
                    "%s has no error \"%s\" in its model; if that is meant, say "
                    "\"unmodelled\": true",
                    operation_name(operation), name);
        }
    }
}

static void check_action(const struct scenario *s, const struct rule *rule,
                         const struct action *action, struct problems *problems)
{
    if (action_kind(action->verb) == FAULT_TLS && !scenario_is_over_tls(s)) {
        problem(problems, RC_CONFLICT, action->place,
                "\"%s\" needs the transport tls or proxy of \"client\"", action_name(action->verb));
    }
    if (!action_works_in(action->verb, rule->phase)) {
        problem(problems, RC_CONFLICT, action->place, "\"%s\" cannot be done in phase \"%s\"",
                action_name(action->verb), phase_name(rule->phase));
        return;
    }
    check_operations(s, rule, action, problems);
    if (action->verb == ACTION_ERROR) {
        check_error(s, rule, action, problems);
    } else if (action->verb == ACTION_HANG || action->verb == ACTION_FIN ||
               action->verb == ACTION_RST) {
        check_cut(rule, action, problems);
    }
}

static void check_only_one(const struct rule *rule, const enum action_verb *verbs, size_t count,
                           const char *what, struct problems *problems)
{
    const char *first = NULL;
    for (size_t i = 0; i < rule->action_count; i++) {
        bool is_listed = false;
        for (size_t j = 0; j < count; j++) {
            is_listed = is_listed || verbs[j] == rule->actions[i].verb;
        }
        if (is_listed && first != NULL) {
            problem(problems, RC_CONFLICT, rule->actions[i].place,
                    "\"%s\" and \"%s\": a rule has only one %s", first,
                    action_name(rule->actions[i].verb), what);
        }
        first = is_listed ? action_name(rule->actions[i].verb) : first;
    }
}

static bool names(const cJSON *node, const struct rule *rule)
{
    return span_is(json_span(node), rule->name);
}

// Whether any step or action does that (arm or disarm) to the rule.
static bool is_switched(const struct scenario *s, const struct rule *rule, enum step_verb step,
                        enum action_verb action)
{
    for (size_t i = 0; i < s->step_count; i++) {
        if (s->steps[i].verb == step && names(s->steps[i].args, rule)) {
            return true;
        }
    }
    for (size_t i = 0; i < s->rule_count; i++) {
        for (size_t j = 0; j < s->rules[i].action_count; j++) {
            const struct action *a = &s->rules[i].actions[j];
            if (a->verb == action && names(a->args, rule)) {
                return true;
            }
        }
    }
    return false;
}

// Whether every exchange that the later rule's `when` holds for is one of the earlier rule's too.
static bool is_wider(const struct rule *earlier, const struct rule *later)
{
    for (const cJSON *item = earlier->when->child; item != NULL; item = item->next) {
        if (strcmp(item->string, "phase") != 0 &&
            !cJSON_Compare(item, json_get(later->when, item->string), 1)) {
            return false;
        }
    }
    return true;
}

static bool always_wins(const struct scenario *s, const struct rule *rule, bool is_steered)
{
    return rule->armed && !is_steered && rule->match == MATCH_ALL && rule->probability >= 1 &&
           !is_switched(s, rule, STEP_DISARM, ACTION_DISARM);
}

static void check_shadow(const struct scenario *s, size_t at, bool is_steered,
                         struct problems *problems)
{
    const struct rule *rule = &s->rules[at];
    for (size_t i = 0; i < at; i++) {
        const struct rule *earlier = &s->rules[i];
        if (strcmp(earlier->name, rule->name) == 0) {
            problem(problems, RC_CONFLICT, rule->place, "two rules are called \"%s\"", rule->name);
        } else if (earlier->phase == rule->phase && is_wider(earlier, rule) &&
                   always_wins(s, earlier, is_steered)) {
            problem(problems, RC_CONFLICT, rule->place,
                    "the rule \"%s\" never acts: \"%s\" stands before it and always wins",
                    rule->name, earlier->name);
        }
    }
    if (!rule->armed && !is_steered && !is_switched(s, rule, STEP_ARM, ACTION_ARM)) {
        problem(problems, RC_CONFLICT, rule->place, "nothing ever arms the rule \"%s\"",
                rule->name);
    }
}

void check_rules(const struct scenario *s, bool is_steered, struct problems *problems)
{
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct rule *rule = &s->rules[i];
        check_matchers(s, rule, problems);
        for (size_t j = 0; j < rule->action_count; j++) {
            check_action(s, rule, &rule->actions[j], problems);
        }
        check_only_one(rule, ANSWERS, sizeof ANSWERS / sizeof ANSWERS[0], "answer", problems);
        check_only_one(rule, CUTS, sizeof CUTS / sizeof CUTS[0], "cut", problems);
        check_head(rule, problems);
        check_shadow(s, i, is_steered, problems);
    }
}
