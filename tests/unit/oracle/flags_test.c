// SPDX-License-Identifier: Apache-2.0
// What each verb's row of the table of oracles says of it: each verb lacking, in four situations.
#include "tests/unit/oracle/oracle_tests.h"

#include <stdio.h>
#include <string.h>

#define STEPS "'steps':[{'n':1,'verb':'resolve','id':'t'},{'n':2,'verb':'usage','id':'u1'}],"
#define TALE                                                                                       \
    "hello\n resolve t\n usage u1 acme 7 9\n done\n request 1 acme:9:7\n say u1 pending\n"         \
    "event end {'why':'done','lag_us':20001}"

// Two calls that fail, each tried again after half a second.
#define PAIR(n, at, later, x)                                                                      \
    " flush\n at " at "\n request " n " acme:9:7\n error " n                                       \
    " 500 InternalServiceErrorException\n at " later "\n request " x " acme:9:7\n reply " x        \
    " 200\n done\n"
#define RETRIED                                                                                    \
    ASK PAIR("1", "1000", "1500", "2")                                                             \
        PAIR("3", "3000", "3500", "4") " say u1 pending\n"                                         \
                                       "event end {'why':'done','lag_us':20001}"

struct verb {
    const char *name, *args;
    enum verdict late;        // our lag was above the tolerance, and time matters
    enum verdict unexercised; // the fault never came
    enum verdict avoided;     // nor could it
    enum verdict within;      // with `within_s`
    const char *tale;         // NULL: TALE
};

static const struct verb VERBS[] = {
    {"resubmits", "{'usages':['u1']}", VERDICT_FAIL, VERDICT_NOT_EXERCISED, VERDICT_AVOIDED,
     VERDICT_FAIL, NULL},
    {"ledger", "{'complete':true}", VERDICT_FAIL, VERDICT_FAIL, VERDICT_FAIL, VERDICT_HARNESS_ERROR,
     NULL},
    {"states", "{'u1':['metered']}", VERDICT_FAIL, VERDICT_NOT_EXERCISED, VERDICT_FAIL,
     VERDICT_HARNESS_ERROR, NULL},
    {"requests", "{'operation':'ResolveCustomer'}", VERDICT_INCONCLUSIVE, VERDICT_NOT_EXERCISED,
     VERDICT_FAIL, VERDICT_FAIL, NULL},
    {"resolve", "{'t':{'state':['resolved']}}", VERDICT_INCONCLUSIVE, VERDICT_NOT_EXERCISED,
     VERDICT_FAIL, VERDICT_FAIL, NULL},
    {"register", "{'t':['denied']}", VERDICT_INCONCLUSIVE, VERDICT_NOT_EXERCISED, VERDICT_FAIL,
     VERDICT_FAIL, NULL},
    {"alert", "{}", VERDICT_INCONCLUSIVE, VERDICT_NOT_EXERCISED, VERDICT_FAIL, VERDICT_FAIL, NULL},
    {"exit", "{'code':1}", VERDICT_INCONCLUSIVE, VERDICT_NOT_EXERCISED, VERDICT_FAIL, VERDICT_FAIL,
     NULL},
    {"page", "{'t':'answered'}", VERDICT_INCONCLUSIVE, VERDICT_NOT_EXERCISED, VERDICT_FAIL,
     VERDICT_FAIL, NULL},
    {"notice", "{'t':'done'}", VERDICT_INCONCLUSIVE, VERDICT_NOT_EXERCISED, VERDICT_FAIL,
     VERDICT_FAIL, NULL},
    {"coverage", "{'from':'start-hour-3','until':'start-hour'}", VERDICT_INCONCLUSIVE,
     VERDICT_NOT_EXERCISED, VERDICT_FAIL, VERDICT_HARNESS_ERROR, NULL},
    {"jitter", "{'gaps':2}", VERDICT_INCONCLUSIVE, VERDICT_NOT_EXERCISED, VERDICT_FAIL,
     VERDICT_HARNESS_ERROR, RETRIED},
    {"pause", "{'least':'2s'}", VERDICT_INCONCLUSIVE, VERDICT_NOT_EXERCISED, VERDICT_FAIL,
     VERDICT_HARNESS_ERROR, RETRIED},
    {"elsewhere", "{'count':{'min':1}}", VERDICT_INCONCLUSIVE, VERDICT_FAIL, VERDICT_FAIL,
     VERDICT_HARNESS_ERROR, NULL},
    {"answers", "{'t':'done'}", VERDICT_INCONCLUSIVE, VERDICT_FAIL, VERDICT_FAIL,
     VERDICT_HARNESS_ERROR, NULL},
};

static void judge_verb(const struct verb *v, const char *more, const char *rules,
                       enum verdict expected)
{
    char scenario[1024];
    (void)snprintf(scenario, sizeof scenario,
                   SCENARIO(STEPS "'expect':[{'id':'e','verb':'%s','args':%s%s}],%s"), v->name,
                   v->args, more, rules);
    const struct row rows[] = {{.name = v->name,
                                .scenario = scenario,
                                .tale = v->tale == NULL ? TALE : v->tale,
                                .check = "e",
                                .verdict = expected,
                                .says = ""},
                               {0}};
    rows_judge(rows, NULL);
}

static void each_verb(void)
{
#define RULE "'rules':[{'name':'r'}]"
#define AVOIDED ",'avoided':{'rule':'r','when':{'requests':{}},'because':'it is'}"
    size_t count = 0;
    (void)oracle_all(&count);
    CHECK_INT(count, sizeof VERBS / sizeof VERBS[0]);
    for (size_t i = 0; i < sizeof VERBS / sizeof VERBS[0]; i++) {
        const struct verb *v = &VERBS[i];
        judge_verb(v, "", ANY_REQUEST, VERDICT_FAIL);
        judge_verb(v, ",'timing':true", ANY_REQUEST, v->late);
        judge_verb(v, "", RULE, v->unexercised);
        judge_verb(v, "", RULE AVOIDED, v->avoided);
        judge_verb(v, ",'within_s':9", ANY_REQUEST, v->within);
    }
}

const struct unit_test FLAGS_TESTS[] = {{"each verb", each_verb}, {NULL, NULL}};
