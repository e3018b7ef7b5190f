// SPDX-License-Identifier: Apache-2.0
// Where there are several of something, the second counts as well; and what is not asked is not
// judged.
#include "tests/unit/oracle/expects.h"

// A first expectation that holds, and then "e".
#define SECOND(steps, expectation)                                                                 \
    SCENARIO("'steps':[" steps                                                                     \
             "],'expect':[{'id':'d','verb':'requests','args':{}},{'id':'e'," expectation           \
             "}]," ANY_REQUEST)
#define EXERCISED(steps, exercised)                                                                \
    SCENARIO("'steps':[" steps "],'expect':[],'rules':[],'exercised':" exercised)
#define TWO_TOKENS "{'n':1,'verb':'resolve','id':'s'},{'n':2,'verb':'resolve','id':'t'}"
#define SEEN "request 9 globex:9:1\n"

#define ROW(about, scene, id, story, judged, sentence)                                             \
    {                                                                                              \
        .name = (about), .scenario = (scene), .tale = (story), .check = (id),                      \
        .verdict = VERDICT_##judged, .says = (sentence)                                            \
    }
#define HOLDS(about, scene, id, story) ROW(about, scene, id, story, PASS, NULL)
#define FAILS(about, scene, id, story, sentence) ROW(about, scene, id, story, FAIL, sentence)

static void second_of_two(void)
{
    static const char ALERT[] = SECOND(U1, "'verb':'alert','args':{}");
    static const char AGAIN[] = EXPECTS(U12, "'verb':'resubmits','args':{'usages':['u1','u2']}");
    static const char TOKENS[] =
        EXPECTS(TWO_TOKENS, "'verb':'resolve','args':{'s':['resolved'],'t':['resolved']}");
    static const char ABOUT[] =
        EXPECTS(U12, "'verb':'alert','args':{'about':['u1','u2'],'count':{'min':1}}");
    static const char EXIT[] = SECOND(U1, "'verb':'exit','args':{'code':1}");
    static const char MAY_EXIT[] =
        SCENARIO("'steps':[" U1 ",{'n':2,'verb':'register','id':'r','args':{'may_exit':true}}],"
                 "'expect':[]," ANY_REQUEST);
    static const char PERMITS[] = SECOND(U1, "'verb':'states','args':{'u1':['rejected']}");
    static const char ANSWERS[] = EXERCISED(TWO_TOKENS, "{'answers':{'s':'done','t':'done'}}");
    static const char VERBS[] = EXERCISED(U1, "{'requests':{},'alert':{}}");
    static const struct row ROWS[] = {
        FAILS("expectation", ALERT, "e", ASK "request 1 acme:9:7\n end done", "told 0 time(s)"),
        FAILS("usage to be sent again", AGAIN, "e",
              ASK "usage u2 globex 5 9\n done\n request 1 acme:9:7 globex:9:5\n"
                  "request 2 acme:9:7\n end done",
              "u2 (globex, requests, 2026-11-18T09:00Z): sent 1 time(s)"),
        FAILS("token", TOKENS, "e",
              SEEN "hello\n resolve s\n answer resolve 1 resolved\n resolve t\n"
                   "answer resolve 2 refused\n end done",
              "t: the client answered refused"),
        HOLDS("usage that an alert is about", ABOUT, "e", ASK_TWO SEEN "alert u2\n end done"),
        HOLDS("expectation that judges the exit", EXIT, "no-crash", ASK SEEN "exit 1\n end exit"),
        HOLDS("step that allows the exit", MAY_EXIT, "no-crash",
              ASK SEEN "register r\n exit 1\n end exit"),
        FAILS("step that allows no exit", MAY_EXIT, "no-crash", ASK SEEN "exit 1\n end exit",
              "exited with 1"),
        HOLDS("expectation that permits a rejection", PERMITS, "money",
              ASK "flush\n say u1 rejected\n" FINISH),
        ROW("answer that exercises", ANSWERS, "exercised",
            "hello\n resolve s\n done\n resolve t\n"
            "end done",
            NOT_EXERCISED, "t was not answered done"),
        ROW("verb that exercises", VERBS, "exercised", ASK "request 1 acme:9:7\n end done",
            NOT_EXERCISED, "told 0 time(s)"),
        ROW("entry of the ledger", NULL, "money",
            ASK "flush\n meter 1 acme:9:7\n preload globex:9:1\n say u1 metered\n" FINISH,
            HARNESS_ERROR, "customer:globex, requests, 2026-11-18T09:00:00Z, which no commit"),
        {0},
    };
    rows_judge(ROWS, SCENARIO("'steps':[],'expect':[]," ANY_REQUEST));
}

static void ends(void)
{
    static const char CODE_3[] = EXPECTS(U1, "'verb':'exit','args':{'code':3}");
    static const char CODE_0[] = EXPECTS(U1, "'verb':'exit','args':{'code':0}");
    static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);
    static const struct row ROWS[] = {
        HOLDS("a code when it was told to end", CODE_3, "e", ASK SEEN "exit 3 expected\n end done"),
        FAILS("a signal is not the code 0", CODE_0, "e", ASK SEEN "exit SEGV\n end exit",
              "expected an exit code"),
        HOLDS("by our SIGTERM, as some write it", PLAIN, "no-crash",
              ASK "exit SIGTERM expected\n end done"),
        HOLDS("by our SIGHUP", PLAIN, "no-crash",
              "start\n" ASK "event client {'what':'signal','instance':1,'signal':'SIGHUP'}\n"
              "exit HUP expected\n start\n end done"),
        ROW("nobody wrote how the case ended", EXPECTS(U1, "'verb':'alert','args':{}"), "e",
            ASK "request 1 acme:9:7\n", INCONCLUSIVE, "told 0 time(s)"),
        {0},
    };
    rows_judge(ROWS, NULL);
}

static void answers(void)
{
    static const char CUSTOMER[] =
        EXPECTS(TWO_TOKENS, "'verb':'resolve','args':{'t':{'customer':'acme'}}");
    static const char REGISTERED[] =
        EXPECTS(TWO_TOKENS, "'verb':'register','args':{'t':['registered']}");
    static const char EXITED[] = EXPECTS(TWO_TOKENS, "'verb':'register','args':{'t':['exited']}");
    static const struct row ROWS[] = {
        HOLDS("any state, but the customer", CUSTOMER, "e",
              SEEN "hello\n resolve s\n resolve t\n answer resolve 2 resolved acme\n end done"),
        HOLDS("named by its id alone", CUSTOMER, "e",
              SEEN "hello\n resolve s\n resolve t\n event answer {'mp':'resolve','instance':1,"
                   "'id':'t','state':'resolved','customer':'acme'}\n end done"),
        FAILS("it ended, where it had to register", REGISTERED, "e",
              SEEN "hello\n resolve s\n resolve t\n exit 1\n end exit", "never said what came"),
        HOLDS("it ended, as it may", EXITED, "e",
              SEEN "hello\n resolve s\n resolve t\n exit 1\n end exit"),
        FAILS("another process ended before it was asked", EXITED, "e",
              SEEN "hello\n event exit {'instance':2,'code':1,'expected':false}\n resolve s\n"
                   "resolve t\n end done",
              "never said what came"),
        {0},
    };
    rows_judge(ROWS, NULL);
}

static void unasked(void)
{
    static const char HOUR[] =
        EXPECTS(U1, "'verb':'resubmits','args':{'usages':['u1'],'unchanged':['hour']}");
    static const char BUT_FIRST[] =
        EXPECTS(U12, "'verb':'ledger','args':{'complete':true,'except':['u1']}");
    static const char SOON[] = EXPECTS(U1 ",{'n':2,'verb':'restart','args':{}}",
                                       "'verb':'requests','args':{'after':'restart'},'within_s':1");
    static const char ARMED[] = SCENARIO(
        "'steps':[{'n':1,'verb':'arm','args':'r'}],'rules':[{'name':'r'}],'expect':[{'id':'e',"
        "'verb':'requests','args':{'after':'arm r','count':{'max':9}}}]");
    static const char SILENT[] = SCENARIO(
        "'steps':[],'rules':[{'name':'r'}],'expect':[],'avoided':{'rule':'r','when':{'requests':"
        "{'count':{'max':0}}},'because':''}");
    static const struct row ROWS[] = {
        HOLDS("another quantity, of which nothing is demanded", HOUR, "e",
              ASK "flush\n request 1 acme:9:7\n request 2 acme:9:8\n" FINISH),
        FAILS("another hour, though it may belong to either", HOUR, "e",
              "hello\n usage u1 acme 7 -\n clock 11\n done 1\n done\n request 1 acme:10:7\n"
              "request 2 acme:11:7\n end done",
              "with another hour"),
        HOLDS("sent but not billed, which is excepted", BUT_FIRST, "e",
              ASK "usage u2 globex 5 9\n done\n flush\n request 1 acme:9:7\n meter 2 globex:9:5\n"
                  "say u1 pending\n say u2 metered\n" FINISH),
        HOLDS(
            "soon after the end of the process, not after the order", SOON, "e",
            "start\n" ASK "event step {'n':2,'verb':'restart'}\n at 3000\n"
            "event exit {'instance':1,'signal':'KILL','expected':true}\n start\n hello\n at 3500\n"
            "request 1 acme:9:7\n end done"),
        ROW("after a rule was armed that never came", ARMED, "e",
            "arm r\n" ASK "request 1 acme:9:7\n end done", NOT_EXERCISED,
            "It is about a rule that was not delivered."),
        ROW("avoided, by nothing but a request that is none", SILENT, "exercised",
            ASK "event request {'x':1,'operation':''}\n end done", NOT_EXERCISED,
            "never delivered"),
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test SEVERAL_TESTS[] = {
    {"second of two", second_of_two},
    {"ends", ends},
    {"answers", answers},
    {"unasked", unasked},
    {NULL, NULL},
};
