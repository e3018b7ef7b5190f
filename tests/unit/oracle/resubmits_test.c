// SPDX-License-Identifier: Apache-2.0
// resubmits, violated, and beside it the legal neighbour that passes: what counts as sent again,
// and when.
#include "tests/unit/oracle/expects.h"

#define TWICE                                                                                      \
    ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n request 2 acme:9:7\n"                   \
        "commit 2 acme:9:7\n reply 2 200 0=Success\n say u1 metered\n" FINISH

static void resubmits(void)
{
    static const char PLAIN[] =
        EXPECTS(U1, "'verb':'resubmits','args':{'usages':['u1'],'unchanged':['quantity','hour']}");
    static const char STAMPED[] =
        EXPECTS(U1, "'verb':'resubmits','args':{'usages':['u1'],'unchanged':['timestamp']}");
    static const char QUANTITY[] =
        EXPECTS(U1, "'verb':'resubmits','args':{'usages':['u1'],'unchanged':['quantity']}");
    static const char AFTER[] =
        EXPECTS(U1 ",{'n':2,'verb':'clock','args':'+5m'}",
                "'verb':'resubmits','args':{'usages':['u1'],'unchanged':[],'after':'clock +5m'}");
    static const char ACROSS[] =
        EXPECTS(U1 ",{'n':3,'verb':'restart','args':{}}",
                "'verb':'resubmits','args':{'usages':['u1'],'across':'restart'}");
    static const char TIMES[] =
        EXPECTS(U1, "'verb':'resubmits','args':{'usages':['u1'],'times':{'min':2,'max':2}}");
    static const char SOON[] =
        EXPECTS(U1 ",{'n':2,'verb':'clock','args':'+5m'}",
                "'verb':'resubmits','args':{'usages':['u1'],'after':'clock +5m'},'within_s':2");
    static const struct row ROWS[] = {
        {.name = "sent twice alike",
         .scenario = PLAIN,
         .tale = TWICE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "sent once",
         .scenario = PLAIN,
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = KEY_1 "sent 1 time(s), at least 2 expected."},
        {.name = "never sent",
         .scenario = PLAIN,
         .tale = ASK "flush\n request 1 globex:9:7\n say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "sent 0 time(s)"},
        {.name = "sent again with another quantity",
         .scenario = PLAIN,
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n request 2 acme:9:8\n"
                     "commit 2 acme:9:8\n say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "sent at line 8 with another quantity: quantity 8, hour 2026-11-18T09:00Z; first "
                 "sent at "
                 "line 6: quantity 7"},
        {.name = "sent again with another hour",
         .scenario = PLAIN,
         .tale = ASK "flush\n request 1 acme:9:7\n request 2 acme:10:7\n say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "sent at line 7 with another hour"},
        {.name = "an hour in which nothing was used, beside it",
         .scenario = PLAIN,
         .tale = ASK "flush\n request 1 acme:9:7 acme:10:0\n request 2 acme:9:7\n "
                     "say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "nothing for its own hour is another quantity",
         .scenario = PLAIN,
         .tale = ASK "flush\n request 1 acme:9:7\n request 2 acme:9:0\n say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "with another quantity"},
        {.name = "another hour, of which nothing is demanded",
         .scenario = QUANTITY,
         .tale = ASK "flush\n request 1 acme:9:7\n request 2 acme:10:7\n say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "another usage has that hour",
         .scenario = PLAIN,
         .tale = ASK "usage u2 acme 5 10\n done\n flush\n request 1 acme:9:7 acme:10:5\n"
                     "request 2 acme:9:7 acme:10:5\n say u1 pending\n say u2 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "always under a wrong hour",
         .scenario = PLAIN,
         .tale = ASK "flush\n request 1 acme:10:7\n request 2 acme:10:7\n say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "with another hour"},
        {.name = "another customer's second sending",
         .scenario = PLAIN,
         .tale = ASK "flush\n request 1 acme:9:7\n request 2 globex:9:7\n say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "sent 1 time(s)"},
        {.name = "timestamps alike",
         .scenario = STAMPED,
         .tale = TWICE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "timestamps differ within the hour",
         .scenario = STAMPED,
         .tale = ASK
         "flush\n request 1 acme:9:7\n event request {'x':2,'operation':'BatchMeterUsage',"
         "'records':[{'i':0,'product':'widget','payer':'customer:acme','dimension':'requests',"
         "'timestamp':'2026-11-18T09:01:00Z','hour':'2026-11-18T09:00:00Z','quantity':7}]}\n"
         "say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "with another timestamp"},
        {.name = "a timestamp that cannot be read",
         .scenario = STAMPED,
         .tale = ASK
         "flush\n request 1 acme:9:7\n event request {'x':2,'operation':'BatchMeterUsage',"
         "'records':[{'i':0,'product':'widget','payer':'customer:acme','dimension':'requests',"
         "'hour':'2026-11-18T09:00:00Z','quantity':7}]}\n say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = KEY_1 "sent at line 7 with another timestamp",
         .line = 7},
        {.name = "after the step",
         .scenario = AFTER,
         .tale = ASK "clock 10\n request 1 acme:9:7\n say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "only before the step",
         .scenario = AFTER,
         .tale = ASK "request 1 acme:9:7\n request 2 acme:9:7\n clock 10\n say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "sent 0 time(s) after clock +5m, at least 1 expected"},
        {.name = "the step was never reached",
         .scenario = AFTER,
         .tale = ASK "request 1 globex:9:7\n end deadline",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The step \"clock +5m\" was never reached."},
        {.name = "before and after the restart",
         .scenario = ACROSS,
         .tale = "start\n" ASK "flush\n request 1 acme:9:7\n restart\n request 2 acme:9:7\n flush\n"
                 "say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "sent while the restart waited for its commit",
         .scenario = ACROSS,
         .tale = "start\n" ASK "flush\n event step {'n':3,'verb':'restart'}\n request 1 acme:9:7\n"
                 "exit SIGKILL expected\n start\n hello\n request 2 acme:9:7\n flush\n"
                 "say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "the restart waited for its commit in vain",
         .scenario = ACROSS,
         .tale = "start\n" ASK "flush\n event step {'n':3,'verb':'restart'}\n request 1 acme:9:7\n"
                 "request 2 acme:9:7\n say u1 pending\n exit 0 expected\n end done",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "never came about"},
        {.name = "twice before the restart",
         .scenario = ACROSS,
         .tale = "start\n" ASK "flush\n request 1 acme:9:7\n request 2 acme:9:7\n restart\n flush\n"
                 "say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "sent 2 time(s) before the restart and 0 after it"},
        {.name = "not acknowledged before the restart",
         .scenario = ACROSS,
         .tale = "start\n hello\n usage u1 acme 7 9\n flush\n request 1 acme:9:7\n restart\n "
                 "flush\n" FINISH,
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "acknowledged none of the usages"},
        {.name = "as often as allowed",
         .scenario = TIMES,
         .tale = TWICE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "too often",
         .scenario = TIMES,
         .tale = ASK "request 1 acme:9:7\n request 2 acme:9:7\n request 3 acme:9:7\n flush\n"
                     "say u1 pending\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "sent 3 times, at most 2 are allowed",
         .line = 5},
        {.name = "in evidence that was cut",
         .scenario = PLAIN,
         .tale = ASK "flush\n request 1 acme:9:7\n",
         .check = "e",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "sent 1 time(s)",
         .integrity = INTEGRITY_CUT},
        {.name = "changed, in evidence that was cut",
         .scenario = PLAIN,
         .tale = ASK "flush\n request 1 acme:9:7\n request 2 acme:9:8\n",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "another quantity",
         .integrity = INTEGRITY_CUT},
        {
            .name = "soon after the step",
            .scenario = SOON,
            .tale =
                ASK "at 1000\n clock 10\n at 2999\n request 1 acme:9:7\n say u1 pending\n" FINISH,
            .check = "e",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "too long after the step",
            .scenario = SOON,
            .tale =
                ASK "at 1000\n clock 10\n at 3010\n request 1 acme:9:7\n say u1 pending\n" FINISH,
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "sent 0 time(s) after clock +5m",
        },
        {0},
    };
    rows_judge(ROWS, NULL);
}

static void sendings(void)
{
    static const char PLAIN[] = EXPECTS(U1, "'verb':'resubmits','args':{'usages':['u1']}");
    static const char AT_MOST[] =
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
         .scenario = AT_MOST,
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
    {"resubmits", resubmits},
    {"sendings", sendings},
    {"within", within},
    {NULL, NULL},
};
