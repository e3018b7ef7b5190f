// SPDX-License-Identifier: Apache-2.0
// resolve and register, violated, and beside it the legal neighbour that passes.
#include "tests/unit/oracle/expects.h"

#include <stdio.h>

static void resolve(void)
{
#define R1 "{'n':1,'verb':'resolve','id':'r1'}"
    static const char RESOLVED[] = EXPECTS(
        R1, "'verb':'resolve','args':{'r1':{'state':['resolved'],'customer':'acme'}},'within_s':2");
    static const char REGISTER[] = EXPECTS("{'n':1,'verb':'register','id':'r1'}",
                                           "'verb':'register','args':{'r1':['denied','exited']}");
    static const char BARE[] = EXPECTS(R1, "'verb':'resolve','args':{'r1':{'state':'refused'}}");
    static const char REGISTER_SOON[] =
        EXPECTS("{'n':1,'verb':'register','id':'r1'}",
                "'verb':'register','args':{'r1':['denied','exited']},'within_s':2");
    static const struct row ROWS[] = {
        {.name = "resolved",
         .scenario = RESOLVED,
         .tale = "hello\n resolve r1\n answer resolve 1 resolved acme\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "to another customer",
         .scenario = RESOLVED,
         .tale = "hello\n resolve r1\n answer resolve 1 resolved globex\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "r1: the client resolved it to globex, expected customer acme."},
        {.name = "to nobody",
         .scenario = RESOLVED,
         .tale = "hello\n resolve r1\n answer resolve 1 resolved\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "to no customer"},
        {.name = "refused",
         .scenario = RESOLVED,
         .tale = "hello\n resolve r1\n answer resolve 1 refused\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "r1: the client answered refused, expected [\"resolved\"]."},
        {.name = "not answered",
         .scenario = RESOLVED,
         .tale = "hello\n resolve r1\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "r1: the client never said what came of it (line 4)."},
        {.name = "an answer to another step",
         .scenario = RESOLVED,
         .tale = "hello\n resolve r1\n answer resolve 2 resolved acme\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "never said"},
        {.name = "in time",
         .scenario = RESOLVED,
         .tale = "hello\n resolve r1\n at 2001\n answer resolve 1 resolved acme\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "too late",
         .scenario = RESOLVED,
         .tale = "hello\n resolve r1\n at 2010\n answer resolve 1 resolved acme\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "at most 2 s are allowed"},
        {.name = "never asked",
         .scenario = RESOLVED,
         .tale = "hello\n end exit",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The step \"r1\" was never reached."},
        {.name = "denied",
         .scenario = REGISTER,
         .tale =
             "hello\n event step {'n':1,'verb':'register','id':'r1','sends':'register','step':1}\n"
             "answer register 1 denied\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "registered",
         .scenario = REGISTER,
         .tale =
             "hello\n event step {'n':1,'verb':'register','id':'r1','sends':'register','step':1}\n"
             "answer register 1 registered\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "the client answered registered"},
        {.name = "ended instead",
         .scenario = REGISTER,
         .tale =
             "hello\n event step {'n':1,'verb':'register','id':'r1','sends':'register','step':1}\n"
             "exit 1\n end exit",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "ended when it had said that it does not know yet",
         .scenario = REGISTER,
         .tale =
             "hello\n event step {'n':1,'verb':'register','id':'r1','sends':'register','step':1}\n"
             "answer register 1 failed\n exit 1\n end exit",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "ended when it had said that it serves",
         .scenario = REGISTER,
         .tale =
             "hello\n event step {'n':1,'verb':'register','id':'r1','sends':'register','step':1}\n"
             "answer register 1 registered\n exit 1\n end exit",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "the client answered registered"},
        {.name = "broke instead",
         .scenario = REGISTER,
         .tale =
             "hello\n event step {'n':1,'verb':'register','id':'r1','sends':'register','step':1}\n"
             "exit SEGV\n end exit",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "never said"},
        {.name = "ended by us",
         .scenario = REGISTER,
         .tale =
             "hello\n event step {'n':1,'verb':'register','id':'r1','sends':'register','step':1}\n"
             "exit KILL expected\n end deadline",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "never said"},
        {
            .name = "a state given bare",
            .scenario = BARE,
            .tale = "hello\n resolve r1\n answer resolve 1 refused\n end done",
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "another state than the one given bare",
            .scenario = BARE,
            .tale = "hello\n resolve r1\n answer resolve 1 resolved acme\n end done",
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "the client answered resolved, expected \"refused\"",
        },
        {
            .name = "denied in time",
            .scenario = REGISTER_SOON,
            .tale = "hello\n event step "
                    "{'n':1,'verb':'register','id':'r1','sends':'register','step':1}\n answer "
                    "register 1 denied\n end done",
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "denied too late",
            .scenario = REGISTER_SOON,
            .tale = "hello\n event step "
                    "{'n':1,'verb':'register','id':'r1','sends':'register','step':1}\n at 9000\n "
                    "answer register 1 denied\n end done",
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "at most 2 s are allowed",
        },
        {0},
    };
    // The request is the positive control of the table's scenarios.
    struct row rows[sizeof ROWS / sizeof ROWS[0]];
    char tales[sizeof ROWS / sizeof ROWS[0]][512];
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        rows[i] = ROWS[i];
        if (ROWS[i].name != NULL) {
            (void)snprintf(tales[i], sizeof tales[i], "request 1 acme:9:7\n%s", ROWS[i].tale);
            rows[i].tale = tales[i];
        }
    }
    rows_judge(rows, NULL);
}

const struct unit_test RESOLVE_TESTS[] = {{"resolve and register", resolve}, {NULL, NULL}};
