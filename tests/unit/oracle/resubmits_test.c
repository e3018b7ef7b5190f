// SPDX-License-Identifier: Apache-2.0
// resubmits: what counts as sent again, and when.
#include "tests/unit/oracle/oracle_tests.h"

#define EXPECTS(steps, expectation)                                                                \
    SCENARIO("'steps':[" steps "],'expect':[{'id':'e'," expectation "}]," ANY_REQUEST)
#define U1 "{'n':1,'verb':'usage','id':'u1'}"

static void sendings(void)
{
    static const char PLAIN[] = EXPECTS(U1, "'verb':'resubmits','args':{'usages':['u1']}");
    static const char TWICE[] =
        EXPECTS(U1, "'verb':'resubmits','args':{'usages':['u1'],'times':{'max':2}}");
    static const char SECOND[] =
        EXPECTS(U1 ",{'n':2,'verb':'usage','id':'u2'}",
                "'verb':'resubmits','args':{'usages':['u2'],'unchanged':['hour']}");
    static const struct row ROWS[] = {
        {.name = "twice in one request is not again",
         .scenario = PLAIN,
         .tale = ASK "flush\n request 1 acme:9:7 acme:9:7\n say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "sent 1 time(s), at least 2 expected"},
        {.name = "twice in one request, and again",
         .scenario = TWICE,
         .tale = ASK "flush\n request 1 acme:9:7 acme:9:7\n request 2 acme:9:7\n"
                     "say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "another usage of that customer, asked first, is no sending of it",
         .scenario = SECOND,
         .tale = ASK "usage u2 acme 5 10\n done\n flush\n request 1 acme:9:7\n"
                     "request 2 acme:10:5\n request 3 acme:10:5\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "beside another in one request, twice",
         .scenario = PLAIN,
         .tale = ASK "flush\n request 1 globex:9:7 acme:9:7\n request 2 globex:9:7 acme:9:7\n"
                     "say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, NULL);
}

static void within(void)
{
    static const char SOON[] =
        EXPECTS(U1, "'verb':'resubmits','args':{'usages':['u1']},'within_s':2");
    static const struct row ROWS[] = {
        {.name = "again soon after the case began",
         .scenario = SOON,
         .tale = ASK "flush\n at 1000\n request 1 acme:9:7\n at 1999\n request 2 acme:9:7\n"
                     "say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "again, but too late",
         .scenario = SOON,
         .tale = ASK "flush\n at 1000\n request 1 acme:9:7\n at 2000\n request 2 acme:9:7\n"
                     "say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "sent 1 time(s), at least 2 expected"},
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test RESUBMITS_TESTS[] = {
    {"sendings", sendings},
    {"within", within},
    {NULL, NULL},
};
