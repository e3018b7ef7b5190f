// SPDX-License-Identifier: Apache-2.0
// The other expectations, each violated, and beside it the legal neighbour that passes.
#include "tests/unit/oracle/oracle_tests.h"

#include <stdio.h>

// A scenario with the one expectation "e"; steps are numbered as the tale has them.
#define EXPECTS(steps, expectation)                                                                \
    SCENARIO("'steps':[" steps "],'expect':[{'id':'e'," expectation "}]," ANY_REQUEST)
#define U1 "{'n':1,'verb':'usage','id':'u1'}"
#define U12 U1 ",{'n':2,'verb':'usage','id':'u2'}"

#define KEY_1 "u1 (acme, requests, 2026-11-18T09:00Z): "

static void states(void)
{
    static const char METERED[] = EXPECTS(U1, "'verb':'states','args':{'u1':['metered']}");
    static const char PENDING[] = EXPECTS(U1, "'verb':'states','args':{'u1':['pending']}");
    static const char AT[] = EXPECTS(U1 ",{'n':3,'id':'c','verb':'clock','args':'+5m'}",
                                     "'verb':'states','args':{'u1':['pending']},'at':'c'");
    static const char METERED_AT[] = EXPECTS(U1 ",{'n':3,'id':'c','verb':'clock','args':'+5m'}",
                                             "'verb':'states','args':{'u1':['metered']},'at':'c'");
    static const char BOTH[] =
        EXPECTS(U12, "'verb':'states','args':{'u1':['metered'],'u2':['metered']}");
    static const char AT_OF_TWO[] = EXPECTS(U12 ",{'n':4,'id':'c','verb':'clock','args':'+5m'}",
                                            "'verb':'states','args':{'u1':['pending']},'at':'c'");
    static const struct row ROWS[] = {
        {.name = "the last word",
         .scenario = METERED,
         .tale = ASK "flush\n say u1 pending\n meter 1 acme:9:7\n say u1 metered\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "another word",
         .scenario = METERED,
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = KEY_1 "the client calls it pending (at the end), expected metered."},
        {.name = "no word",
         .scenario = METERED,
         .tale = ASK "flush\n meter 1 acme:9:7\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = KEY_1 "there is no word (at the end), expected metered."},
        {.name = "no word where pending is allowed",
         .scenario = PENDING,
         .tale = ASK "flush\n request 1 acme:9:7\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "there is no word"},
        {.name = "unknown where pending is allowed",
         .scenario = PENDING,
         .tale = ASK "flush\n request 1 acme:9:7\n say u1 unknown\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "unknown where only metered is",
         .scenario = METERED,
         .tale = ASK "flush\n request 1 acme:9:7\n say u1 unknown\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "calls it unknown"},
        {.name = "at a moment",
         .scenario = AT,
         .tale =
             ASK "flush\n request 1 acme:9:7\n say u1 pending\n done\n clock 10\n say u1 metered\n"
                 "done\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "at a moment, another word",
         .scenario = AT,
         .tale =
             ASK "flush\n request 1 acme:9:7\n say u1 metered\n done\n clock 10\n done\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "the client calls it metered (c), expected pending."},
        {.name = "at a moment, silent after a flush",
         .scenario = AT,
         .tale =
             ASK "flush\n request 1 acme:9:7\n done\n clock 10\n say u1 pending\n done\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "there is no word (c)"},
        {.name = "at a moment, silent and never told to send",
         .scenario = AT,
         .tale = ASK
         "clock 9\n request 1 acme:9:7\n done\n clock 10\n say u1 pending\n done\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "at a moment, silent where only metered is allowed",
         .scenario = METERED_AT,
         .tale = ASK
         "clock 9\n request 1 acme:9:7\n done\n clock 10\n say u1 metered\n done\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "there is no word"},
        {.name = "at a moment that never came",
         .scenario = AT,
         .tale = ASK "flush\n request 1 acme:9:7\n say u1 metered\n done\n end exit",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The step \"c\" was never reached."},
        {.name = "at a moment before it was asked",
         .scenario = AT,
         .tale = "hello\n flush\n done\n flush\n done\n clock 10\n usage u1 acme 7 9\n done\n"
                 "request 1 acme:9:7\n end done",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The client was never asked to meter u1: that came later, if at all."},
        {.name = "not acknowledged before a restart",
         .scenario = METERED,
         .tale = "start\n hello\n usage u1 acme 7 9\n request 1 acme:9:7\n restart\n end done",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "acknowledged none"},
        {.name = "a final word, in evidence that was cut",
         .scenario = PENDING,
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "calls it metered",
         .integrity = INTEGRITY_CUT,
         .line = 9},
        {.name = "the other final word, in evidence that was cut",
         .scenario = PENDING,
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 rejected\n",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "calls it rejected",
         .integrity = INTEGRITY_CUT},
        {.name = "one of two was never asked",
         .scenario = BOTH,
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n done\n end exit",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "never asked to meter u2"},
        {.name = "one of two is wrong, the other was never asked",
         .scenario = BOTH,
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 pending\n done\n end exit",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "calls it pending"},
        {.name = "not yet, in evidence that was cut",
         .scenario = METERED,
         .tale = ASK "flush\n request 1 acme:9:7\n say u1 pending\n",
         .check = "e",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "calls it pending",
         .integrity = INTEGRITY_CUT},
        {
            .name = "at a moment, with a word about another usage",
            .scenario = AT_OF_TWO,
            .tale = ASK_TWO "flush\n request 1 acme:9:7\n say u1 pending\n say u2 metered\n done\n "
                            "clock 10\n done\n end done",
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "at a moment, not allowed, in evidence that was cut later",
            .scenario = METERED_AT,
            .tale = ASK "flush\n request 1 acme:9:7\n say u1 pending\n done\n clock 10\n",
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "the client calls it pending (c)",
            .integrity = INTEGRITY_CUT,
        },
        {
            .name = "at a moment, allowed, in evidence that was cut later",
            .scenario = AT,
            .tale = ASK "flush\n say u1 pending\n done\n clock 10\n",
            .check = "e",
            .verdict = VERDICT_INCONCLUSIVE,
            .says = "does not reach to the end",
            .integrity = INTEGRITY_CUT,
        },
        {
            .name = "at a moment, not acknowledged before a later restart",
            .scenario = AT,
            .tale = "start\n hello\n usage u1 acme 7 9\n flush\n clock 10\n restart\n request 1 "
                    "acme:9:7\n end done",
            .check = "e",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "acknowledged none",
        },
        {0},
    };
    rows_judge(ROWS, NULL);
}

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

const struct unit_test EXPECT_TESTS[] = {
    {"states", states}, {"resolve and register", resolve}, {"alert", alert},
    {"exit", exits},    {"elsewhere", elsewhere},          {NULL, NULL}};
