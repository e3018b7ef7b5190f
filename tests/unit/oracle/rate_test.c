// SPDX-License-Identifier: Apache-2.0
// requests {rate}: how fast requests of a kind may come.
#include <stdio.h>
#include <string.h>

#include "tests/unit/oracle/oracle_tests.h"

#define EXPECTS(args)                                                                              \
    SCENARIO("'steps':[{'n':1,'verb':'usage','id':'u1'}],'expect':[{'id':'e','verb':'requests',"   \
             "'args':" args "}]," ANY_REQUEST)

// Requests at even distances, in milliseconds.
static void rate_with(int lag_us, int count, int distance_ms, enum verdict verdict,
                      const char *says)
{
    char tale[8192] = ASK;
    size_t len = strlen(tale);
    for (int i = 0; i < count; i++) {
        len += (size_t)snprintf(tale + len, sizeof tale - len, "at %d\nrequest %d acme:9:7\n",
                                100 + i * distance_ms, i + 1);
    }
    (void)snprintf(tale + len, sizeof tale - len, "event end {'why':'done','lag_us':%d}", lag_us);
    const struct row rows[] = {
        {.name = "rate",
         .scenario = EXPECTS("{'rate':{'max_per_s':10}}"),
         .tale = tale,
         .check = "e",
         .verdict = verdict,
         .says = says,
         .integrity = INTEGRITY_WHOLE},
        {0},
    };
    rows_judge(rows, NULL);
}

static void rate_of(int count, int distance_ms, enum verdict verdict, const char *says)
{
    rate_with(0, count, distance_ms, verdict, says);
}

static void even(void)
{
    rate_of(120, 100, VERDICT_PASS, NULL);
    rate_of(120, 99, VERDICT_FAIL, "51 requests within 5 seconds");
    rate_of(51, 100, VERDICT_PASS, NULL);                     // the 51st after five seconds
    rate_of(51, 99, VERDICT_FAIL, "at most 50 are allowed."); // 4.95 s: more than our tolerance
    rate_of(50, 1, VERDICT_PASS, NULL); // a burst, and silence: ten a second over five
    rate_of(51, 1, VERDICT_FAIL, "51 requests within 5 seconds");
    // What we saw late may have come in good time; a burst is one all the same.
    rate_with(60000, 51, 99, VERDICT_PASS, NULL);
    rate_with(60000, 51, 98, VERDICT_FAIL, "51 requests within 5 seconds");
    rate_with(2000000, 51, 1, VERDICT_FAIL, "51 requests within 5 seconds");
}

// A burst, and one request more so long after the first of it: of five seconds our tolerance may be
// missing, and no more.
static void one_more(int after_ms, enum verdict verdict, const char *says)
{
    char tale[8192] = ASK "at 1000\n";
    size_t len = strlen(tale);
    for (int i = 0; i < 50; i++) {
        len += (size_t)snprintf(tale + len, sizeof tale - len, "request %d acme:9:7\n", i + 1);
    }
    (void)snprintf(tale + len, sizeof tale - len, "at %d\n request 51 acme:9:7\n end done",
                   1000 + after_ms);
    const struct row rows[] = {
        {.name = "one more",
         .scenario = EXPECTS("{'rate':{'max_per_s':10}}"),
         .tale = tale,
         .verdict = verdict,
         .says = says},
        {0},
    };
    rows_judge(rows, NULL);
}

static void bounds(void)
{
    one_more(4980, VERDICT_PASS, NULL);
    one_more(4979, VERDICT_FAIL, "51 requests within 5 seconds");
}

static void nothing(void)
{
    static const struct row ROWS[] = {
        {.name = "a rate of nothing",
         .scenario = EXPECTS("{'rate':{'max_per_s':10},'operation':'ResolveCustomer'}"),
         .tale = ASK "request 1 acme:9:7\n end done",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "so there is no rate"},
        {.name = "a rate of nothing, where something is expected",
         .scenario =
             EXPECTS("{'rate':{'max_per_s':10},'operation':'ResolveCustomer','count':{'min':1}}"),
         .tale = ASK "request 1 acme:9:7\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "0 request(s)",
         .line = 6},
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test RATE_TESTS[] = {
    {"at even distances", even}, {"just within", bounds}, {"of nothing", nothing}, {NULL, NULL}};
