// SPDX-License-Identifier: Apache-2.0
#include "proxy/scenario/meaning.h"

#include <string.h>

#include "proxy/scenario/build.h"

struct judge {
    const struct scenario *s;
    struct problems *problems;
    bool may_be_bare; // `requests` without count and rate is allowed: all of them must match
};

typedef void check_args_fn(const struct judge *j, const cJSON *args);

static struct place place(const struct judge *j, const cJSON *node)
{
    return json_place(j->s->places, node);
}

// {"min": 3, "max": 1} can never hold; absent limits are fine.
static void check_limit(const struct judge *j, const cJSON *limit)
{
    int64_t min = json_get_int(limit, "min", 0);
    int64_t max = json_get_int(limit, "max", INT64_MAX);
    if (min > max) {
        problem(j->problems, RC_RANGE, place(j, limit), "\"min\" is more than \"max\"");
    } else if (limit != NULL && min == 0 && max == INT64_MAX) {
        problem(j->problems, RC_CONFLICT, place(j, limit), "this limit always holds");
    }
}

static void check_resubmits(const struct judge *j, const cJSON *args)
{
    check_limit(j, json_get(args, "times"));
    const cJSON *across = json_get(args, "across");
    if (across != NULL && step_find(j->s, SPAN("restart")) == NULL) {
        problem(j->problems, RC_CONFLICT, place(j, across), "this case has no restart");
    }
}

static void check_ledger(const struct judge *j, const cJSON *args)
{
    const cJSON *except = json_get(args, "except");
    if (except != NULL && !json_is_true(json_get(args, "complete"))) {
        problem(j->problems, RC_CONFLICT, place(j, except),
                "\"except\" means nothing unless \"complete\" is true");
    }
}

// What only requests to the service have.
static const char *const OF_SERVICE[] = {"operation", "records",    "token",  "dry_run",
                                         "nonce",     "credential", "region", "not"};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void check_requests(const struct judge *j, const cJSON *args)
{
    check_limit(j, json_get(args, "count"));
    bool is_bare = json_get(args, "count") == NULL && json_get(args, "rate") == NULL;
    if (is_bare && !j->may_be_bare) {
        problem(j->problems, RC_MISSING, place(j, args),
                "\"requests\" cannot be judged without \"count\" or \"rate\"");
    }
    const char *target = json_get_text(args, "target");
    for (size_t i = 0; target != NULL && strcmp(target, "service") != 0 && i < COUNT(OF_SERVICE);
         i++) {
        const cJSON *item = json_get(args, OF_SERVICE[i]);
        if (item != NULL) {
            problem(j->problems, RC_CONFLICT, place(j, item), "requests to \"%s\" have no \"%s\"",
                    target, OF_SERVICE[i]);
        }
    }
    const cJSON *records = json_get(args, "records");
    if (json_get_int(records, "min", 0) > json_get_int(records, "max", INT64_MAX)) {
        problem(j->problems, RC_RANGE, place(j, records), "\"min\" is more than \"max\"");
    }
}

static void check_alert(const struct judge *j, const cJSON *args)
{
    check_limit(j, json_get(args, "count"));
}

static void check_elsewhere(const struct judge *j, const cJSON *args)
{
    check_limit(j, json_get(args, "count"));
}

static void check_exit(const struct judge *j, const cJSON *args)
{
    if (json_get(args, "code") == NULL && json_get(args, "signal") == NULL) {
        problem(j->problems, RC_MISSING, place(j, args),
                "\"exit\" cannot be judged without \"code\" or \"signal\"");
    } else if (json_is_true(json_get(args, "signal"))) {
        problem(j->problems, RC_RANGE, place(j, args),
                "\"signal\" is the name of a signal, or false");
    }
}

// Whose call it is must be plain: one process, launched twice.
static void check_nonces(const struct judge *j, const cJSON *args)
{
    if (step_find(j->s, SPAN("restart")) == NULL) {
        problem(j->problems, RC_CONFLICT, place(j, args), "this case has no restart");
    } else if (json_get_int(j->s->client, "instances", 1) > 1) {
        problem(j->problems, RC_CONFLICT, place(j, args),
                "a call does not say which of several instances makes it");
    }
}

static check_args_fn *const CHECKS[EXPECT_COUNT] = {
    [EXPECT_RESUBMITS] = check_resubmits, [EXPECT_LEDGER] = check_ledger,
    [EXPECT_REQUESTS] = check_requests,   [EXPECT_ALERT] = check_alert,
    [EXPECT_EXIT] = check_exit,           [EXPECT_NONCES] = check_nonces,
    [EXPECT_ELSEWHERE] = check_elsewhere,
};

static void check_args(const struct judge *j, size_t verb, const cJSON *args)
{
    if (verb < EXPECT_COUNT && CHECKS[verb] != NULL) {
        CHECKS[verb](j, args);
    }
}

static void check_members(const struct judge *j, const cJSON *expectations)
{
    for (const cJSON *item = expectations == NULL ? NULL : expectations->child; item != NULL;
         item = item->next) {
        check_args(j, verb_find(verb_table_of(FORM_EXPECTS), span_of(item->string)), item);
    }
}

static void check_id(const struct judge *j, size_t at)
{
    const struct expect *e = &j->s->expects[at];
    for (size_t i = 0; i < at; i++) {
        if (strcmp(j->s->expects[i].id, e->id) == 0) {
            problem(j->problems, RC_CONFLICT, e->place, "two expectations are called \"%s\"",
                    e->id);
        }
    }
}

void check_expects(const struct scenario *s, struct problems *problems)
{
    struct judge j = {.s = s, .problems = problems};
    for (size_t i = 0; i < s->expect_count; i++) {
        check_id(&j, i);
        check_args(&j, s->expects[i].verb, s->expects[i].args);
    }
    if (s->rule_count == 0 && s->exercised == NULL) {
        problem(problems, RC_MISSING, json_place(s->places, s->tree),
                "a case without rules needs \"exercised\", or a client that does nothing passes");
    }
    check_members(&j, s->exercised);
    j.may_be_bare = true;
    check_members(&j, json_get(s->avoided, "when"));
}
