// SPDX-License-Identifier: Apache-2.0
// elsewhere, violated, and beside it the legal neighbour that passes.
#include "tests/unit/oracle/expects.h"

#define CARRIED "event leak {'what':'request','name':'127.0.0.1:9','where':'proxy'}\n"

static void elsewhere(void)
{
    static const char NEVER[] =
        EXPECTS(U1, "'verb':'elsewhere','args':{'count':{'min':0,'max':0}}");
    static const char ONCE[] = EXPECTS(U1, "'verb':'elsewhere','args':{'count':{'max':1}}");
    static const struct row ROWS[] = {
        {.name = "nothing went there",
         .scenario = NEVER,
         .tale = ASK "request 1 acme:9:7\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "it went there without a request",
         .scenario = NEVER,
         .tale = ASK "event leak {'what':'outside','name':'h','where':'proxy'}\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "a request was carried",
         .scenario = NEVER,
         .tale = ASK CARRIED "end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "1 request(s) to the service went on to another host (the first at line 5), "
                 "expected none."},
        {.name = "the first of two",
         .scenario = ONCE,
         .tale = ASK CARRIED CARRIED "end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "2 request(s) to the service went on to another host (the first at line 5), "
                 "expected at most 1."},
        {.name = "one is allowed",
         .scenario = ONCE,
         .tale = ASK CARRIED "end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "in evidence that was cut",
         .scenario = NEVER,
         .tale = ASK CARRIED,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "went on to another host",
         .integrity = INTEGRITY_CUT},
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test ELSEWHERE_TESTS[] = {{"elsewhere", elsewhere}, {NULL, NULL}};
