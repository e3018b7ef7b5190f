// SPDX-License-Identifier: Apache-2.0
// Delivered and observed, for each kind of fault; what becomes of expectations otherwise.
#include "tests/unit/oracle/oracle_tests.h"

#define RULED(more)                                                                                \
    SCENARIO("'steps':[{'n':1,'verb':'arm','args':'r'},{'n':2,'verb':'usage','id':'u1'},"          \
             "{'n':3,'verb':'flush'},{'n':4,'verb':'disarm','args':'r'},"                          \
             "{'n':5,'verb':'wait','args':{'rule':'r','fired':1}},"                                \
             "{'n':9,'verb':'register','id':'r1'}],"                                               \
             "'rules':[{'name':'r','kind':'answer'}]," more)
static const char PLAIN[] = RULED("'expect':[]");

static void faults(void)
{
    static const struct row ROWS[] = {
        {.name = "never delivered",
         .tale = ASK "meter 1 acme:9:7\n" FINISH,
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "Rule \"r\" was never delivered"},
        {.name = "another rule's fault",
         .tale = ASK "request 1 acme:9:7\n fault 1 q answer\n" FINISH,
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "never delivered"},
        {.name = "an answer, then a word",
         .tale =
             ASK "flush\n request 1 acme:9:7\n error 1 500 X\n fault 1 r answer\n say u1 pending\n"
                 "end done",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "an answer, then nothing",
         .tale = ASK "flush\n request 1 acme:9:7\n error 1 500 X\n fault 1 r answer\n"
                     "exit KILL expected\n end deadline",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "Rule \"r\" was delivered at line 8, but the client did nothing afterwards"},
        {.name = "an answer, then a request",
         .tale =
             ASK "request 1 acme:9:7\n fault 1 r answer\n request 2 acme:9:7\n exit KILL expected\n"
                 "end deadline",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "a broken answer, then the client closes",
         .tale = ASK "request 1 acme:9:7\n fault 1 r broken\n close client\n exit KILL expected\n"
                     "end deadline",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "a broken answer, then we close",
         .tale = ASK
         "request 1 acme:9:7\n fault 1 r broken\n close us\n exit KILL expected\n end deadline",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "did nothing afterwards"},
        {.name = "an answer, then an operator is told",
         .tale = ASK
         "request 1 acme:9:7\n fault 1 r answer\n alert u1\n exit KILL expected\n end deadline",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "an answer, then it exits",
         .tale = ASK "request 1 acme:9:7\n fault 1 r answer\n exit 1\n end exit",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "silence, and it still waits at the deadline",
         .tale = ASK "request 1 acme:9:7\n fault 1 r silence\n exit KILL expected\n end deadline",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "silence, and we ended the case",
         .tale = ASK "request 1 acme:9:7\n fault 1 r silence\n exit KILL expected\n end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "did nothing afterwards"},
        {.name = "the first unobserved, the second observed",
         .tale =
             ASK "request 1 acme:9:7\n fault 1 r answer\n request 2 acme:9:7\n fault 2 r answer\n"
                 "exit KILL expected\n end done",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "not yet, in evidence that was cut",
         .tale = ASK "request 1 acme:9:7\n",
         .check = "exercised",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "never delivered",
         .integrity = INTEGRITY_CUT},
        {
            .name = "an answer, then it crashes",
            .tale = ASK "request 1 acme:9:7\n fault 1 r answer\n exit SEGV\n end exit",
            .check = "exercised",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "an answer, then it exits when told to",
            .tale = ASK "request 1 acme:9:7\n fault 1 r answer\n exit 0 expected\n end done",
            .check = "exercised",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "not yet, and it says why that is open",
            .tale = ASK "request 1 acme:9:7\n",
            .check = "exercised",
            .verdict = VERDICT_INCONCLUSIVE,
            .says = "The evidence does not reach to the end.",
            .integrity = INTEGRITY_CUT,
        },
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void refusals(void)
{
    static const char REFUSES[] =
        SCENARIO("'steps':[],'rules':[{'name':'r','kind':'refuse'}],'expect':[]");
#define EDGE(rule, edge, refused)                                                                  \
    "event refuse {'rule':'" rule "','edge':'" edge "','refused':" refused "}\n"
#define BEGIN EDGE("r", "begin", "true")
#define END EDGE("r", "end", "true") "fault 0 r refuse\n"
#define NOT_AWAITED                                                                                \
    "event step {'n':1,'verb':'flush','sends':'flush','step':1,'instance':1,'await':false}\n"      \
    "done 1\n"
    static const struct row ROWS[] = {
        {.name = "a step was done meanwhile",
         .tale = "hello\n" BEGIN "usage u1 acme 7 9\n done\n flush\n say u1 pending\n done\n" END
                 "meter 1 acme:9:7\n end done",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "no step was done meanwhile",
         .tale = "hello\n" BEGIN END "usage u1 acme 7 9\n done\n meter 1 acme:9:7\n end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "did nothing afterwards"},
        {.name = "a step begun before, done meanwhile",
         .tale = "hello\n usage u1 acme 7 9\n" BEGIN "done\n" END "meter 1 acme:9:7\n end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "did nothing afterwards"},
        {.name = "a step begun meanwhile, done after it",
         .tale = "hello\n" BEGIN "usage u1 acme 7 9\n" END "done\n meter 1 acme:9:7\n end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "did nothing afterwards"},
        {.name = "only a step that was not awaited",
         .tale = "hello\n" BEGIN NOT_AWAITED END "end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "did nothing afterwards"},
        {.name = "something was called metered meanwhile",
         .tale = "hello\n" BEGIN "usage u1 acme 7 9\n done\n flush\n say u1 metered\n done\n" END
                 "meter 1 acme:9:7\n end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "did nothing afterwards"},
        {.name = "called metered before, and again meanwhile",
         .tale = "hello\n usage u1 acme 7 9\n done\n meter 1 acme:9:7\n say u1 metered\n" BEGIN
                 "flush\n say u1 metered\n done\n" END "end done",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "called metered after it",
         .tale = "hello\n" BEGIN "usage u1 acme 7 9\n done\n" END
                 "flush\n meter 1 acme:9:7\n say u1 metered\n done\n end done",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "not refused at its beginning",
         .tale = "hello\n" EDGE("r", "begin", "false") "usage u1 acme 7 9\n done\n" END "end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "did nothing afterwards"},
        {.name = "not refused at its end, and so no fault",
         .tale = "hello\n" BEGIN "usage u1 acme 7 9\n done\n" EDGE("r", "end", "false") "end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "never delivered"},
        {.name = "the first window was used, not the second",
         .tale = "hello\n" BEGIN "usage u1 acme 7 9\n done\n" END BEGIN END "end done",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "a step was done between two windows",
         .tale = "hello\n" BEGIN END "usage u1 acme 7 9\n done\n" BEGIN END "end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "did nothing afterwards"},
        {.name = "another rule's window lies within",
         .tale = "hello\n" BEGIN EDGE("q", "begin", "true")
             EDGE("q", "end", "true") "usage u1 acme 7 9\n done\n" END "end done",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, REFUSES);
}

static void positive_control(void)
{
    static const char ACCEPTED[] =
        SCENARIO("'steps':[],'rules':[],'exercised':{'requests':{'accepted':true}},'expect':[]");
    static const char BOTH[] = RULED("'expect':[],'exercised':{'requests':{'accepted':true}}");
    static const char NOTHING[] = SCENARIO("'steps':[],'rules':[],'expect':[]");
    static const char UNKNOWN[] =
        SCENARIO("'steps':[],'rules':[],'expect':[],'exercised':{'wonders':{}}");
    static const char EMPTY[] = SCENARIO("'steps':[],'rules':[],'exercised':{},'expect':[]");
    static const char ANSWERED[] =
        SCENARIO("'steps':[],'rules':[],'exercised':{'answers':{'r1':'done'}},'expect':[]");
    static const char UNSUPPORTED[] =
        SCENARIO("'steps':[],'rules':[],'exercised':{'answers':{'r1':'unsupported'}},'expect':[]");
    static const struct row ROWS[] = {
        {.name = "held",
         .scenario = ACCEPTED,
         .tale = ASK "meter 1 acme:9:7\n end done",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "not held",
         .scenario = ACCEPTED,
         .tale = ASK "request 1 acme:9:7\n end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "requests: 0 request(s) of this kind"},
        {.name = "the rule fired, the rest did not hold",
         .scenario = BOTH,
         .tale = ASK "request 1 acme:9:7\n fault 1 r answer\n done 1\n end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "What shows that the case was exercised did not happen."},
        {.name = "the rule fired, and the rest held",
         .scenario = BOTH,
         .tale = ASK "request 1 acme:9:7\n fault 1 r answer\n meter 2 acme:9:7\n end done",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "there is none",
         .scenario = NOTHING,
         .tale = ASK "meter 1 acme:9:7\n end done",
         .check = "exercised",
         .verdict = VERDICT_HARNESS_ERROR,
         .says = "neither rules nor `exercised`"},
        {.name = "of a verb that nobody judges",
         .scenario = UNKNOWN,
         .tale = ASK "meter 1 acme:9:7\n end done",
         .check = "exercised",
         .verdict = VERDICT_HARNESS_ERROR,
         .says = "This judge has no oracle \"wonders\"."},
        {
            .name = "it is empty",
            .scenario = EMPTY,
            .tale = ASK "meter 1 acme:9:7\n end done",
            .check = "exercised",
            .verdict = VERDICT_HARNESS_ERROR,
            .says = "neither rules nor `exercised`",
        },
        {
            .name = "answered done",
            .scenario = ANSWERED,
            .tale = "hello\n resolve r1\n done\n end done",
            .check = "exercised",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "not answered",
            .scenario = ANSWERED,
            .tale = "hello\n resolve r1\n end done",
            .check = "exercised",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "r1 was not answered done.",
        },
        {
            .name = "another step was answered",
            .scenario = ANSWERED,
            .tale = "hello\n resolve r2\n done\n end done",
            .check = "exercised",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "r1 was not answered done.",
        },
        {
            .name = "answered unsupported",
            .scenario = UNSUPPORTED,
            .tale = "hello\n resolve r1\n answer unsupported 1 -\n end done",
            .check = "exercised",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "not answered unsupported",
            .scenario = UNSUPPORTED,
            .tale = "hello\n resolve r1\n done\n end done",
            .check = "exercised",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "r1 was not answered unsupported.",
        },
        {0},
    };
    rows_judge(ROWS, NULL);
}

#define AVOIDED                                                                                    \
    "'avoided':{'rule':'r','when':{'requests':{'records':{'max':1}}},'because':'one record a "     \
    "call'}"

static void avoided(void)
{
    static const char PLAIN_AVOIDED[] = RULED("'expect':[]," AVOIDED);
    static const char TWO[] =
        SCENARIO("'steps':[],'rules':[{'name':'r'},{'name':'q'}],'expect':[]," AVOIDED);
    static const char SILENT[] = RULED(
        "'expect':[],'avoided':{'rule':'r','when':{'requests':{'count':{'max':0}}},'because':''}");
    static const char WONDERS[] =
        RULED("'expect':[],'avoided':{'rule':'r','when':{'wonders':{}},'because':''}");
    static const struct row ROWS[] = {
        {.name = "it holds",
         .tale = ASK "meter 1 acme:9:7\n end done",
         .check = "exercised",
         .verdict = VERDICT_AVOIDED,
         .says = "The situation of rule \"r\" cannot arise: one record a call."},
        {.name = "it does not hold",
         .tale = ASK "meter 1 acme:9:7 globex:9:0\n end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "never delivered"},
        {.name = "there was no request at all",
         .tale = ASK "end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "never delivered"},
        {.name = "the fault came all the same",
         .tale = ASK "request 1 acme:9:7\n fault 1 r answer\n done 1\n end done",
         .check = "exercised",
         .verdict = VERDICT_PASS},
        {.name = "another rule was not delivered either",
         .scenario = TWO,
         .tale = ASK "meter 1 acme:9:7\n end done",
         .check = "exercised",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "Rule \"q\" was never delivered"},
        {.name = "in evidence that was cut",
         .tale = ASK "meter 1 acme:9:7\n",
         .check = "exercised",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "never delivered",
         .integrity = INTEGRITY_CUT},
        {
            .name = "it holds, but there was no request at all",
            .scenario = SILENT,
            .tale = ASK "end done",
            .check = "exercised",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "never delivered",
        },
        {
            .name = "it is of a verb that nobody judges",
            .scenario = WONDERS,
            .tale = ASK "meter 1 acme:9:7\n end done",
            .check = "exercised",
            .verdict = VERDICT_HARNESS_ERROR,
            .says = "This judge has no oracle \"wonders\".",
        },
        {0},
    };
    rows_judge(ROWS, PLAIN_AVOIDED);
}

static void expectations_of_an_undelivered_rule(void)
{
#define EXPECTING(more, expectation) RULED("'expect':[{'id':'e'," expectation "}]" more)
#define RESUBMITS "'verb':'resubmits','args':{'usages':['u1'],'unchanged':['quantity']}"
    static const char AFTER[] =
        EXPECTING("", "'verb':'requests','args':{'after':'disarm r','count':{'max':0}}");
    static const char AT_WAIT[] =
        EXPECTING("", "'verb':'states','args':{'u1':['metered']},'at':'wait'");
    static const char AGAIN[] = EXPECTING("", RESUBMITS);
    static const char AGAIN_AVOIDED[] = EXPECTING("," AVOIDED, RESUBMITS);
    static const char AFTER_AVOIDED[] =
        EXPECTING("," AVOIDED, "'verb':'requests','args':{'after':'disarm r'}");
    static const char NONE_AFTER_AVOIDED[] =
        EXPECTING("," AVOIDED, "'verb':'requests','args':{'after':'disarm r','count':{'max':0}}");
    static const char STATES[] = EXPECTING("", "'verb':'states','args':{'u1':['rejected']}");
    static const char STATES_AVOIDED[] =
        EXPECTING("," AVOIDED, "'verb':'states','args':{'u1':['rejected']}");
    static const char LEDGER[] = EXPECTING("", "'verb':'ledger','args':{'complete':true}");
#define HELLO "hello\n arm r\n usage u1 acme 7 9\n done\n flush\n"
#define METERED HELLO "meter 1 acme:9:7\n say u1 metered\n done\n disarm r\n end done"
    static const char REGISTRATION[] = EXPECTING("", "'verb':'register','args':{'r1':['denied']}");
    static const char REGISTRATION_AVOIDED[] =
        EXPECTING("," AVOIDED, "'verb':'register','args':{'r1':['denied']}");
#define REGISTERED                                                                                 \
    HELLO "event step {'n':9,'verb':'register','id':'r1','sends':'register','step':9}\n"           \
          "meter 1 acme:9:7\n answer register 9 registered\n end done"
#define FAULTED                                                                                    \
    HELLO "request 1 acme:9:7\n fault 1 r answer\n meter 2 acme:9:7\n say u1 metered\n done\n"     \
          "disarm r\n"
    static const char REQUESTS[] = EXPECTING("", "'verb':'requests','args':{'count':{'max':0}}");
    static const char ALERT[] = EXPECTING("", "'verb':'alert','args':{}");
    static const char EXIT[] = EXPECTING("", "'verb':'exit','args':{'code':1}");
    static const char RESOLVE[] =
        EXPECTING("", "'verb':'resolve','args':{'u1':{'state':['resolved']}}");
    static const char REGISTER[] = EXPECTING("", "'verb':'register','args':{'u1':['denied']}");
    static const struct row ROWS[] = {
        {.name = "it names the rule's disarm",
         .scenario = AFTER,
         .tale = METERED,
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "It is about a rule that was not delivered."},
        {.name = "it names the rule's disarm, delivered and held",
         .scenario = AFTER,
         .tale = FAULTED "end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "it names the rule's disarm, delivered and violated",
         .scenario = AFTER,
         .tale = FAULTED "request 3 acme:9:7\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "expected none"},
        {.name = "it names a wait for the rule",
         .scenario = AT_WAIT,
         .tale = METERED,
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "It is about a rule"},
        {.name = "nothing had to be sent again",
         .scenario = AGAIN,
         .tale = METERED,
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "sent 1 time(s)"},
        {.name = "not sent again, though the fault came",
         .scenario = AGAIN,
         .tale = HELLO
         "request 1 acme:9:7\n fault 1 r answer\n say u1 pending\n done\n disarm r\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "sent 1 time(s)"},
        {.name = "nothing had to be sent again, as it is avoided",
         .scenario = AGAIN_AVOIDED,
         .tale = METERED,
         .check = "e",
         .verdict = VERDICT_AVOIDED,
         .says = "sent 1 time(s)"},
        {.name = "sent again and changed, though it is avoided",
         .scenario = AGAIN_AVOIDED,
         .tale = HELLO
         "request 1 acme:9:7\n request 2 acme:9:8\n say u1 pending\n done\n disarm r\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "another quantity"},
        {.name = "it names the rule's disarm, and it is avoided",
         .scenario = AFTER_AVOIDED,
         .tale = METERED,
         .check = "e",
         .verdict = VERDICT_AVOIDED,
         .says = "It is about a rule"},
        {.name = "it names the rule's disarm, and it is avoided, but what it forbids was done",
         .scenario = NONE_AFTER_AVOIDED,
         .tale = HELLO "meter 1 acme:9:7\n say u1 metered\n done\n disarm r\n meter 2 acme:9:7\n "
                       "end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "expected none"},
        {.name = "the word is another, as the fault never came",
         .scenario = STATES,
         .tale = METERED,
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "calls it metered"},
        {.name = "the word is another, though it is avoided",
         .scenario = STATES_AVOIDED,
         .tale = METERED,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "calls it metered"},
        {.name = "the registration is another, as the fault never came",
         .scenario = REGISTRATION,
         .tale = REGISTERED,
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "r1: the client answered registered"},
        {.name = "the registration is another, as it is avoided",
         .scenario = REGISTRATION_AVOIDED,
         .tale = REGISTERED,
         .check = "e",
         .verdict = VERDICT_AVOIDED,
         .says = "r1: the client answered registered"},
        {.name = "usage is lost even in fair weather",
         .scenario = LEDGER,
         .tale = HELLO "request 1 acme:9:7\n say u1 pending\n done\n disarm r\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "nothing was billed"},
        {
            .name = "it names the rule's disarm, another rule was delivered",
            .scenario = AFTER,
            .tale = HELLO "request 1 acme:9:7\n fault 1 q answer\n meter 2 acme:9:7\n say u1 "
                          "metered\n done\n disarm r\n end done",
            .check = "e",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "It is about a rule",
        },
        {
            .name = "too many requests, as the fault never came",
            .scenario = REQUESTS,
            .tale = METERED,
            .check = "e",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "expected none",
        },
        {
            .name = "nobody was alerted, as the fault never came",
            .scenario = ALERT,
            .tale = METERED,
            .check = "e",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "told 0 time(s)",
        },
        {
            .name = "it did not end, as the fault never came",
            .scenario = EXIT,
            .tale = METERED,
            .check = "e",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "did not end by itself",
        },
        {
            .name = "not resolved, as the fault never came",
            .scenario = RESOLVE,
            .tale = METERED,
            .check = "e",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "never said what came of it",
        },
        {
            .name = "not registered, as the fault never came",
            .scenario = REGISTER,
            .tale = METERED,
            .check = "e",
            .verdict = VERDICT_NOT_EXERCISED,
            .says = "never said what came of it",
        },
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test EXERCISED_TESTS[] = {
    {"each kind of fault", faults},
    {"refused connections", refusals},
    {"the positive control", positive_control},
    {"avoided", avoided},
    {"expectations of a rule that was not delivered", expectations_of_an_undelivered_rule},
    {NULL, NULL}};
