// SPDX-License-Identifier: Apache-2.0
// exit, violated, and beside it the legal neighbour that passes.
#include "tests/unit/oracle/expects.h"

static void exits(void)
{
    static const char UNSIGNALLED[] = EXPECTS(U1, "'verb':'exit','args':{'signal':false}");
    static const char CODE[] = EXPECTS(U1, "'verb':'exit','args':{'code':3}");
    static const char AFTER[] = EXPECTS(U1 ",{'n':2,'verb':'clock','args':'+5m'}",
                                        "'verb':'exit','args':{'code':[3,4],'after':'clock +5m'}");
    static const char SIGNALLED[] = EXPECTS(U1, "'verb':'exit','args':{'signal':true}");
    static const char SOON[] = EXPECTS(U1, "'verb':'exit','args':{'code':3},'within_s':2");
    static const struct row ROWS[] = {
        {.name = "by itself",
         .scenario = UNSIGNALLED,
         .tale = ASK "request 1 acme:9:7\n exit 1\n end exit",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "by a signal",
         .scenario = UNSIGNALLED,
         .tale = ASK "request 1 acme:9:7\n exit SEGV\n end exit",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "The client was ended by a signal (line 6)."},
        {.name = "by a signal of ours",
         .scenario = UNSIGNALLED,
         .tale = ASK "request 1 acme:9:7\n exit KILL expected\n end deadline",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "with that code",
         .scenario = CODE,
         .tale = ASK "request 1 acme:9:7\n exit 3\n end exit",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "with another code",
         .scenario = CODE,
         .tale = ASK "request 1 acme:9:7\n exit 4\n end exit",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "with another code"},
        {.name = "not at all",
         .scenario = CODE,
         .tale = ASK "request 1 acme:9:7\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "The client did not end by itself."},
        {.name = "only because we killed it",
         .scenario = CODE,
         .tale = ASK "request 1 acme:9:7\n exit KILL expected\n end deadline",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "did not end by itself"},
        {.name = "after the step",
         .scenario = AFTER,
         .tale = ASK "request 1 acme:9:7\n clock 10\n exit 4\n end exit",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "before the step",
         .scenario = AFTER,
         .tale = ASK "request 1 acme:9:7\n exit 4\n clock 10\n end exit",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "did not end by itself"},
        {
            .name = "by a signal, as expected",
            .scenario = SIGNALLED,
            .tale = ASK "request 1 acme:9:7\n exit ABRT\n end exit",
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "by itself, where a signal is expected",
            .scenario = SIGNALLED,
            .tale = ASK "request 1 acme:9:7\n exit 2\n end exit",
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "The client exited with 2 (line 6), expected an end by a signal.",
        },
        {
            .name = "with a code that is not in the list",
            .scenario = AFTER,
            .tale = ASK "request 1 acme:9:7\n clock 10\n exit 5\n end exit",
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "with another code",
        },
        {
            .name = "the step was never reached",
            .scenario = AFTER,
            .tale = ASK "request 1 acme:9:7\n exit 5\n end exit",
            .check = "e",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "was never reached",
        },
        {
            .name = "soon enough",
            .scenario = SOON,
            .tale = ASK "request 1 acme:9:7\n at 1999\n exit 3\n end exit",
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "too late",
            .scenario = SOON,
            .tale = ASK "request 1 acme:9:7\n at 2000\n exit 3\n end exit",
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "did not end by itself",
        },
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test EXIT_TESTS[] = {{"exit", exits}, {NULL, NULL}};
