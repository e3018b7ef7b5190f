// SPDX-License-Identifier: Apache-2.0
// A rule of the phase `head` does one of three things: it cuts, it lets the body be read late or
// slowly, or it answers before the body was read.
#include "proxy/scenario/meaning.h"

#include <string.h>

#include "proxy/aws/error.h"
#include "proxy/scenario/vocabulary.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static const enum action_verb ANSWERS[] = {ACTION_ERROR, ACTION_RESPOND};
static const enum action_verb BESIDE_ANSWERS[] = {ACTION_ERROR, ACTION_RESPOND, ACTION_RETRY_AFTER,
                                                  ACTION_DELAY, ACTION_HANG,    ACTION_FIN,
                                                  ACTION_RST};
static const enum action_verb CUTS[] = {ACTION_HANG, ACTION_FIN, ACTION_RST};
static const enum action_verb BESIDE_CUTS[] = {ACTION_HANG, ACTION_FIN, ACTION_RST, ACTION_DELAY};
static const enum action_verb READINGS[] = {ACTION_DELAY, ACTION_SLOW_READ};

static bool is_among(enum action_verb verb, const enum action_verb *verbs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (verbs[i] == verb) {
            return true;
        }
    }
    return false;
}

static bool has_any(const struct rule *rule, const enum action_verb *verbs, size_t count)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        if (is_among(rule->actions[i].verb, verbs, count)) {
            return true;
        }
    }
    return false;
}

static void check_beside(const struct rule *rule, const enum action_verb *verbs, size_t count,
                         const char *what, struct problems *problems)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        const struct action *action = &rule->actions[i];
        if (action_works_in(action->verb, PHASE_HEAD) && !is_among(action->verb, verbs, count)) {
            problem(problems, RC_CONFLICT, action->place,
                    "in phase \"head\" \"%s\" does not go with %s", action_name(action->verb),
                    what);
        }
    }
}

// Which status an answer has; 0 when that cannot be known here.
static int status_of(const struct action *action)
{
    const char *name = json_text(action->args);
    name = name == NULL ? json_get_text(action->args, "name") : name;
    enum aws_error error =
        action->verb == ACTION_ERROR ? aws_error_find(span_of(name)) : AWS_ERROR_NONE;
    int usual = error == AWS_ERROR_NONE ? 0 : aws_error_status(error);
    return (int)json_get_int(action->args, "status", usual);
}

// Nobody can say which records such an answer is about: it must be one that speaks of none.
static void check_status(const struct action *action, struct problems *problems)
{
    int status = status_of(action);
    if (is_among(action->verb, ANSWERS, LENGTH(ANSWERS)) && status != 408 && status != 429 &&
        status < 500) {
        problem(problems, RC_CONFLICT, action->place,
                "an answer before the request is read can refuse no record: its \"status\" is 408, "
                "429 or from 500 on");
    }
}

static void check_place(const struct action *action, struct problems *problems)
{
    struct span at = json_span(json_get(action->args, "at"));
    if (is_among(action->verb, CUTS, LENGTH(CUTS)) && span_starts(at, SPAN("before-"))) {
        problem(problems, RC_CONFLICT, action->place,
                "an answer before the request is read can be cut at \"response\" or "
                "\"after-response\" only");
    }
}

void check_head(const struct rule *rule, struct problems *problems)
{
    if (rule->phase != PHASE_HEAD) {
        return;
    }
    if (rule_answers(rule)) {
        check_beside(rule, BESIDE_ANSWERS, LENGTH(BESIDE_ANSWERS), "an answer", problems);
        for (size_t i = 0; i < rule->action_count; i++) {
            check_status(&rule->actions[i], problems);
            check_place(&rule->actions[i], problems);
        }
    } else if (has_any(rule, CUTS, LENGTH(CUTS))) {
        check_beside(rule, BESIDE_CUTS, LENGTH(BESIDE_CUTS), "a cut", problems);
    } else {
        check_beside(rule, READINGS, LENGTH(READINGS), "a reading that is delayed or slow",
                     problems);
    }
}
