// SPDX-License-Identifier: Apache-2.0
// ledger, violated, and beside it the legal neighbour that passes.
#include "tests/unit/oracle/expects.h"

#include <stdio.h>
#include <string.h>

static void ledger(void)
{
    static const char ALL[] = EXPECTS(U12, "'verb':'ledger','args':{'complete':true}");
    static const char ONE[] = EXPECTS(U1, "'verb':'ledger','args':{'complete':true}");
    static const char FIRST[] =
        EXPECTS(U12, "'verb':'ledger','args':{'complete':true,'usages':['u1']}");
    static const char BUT_U2[] =
        EXPECTS(U12, "'verb':'ledger','args':{'complete':true,'except':['u2']}");
    static const char BUT_U2_REJECTED[] =
        EXPECTS(U12, "'verb':'ledger','args':{'complete':true,'except':{'u2':['rejected']}}");
    static const char BUT_U2_ANY[] =
        EXPECTS(U12, "'verb':'ledger','args':{'complete':true,'except':{'u2':[]}}");
    static const char BESIDES[] = EXPECTS(U1 ",{'n':2,'verb':'clock','id':'c','args':'+1h'}",
                                          "'verb':'ledger','args':{'complete':true}");
    static const char AT_ONCE[] =
        EXPECTS(U1 ",{'n':2,'verb':'clock','args':'+1h'}",
                "'verb':'ledger','args':{'complete':true,'until':'clock'}");
    static const char UNTIL[] =
        EXPECTS(U1 ",{'n':2,'verb':'clock','args':'+1h'}",
                "'verb':'ledger','args':{'complete':true,'until':'clock+30m'}");
    static const char BEFORE[] = SCENARIO(
        "'steps':[" U1 "],'expect':[{'id':'e','verb':'ledger','args':{'complete':true}}],"
        "'world':{'ledger':["
        "{'customer':'acme','dimension':'requests','hour':'hour-1','quantity':7},"
        "{'customer':'acme','dimension':'requests','hour':'hour-1','quantity':0}]}," ANY_REQUEST);
    static const char AT[] = EXPECTS(U1 ",{'n':2,'id':'c','verb':'clock','args':'+1h'}",
                                     "'verb':'ledger','args':{'complete':true},'at':'c'");
    static const char WITHIN[] =
        EXPECTS(U1, "'verb':'ledger','args':{'complete':true},'within_s':5");
    static const struct row ROWS[] = {
        {.name = "all is billed",
         .scenario = ALL,
         .tale = ASK "usage u2 globex 2 9\n done\n flush\n meter 1 acme:9:7 globex:9:2\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "one is missing",
         .scenario = ALL,
         .tale = ASK "usage u2 globex 2 9\n done\n flush\n meter 1 acme:9:7\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "u2 (globex, requests, 2026-11-18T09:00Z): asked 2, nothing was billed.",
         .line = 5},
        {.name = "billed in part",
         .scenario = ALL,
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "u1 + u2 (acme, requests, 2026-11-18T09:00Z): asked 12, billed 7."},
        {.name = "billed too much",
         .scenario = ONE,
         .tale = ASK "flush\n meter 1 acme:9:8\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = KEY_1 "asked 7, billed 8.",
         .line = 7},
        {.name = "under another hour",
         .scenario = ONE,
         .tale = ASK "flush\n meter 1 acme:10:7\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = KEY_1 "asked 7, nothing was billed."},
        {.name = "nothing, as it was never sent",
         .scenario = ONE,
         .tale = ASK "flush\n request 1 globex:9:1\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "nothing was billed"},
        {.name = "a quantity of 0 without a record",
         .scenario = ONE,
         .tale = "hello\n usage u1 acme 0 9\n done\n flush\n request 1 globex:9:1\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "asked 0, nothing was billed"},
        {.name = "a quantity of 0 with its record",
         .scenario = ONE,
         .tale = "hello\n usage u1 acme 0 9\n done\n flush\n meter 1 acme:9:0\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "the other one does not matter",
         .scenario = FIRST,
         .tale = ASK "usage u2 globex 2 9\n done\n flush\n meter 1 acme:9:7\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "the one that matters is missing",
         .scenario = FIRST,
         .tale = ASK "usage u2 globex 2 9\n done\n flush\n meter 1 globex:9:2\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = KEY_1 "asked 7, nothing"},
        {.name = "excepted in the same key, not billed",
         .scenario = BUT_U2,
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "excepted in the same key, billed",
         .scenario = BUT_U2,
         .tale = ASK_TWO "flush\n meter 1 acme:9:12\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "the excepted one billed in place of the other",
         .scenario = BUT_U2,
         .tale = ASK_TWO "flush\n meter 1 acme:9:5\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "asked 7, billed 5"},
        {.name = "excepted, with the word allowed",
         .scenario = BUT_U2_REJECTED,
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n say u2 rejected\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "excepted, with another word",
         .scenario = BUT_U2_REJECTED,
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n say u2 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "u2 may stay unbilled only with a word that the case allows; there is pending."},
        {.name = "excepted, with any word",
         .scenario = BUT_U2_ANY,
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n say u2 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "excepted, not yet the word allowed, in evidence that was cut",
         .scenario = BUT_U2_REJECTED,
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n say u2 pending\n",
         .check = "e",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "there is pending",
         .integrity = INTEGRITY_CUT},
        {.name = "excepted, called metered, in evidence that was cut",
         .scenario = BUT_U2_REJECTED,
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n say u2 metered\n",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "there is metered",
         .integrity = INTEGRITY_CUT,
         .line = 11},
        {.name = "excepted, no word",
         .scenario = BUT_U2_REJECTED,
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "there is no word",
         .line = 5},
        {.name = "more than all in the key, in evidence that was cut",
         .scenario = BUT_U2,
         .tale = ASK_TWO "flush\n meter 1 acme:9:13\n",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "asked 7, billed 13",
         .integrity = INTEGRITY_CUT,
         .line = 9},
        {.name = "no sum of what was asked, in evidence that was cut",
         .scenario = BUT_U2,
         .tale = ASK_TWO "flush\n meter 1 acme:9:8\n",
         .check = "e",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "asked 7, billed 8",
         .integrity = INTEGRITY_CUT},
        {.name = "beside a step that is no usage",
         .scenario = BESIDES,
         .tale = ASK "meter 1 acme:9:7\n clock 11\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "at the very moment",
         .scenario = AT_ONCE,
         .tale = ASK "clock 12\n meter 1 acme:9:7\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "in time",
         .scenario = UNTIL,
         .tale = ASK "meter 1 acme:9:7\n clock 12\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "too late",
         .scenario = UNTIL,
         .tale = ASK "clock 10\n done\n clock 12\n meter 1 acme:9:7\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "asked 7, nothing was billed until clock+30m."},
        {.name = "the moment never came",
         .scenario = UNTIL,
         .tale = ASK "request 1 acme:9:7\n end deadline",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The moment \"clock+30m\" never came"},
        {.name = "not acknowledged before a restart, nothing else",
         .scenario = ONE,
         .tale = "start\n hello\n usage u1 acme 7 9\n restart\n flush\n" FINISH,
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "acknowledged none"},
        {.name = "not acknowledged before a restart, beside one that was",
         .scenario = ALL,
         .tale = "start\n" ASK "usage u2 globex 2 9\n restart\n flush\n meter 1 acme:9:7\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "not acknowledged, and no restart",
         .scenario = ONE,
         .tale = "start\n hello\n usage u1 acme 7 9\n exit KILL expected\n end deadline",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "nothing was billed"},
        {.name = "acknowledged before it crashed",
         .scenario = ONE,
         .tale = "start\n" ASK "exit SEGV\n end exit",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "nothing was billed"},
        {.name = "the second was never asked",
         .scenario = ALL,
         .tale = ASK "flush\n meter 1 acme:9:7\n end deadline",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The client was never asked to meter u2"},
        {.name = "missing, in evidence that was cut",
         .scenario = ONE,
         .tale = ASK "flush\n",
         .check = "e",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "nothing was billed",
         .integrity = INTEGRITY_CUT},
        {.name = "too much, in evidence that was cut",
         .scenario = ONE,
         .tale = ASK "flush\n meter 1 acme:9:8\n",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "billed 8",
         .integrity = INTEGRITY_CUT},
        {
            .name = "billed before, and again under the other model",
            .scenario = BEFORE,
            .tale = "preload acme:9:7\n" ASK "flush\n meter 1 license:acme:9:7\n" FINISH,
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "asked 7, billed 14",
        },
        {
            .name = "billed before, and again under another ClientToken",
            .scenario = BEFORE,
            .tale = "preload acme:9:7+#m0\n" ASK
                    "flush\n request 1 acme:9:7\n commit 1 acme:9:7+#m1\n" FINISH,
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "asked 7, billed 14: 7 before the case; 7 at line",
        },
        {
            .name = "billed before, and again in another region",
            .scenario = BEFORE,
            .tale = "preload acme:9:7\n" ASK
                    "flush\n request 1 acme:9:7\n commit 1 @eu-west-1 acme:9:7+\n" FINISH,
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "asked 7, billed 14",
        },
        {
            .name = "billed before, and again in another region, whatever is expected",
            .scenario = BEFORE,
            .tale = "preload acme:9:7\n" ASK
                    "flush\n request 1 acme:9:7\n commit 1 @eu-west-1 acme:9:7+\n" FINISH,
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "asked 7, billed 14: 7 before the case; 7 at line",
        },
        {
            .name = "billed before",
            .scenario = BEFORE,
            .tale =
                "preload acme:9:7\n" ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7\n" FINISH,
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "billed before, under another hour",
            .scenario = BEFORE,
            .tale = "preload acme:8:7\n" ASK "flush\n request 1 acme:9:7\n" FINISH,
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "nothing was billed",
        },
        {
            .name = "a record of nothing, billed before",
            .scenario = BEFORE,
            .tale = "preload acme:9:0\n hello\n usage u1 acme 0 9\n done\n flush\n request 1 "
                    "acme:9:0\n" FINISH,
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "at a moment",
            .scenario = AT,
            .tale = ASK "meter 1 acme:9:7\n clock 10\n" FINISH,
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "at a moment, billed only later",
            .scenario = AT,
            .tale = ASK "clock 10\n meter 1 acme:9:7\n" FINISH,
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "nothing was billed",
        },
        {
            .name = "at a moment, billed only later, in evidence that was cut",
            .scenario = AT,
            .tale = ASK "clock 10\n meter 1 acme:9:7\n",
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "nothing was billed",
            .integrity = INTEGRITY_CUT,
        },
        {
            .name = "at a moment, billed before the case",
            .scenario = AT,
            .tale = "preload acme:9:7\n" ASK "clock 10\n request 1 acme:9:7\n" FINISH,
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "at a moment that never came",
            .scenario = AT,
            .tale = ASK "request 1 acme:9:7\n end exit",
            .check = "e",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "The step \"c\" was never reached.",
        },
        {
            .name = "at a moment, usage without a time of an hour that turned later",
            .scenario = AT,
            .tale = "hello\n usage u1 acme 7 -\n meter 1 acme:11:7\n clock 10\n clock 11\n done "
                    "1\n done\n end done",
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "soon",
            .scenario = WITHIN,
            .tale = ASK "meter 1 acme:9:7\n" FINISH,
            .check = "e",
            .verdict = VERDICT_HARNESS_ERROR,
            .says = "`within_s` has no meaning for `ledger`.",
        },
        {0},
    };
    rows_judge(ROWS, NULL);
}

// More usages that may or may not be billed than all sums are tried of.
static void ledger_of_many(void)
{
    static const char STEPS[] = EXPECTS(
        U1, "'verb':'ledger','args':{'complete':true,'except':['v0','v1','v2','v3','v4','v5',"
            "'v6','v7','v8','v9','v10','v11','v12']}");
    static const struct {
        int usages, billed;
        enum verdict verdict;
    } ROWS[] = {{13, 6, VERDICT_FAIL},  {13, 7, VERDICT_PASS},  {13, 8, VERDICT_PASS},
                {13, 33, VERDICT_PASS}, {13, 34, VERDICT_FAIL}, {12, 8, VERDICT_FAIL},
                {12, 9, VERDICT_PASS},  {12, 31, VERDICT_PASS}, {12, 33, VERDICT_FAIL}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        char tale[2048] = ASK;
        size_t len = strlen(tale);
        for (int k = 0; k < ROWS[i].usages; k++) {
            len += (size_t)snprintf(tale + len, sizeof tale - len, "usage v%d acme 2 9\ndone\n", k);
        }
        (void)snprintf(tale + len, sizeof tale - len, "flush\n meter 1 acme:9:%d\n" FINISH,
                       ROWS[i].billed);
        const struct row rows[] = {
            {.name = "many",
             .scenario = STEPS,
             .tale = tale,
             .check = "e",
             .verdict = ROWS[i].verdict,
             .says = ROWS[i].verdict == VERDICT_PASS ? NULL : "asked 7, billed"},
            {0},
        };
        rows_judge(rows, NULL);
    }
}

const struct unit_test LEDGER_TESTS[] = {
    {"ledger", ledger}, {"ledger of many usages in one key", ledger_of_many}, {NULL, NULL}};
