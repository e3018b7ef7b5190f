// SPDX-License-Identifier: Apache-2.0
// What each verb's row of the table of oracles says of it: each verb lacking, in four situations.
#include "tests/unit/oracle/oracle_tests.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"
#include "suites/oracle/oracle.h"

// Two launches that register without a nonce.
#define NAMELESS                                                                                   \
    "start\n hello\n event request {'x':1,'operation':'RegisterUsage'}\n restart\n start\n"        \
    "event request {'x':2,'operation':'RegisterUsage'}\n event end {'why':'done','lag_us':20001}"

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
    {"register", "{'t':['denied']}", VERDICT_INCONCLUSIVE, VERDICT_NOT_EXERCISED, VERDICT_AVOIDED,
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
    {"nonces", "{}", VERDICT_INCONCLUSIVE, VERDICT_NOT_EXERCISED, VERDICT_FAIL,
     VERDICT_HARNESS_ERROR, NAMELESS},
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

static bool is_among(const cJSON *statements, const char *id)
{
    const cJSON *statement = NULL;
    cJSON_ArrayForEach(statement, statements)
    {
        if (strcmp(fact_text(statement, "id"), id) == 0) {
            return true;
        }
    }
    return false;
}

static void judge_sources(const struct invariant *invariant, size_t expected,
                          const cJSON *statements)
{
    size_t count = 0;
    unit_row(invariant->id);
    if (invariant->sources == NULL) {
        CHECK_INT(expected, 0);
        return;
    }
    while (count < expected && CHECK(invariant->sources[count] != NULL)) {
        CHECK(is_among(statements, invariant->sources[count]));
        for (size_t i = 0; i < count; i++) {
            CHECK(strcmp(invariant->sources[i], invariant->sources[count]) != 0);
        }
        count++;
    }
    CHECK(invariant->sources[expected] == NULL);
}

// Which statements each invariant proves wherever it is judged: all are known, none twice, none
// lost.
static void sources(void)
{
    static const struct {
        const char *id;
        size_t count;
    } ROWS[] = {{"well-formed", 13}, {"signature", 2},    {"money", 10},   {"final-words", 0},
                {"contract", 0},     {"no-hang", 1},      {"no-crash", 0}, {"no-secret", 0},
                {"no-bypass", 0},    {"registration", 0}, {"secured", 1}};
    OWN(json) cJSON *file = NULL;
    struct diag d = {0};
    CHECK_INT(json_read_file(&file, NULL, METERPROVER_SOURCE_DIR "/scenarios/statements.json", &d),
              RC_OK);
    size_t count = 0;
    const struct invariant *invariants = invariant_all(&count);
    CHECK_INT(count, sizeof ROWS / sizeof ROWS[0]);
    for (size_t i = 0; i < count; i++) {
        CHECK_TEXT(invariants[i].id, ROWS[i].id);
        judge_sources(&invariants[i], ROWS[i].count, file);
    }
    unit_row(NULL);
}

const struct unit_test FLAGS_TESTS[] = {
    {"each verb", each_verb}, {"sources", sources}, {NULL, NULL}};
