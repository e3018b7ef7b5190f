// SPDX-License-Identifier: Apache-2.0
// alert, violated, and beside it the legal neighbour that passes.
#include "tests/unit/oracle/expects.h"

static void alert(void)
{
    static const char ANY[] = EXPECTS(U1, "'verb':'alert','args':{}");
    static const char ABOUT[] = EXPECTS(U12, "'verb':'alert','args':{'about':['u1','u2']}");
    static const char NONE[] = EXPECTS(U1, "'verb':'alert','args':{'count':{'max':0}}");
    static const char AFTER[] = EXPECTS(U1 ",{'n':2,'verb':'clock','args':'+5m'}",
                                        "'verb':'alert','args':{'after':'clock +5m'}");
    static const char SOON[] = EXPECTS(U1, "'verb':'alert','args':{},'within_s':2");
    static const char SOON_AFTER[] =
        EXPECTS(U1 ",{'n':2,'verb':'clock','args':'+5m'}",
                "'verb':'alert','args':{'after':'clock +5m'},'within_s':2");
    static const struct row ROWS[] = {
        {.name = "told",
         .scenario = ANY,
         .tale = ASK "request 1 acme:9:7\n alert u1\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "not told",
         .scenario = ANY,
         .tale = ASK "request 1 acme:9:7\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "An operator was told 0 time(s), expected at least 1."},
        {.name = "told about each",
         .scenario = ABOUT,
         .tale = ASK_TWO "request 1 acme:9:7\n alert u1\n alert u2\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "told about one only",
         .scenario = ABOUT,
         .tale = ASK_TWO "request 1 acme:9:7\n alert u1\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "No operator was told about u2."},
        {.name = "told about all that was acknowledged before a restart",
         .scenario = ABOUT,
         .tale = "start\n hello\n usage u1 acme 7 9\n restart\n usage u2 acme 5 9\n done\n"
                 "request 1 acme:9:7\n alert u2\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "nothing of it was acknowledged before a restart",
         .scenario = ABOUT,
         .tale = "start\n hello\n usage u1 acme 7 9\n usage u2 acme 5 9\n restart\n"
                 "request 1 acme:9:7\n end done",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "Nothing is left to judge"},
        {.name = "told although nothing is wrong",
         .scenario = NONE,
         .tale = ASK "request 1 acme:9:7\n alert u1\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "An operator was told 1 time(s), expected none."},
        {.name = "not told, as nothing is wrong",
         .scenario = NONE,
         .tale = ASK "request 1 acme:9:7\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "told after the step",
         .scenario = AFTER,
         .tale = ASK "request 1 acme:9:7\n clock 10\n alert u1\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "told only before it",
         .scenario = AFTER,
         .tale = ASK "request 1 acme:9:7\n alert u1\n clock 10\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "told 0 time(s)"},
        {.name = "not yet, in evidence that was cut",
         .scenario = ANY,
         .tale = ASK "request 1 acme:9:7\n",
         .check = "e",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "told 0 time(s)",
         .integrity = INTEGRITY_CUT},
        {
            .name = "soon enough",
            .scenario = SOON,
            .tale = ASK "request 1 acme:9:7\n at 1999\n alert u1\n end done",
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "too late",
            .scenario = SOON,
            .tale = ASK "request 1 acme:9:7\n at 2000\n alert u1\n end done",
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "told 0 time(s)",
        },
        {
            .name = "soon enough after the step",
            .scenario = SOON_AFTER,
            .tale = ASK "request 1 acme:9:7\n at 9000\n clock 10\n at 10999\n alert u1\n end done",
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "too late after the step",
            .scenario = SOON_AFTER,
            .tale = ASK "request 1 acme:9:7\n at 9000\n clock 10\n at 11010\n alert u1\n end done",
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "told 0 time(s)",
        },
        {
            .name = "the step was never reached",
            .scenario = AFTER,
            .tale = ASK "request 1 acme:9:7\n end exit",
            .check = "e",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "was never reached",
        },
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test ALERT_TESTS[] = {{"alert", alert}, {NULL, NULL}};
