// SPDX-License-Identifier: Apache-2.0
// The invariant of registrations, and the nonces of launches: each violated, and beside it the
// legal neighbour.
#include "tests/unit/oracle/oracle_tests.h"

#define OPEN "event open {'profile':'container-hourly'}\n"
#define OPEN_AMI "event open {'profile':'ami'}\n start\n hello\n"
#define BORN OPEN "start\n hello\n"
#define ASK_R(step)                                                                                \
    "event step {'n':" step ",'verb':'register','id':'r" step "','sends':'register','step':" step  \
    ",'instance':1}\n"
#define ASKED BORN ASK_R("1")
#define CALL(x) "event request {'x':" x ",'operation':'RegisterUsage'}\n"
#define CALL_WITH(x, nonce)                                                                        \
    "event request {'x':" x ",'operation':'RegisterUsage','nonce':'" nonce "'}\n"
#define COMMIT(x) "event commit {'x':" x ",'operation':'RegisterUsage','customer':'acme'}\n"
#define REPLY(x, status, error, origin, whole)                                                     \
    "event response {'x':" x ",'status':" status ",'error':'" error "','origin':'" origin          \
    "','whole':" whole "}\n"
#define GOOD(x) CALL(x) COMMIT(x) REPLY(x, "200", "", "service", "true")
#define SAY(step, state) "answer register " step " " state "\n"
#define DONE_R "done 1\n exit 0 expected\n end done"
#define AGAIN "exit 0 expected\n start\n hello\n"

#define TELLS "The client said registered at line "
#define DENIES "The client said denied at line "

static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);

static void registered(void)
{
    static const struct row ROWS[] = {
        {.name = "after a success",
         .tale = ASKED GOOD("1") SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "without a call",
         .tale = ASKED SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = TELLS "6, and since its launch no whole reply"},
        {.name = "before its reply",
         .tale = ASKED CALL("1") SAY("1", "registered") COMMIT("1")
             REPLY("1", "200", "", "service", "true") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = TELLS "7"},
        {.name = "after the commit, before the reply",
         .tale = ASKED CALL("1") COMMIT("1") SAY("1", "registered")
             REPLY("1", "200", "", "service", "true") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = TELLS "8"},
        {.name = "after half a reply",
         .tale = ASKED CALL("1") COMMIT("1") REPLY("1", "200", "", "service", "false")
             SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = TELLS "9"},
        {.name = "after no reply at all",
         .tale = ASKED CALL("1") COMMIT("1") SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = TELLS "8"},
        {.name = "after a refusal",
         .tale = ASKED CALL("1") REPLY("1", "400", "CustomerNotEntitledException", "service",
                                       "true") SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = TELLS "8"},
        {.name = "after a 200 of a rule",
         .tale = ASKED CALL("1") COMMIT("1") REPLY("1", "200", "", "rule", "true")
             SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = TELLS "9"},
        {.name = "after a 200 that nothing was executed for",
         .tale =
             ASKED CALL("1") REPLY("1", "200", "", "service", "true") SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = TELLS "8"},
        {.name = "after another operation's success",
         .tale = ASKED "meter 1 acme:9:7\n" SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = TELLS},
        {.name = "by what an earlier launch was told",
         .tale = ASKED GOOD("1") SAY("1", "registered") "done 1\n" AGAIN ASK_R("2")
             SAY("2", "registered") "done 2\n end done",
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "since its launch no whole reply"},
        {.name = "at each of two launches",
         .tale = ASKED GOOD("1") SAY("1", "registered") "done 1\n" AGAIN ASK_R("2") GOOD("2")
             SAY("2", "registered") "done 2\n end done",
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "asked twice in one launch, called once",
         .tale = ASKED GOOD("1") SAY("1", "registered") "done 1\n" ASK_R("2")
             SAY("2", "registered") "done 2\n end done",
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "by an instance that was started before the call",
         .tale = BORN "event client {'what':'start','instance':2}\n" ASK_R("1") GOOD("1")
             SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "by a program that ran before",
         .tale = OPEN "hello\n" ASK_R("1") GOOD("1") SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "by what was told before another process was started",
         .tale = ASKED GOOD("1") "event client {'what':'start','instance':2}\n" SAY(
             "1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "in evidence that was cut",
         .tale = ASKED SAY("1", "registered"),
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = TELLS,
         .integrity = INTEGRITY_CUT},
        {.name = "where one registers by MeterUsage",
         .tale = OPEN_AMI ASK_R("1") SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void denied(void)
{
    static const struct row ROWS[] = {
        {.name = "after a refusal",
         .tale = ASKED CALL("1") REPLY("1", "400", "CustomerNotEntitledException", "service",
                                       "true") SAY("1", "denied") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "after a success, whose token need not hold",
         .tale = ASKED GOOD("1") SAY("1", "denied") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "after a lost reply",
         .tale = ASKED CALL("1") SAY("1", "denied") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "after half of a throttling",
         .tale = ASKED CALL("1") REPLY("1", "400", "ThrottlingException", "rule", "false")
             SAY("1", "denied") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "without a call",
         .tale = ASKED SAY("1", "denied") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = DENIES "6, and since its launch nothing had refused it."},
        {.name = "before the call",
         .tale = ASKED SAY("1", "denied") GOOD("1") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = DENIES "6"},
        {.name = "after nothing but throttling",
         .tale = ASKED CALL("1") REPLY("1", "400", "ThrottlingException", "service", "true")
             SAY("1", "denied") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = DENIES "8"},
        {.name = "after throttling and a refusal",
         .tale = ASKED CALL("1") REPLY("1", "400", "ThrottlingException", "service", "true")
             CALL("2") REPLY("2", "400", "InvalidRegionException", "service", "true")
                 SAY("1", "denied") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "by what an earlier launch was told",
         .tale = ASKED CALL("1") REPLY("1", "400", "CustomerNotEntitledException", "service",
                                       "true") SAY("1", "denied") "done 1\n" AGAIN ASK_R("2")
             SAY("2", "denied") "done 2\n end done",
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = DENIES},
        {.name = "in evidence that was cut",
         .tale = ASKED SAY("1", "denied"),
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = DENIES,
         .integrity = INTEGRITY_CUT},
        {.name = "while nobody listens",
         .tale = ASKED
         "event refuse {'rule':'r','edge':'begin','refused':true}\n" SAY("1", "denied") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "before nobody listened",
         .tale = ASKED SAY("1", "denied") "event refuse {'rule':'r','edge':'begin'}\n" DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = DENIES},
        {.name = "when nobody listened, a launch ago",
         .tale = ASKED "event refuse {'rule':'r','edge':'end'}\n" SAY(
             "1", "failed") "done 1\n" AGAIN ASK_R("2") SAY("2", "denied") "done 2\n end done",
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = DENIES},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void finality(void)
{
    static const struct row ROWS[] = {
        {.name = "failed, and then registered",
         .tale = ASKED SAY("1", "failed") "done 1\n" GOOD("1") SAY("1", "registered") "end done",
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "failed without a call",
         .tale = ASKED SAY("1", "failed") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "registered twice",
         .tale = ASKED GOOD("1") SAY("1", "registered") SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "registered, and then failed",
         .tale = ASKED GOOD("1") SAY("1", "registered") SAY("1", "failed") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "The client said registered at line 9, which is final, and failed at line 10."},
        {.name = "registered, and then denied",
         .tale = ASKED GOOD("1") SAY("1", "registered") SAY("1", "denied") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "registered at line 9, which is final, and denied at line 10"},
        {.name = "denied, and then registered",
         .tale = ASKED GOOD("1") SAY("1", "denied") SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "denied at line 9, which is final, and registered at line 10"},
        {.name = "of all words the first final one stands",
         .tale = ASKED GOOD("1") SAY("1", "registered") SAY("1", "denied") SAY("1", "failed")
             SAY("1", "failed") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "registered at line 9, which is final, and failed at line 11. The client said "
                 "registered at line 9, which is final, and failed at line 12."},
        {.name = "registered, and then failed, in evidence that was cut",
         .tale = ASKED GOOD("1") SAY("1", "registered") SAY("1", "failed"),
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "which is final",
         .integrity = INTEGRITY_CUT},
        {.name = "a final word of something else",
         .tale = ASKED GOOD("1") "answer resolve 1 denied\n" SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "denied, and then registered, by reports of use",
         .tale = OPEN_AMI ASK_R("1") SAY("1", "denied") SAY("1", "registered") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "which is final, and registered"},
        {.name = "registered, and failed, by reports of use",
         .tale = OPEN_AMI ASK_R("1") SAY("1", "registered") SAY("1", "failed") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "which is final, and failed"},
        {.name = "ceases to serve when reports of use have failed",
         .tale = OPEN_AMI ASK_R("1") SAY("1", "registered") SAY("1", "denied") DONE_R,
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "before it was asked",
         .tale = BORN GOOD("1") SAY("1", "registered") ASK_R("1") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "which it was not asked"},
        {.name = "of another step than was asked",
         .tale = ASKED SAY("2", "failed") DONE_R,
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "The client answered registration 2"},
        {.name = "of another step than was asked, in evidence that was cut",
         .tale = ASKED SAY("2", "registered"),
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "The client answered registration 2 at line 6, which it was not asked.",
         .integrity = INTEGRITY_CUT},
        {.name = "of another step",
         .tale = ASKED GOOD("1") SAY("1", "registered") "done 1\n" ASK_R("2")
             SAY("2", "denied") "done 2\n end done",
         .check = "registration",
         .verdict = VERDICT_PASS},
        {.name = "of a step that was none of this",
         .tale = BORN SAY("1", "failed") "end done",
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "The client answered registration 1 at line 5, which it was not asked."},
        {.name = "of a step that asked for something else",
         .tale = BORN "resolve r1\n" SAY("1", "failed") "end done",
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "which it was not asked"},
        {.name = "of a step of another process",
         .tale = BORN "event client {'what':'start','instance':2}\n" ASK_R(
             "1") "event answer {'mp':'register','instance':2,'step':1,'state':'failed'}\n end "
                  "done",
         .check = "registration",
         .verdict = VERDICT_FAIL,
         .says = "which it was not asked"},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

// The end of a process in place of an answer.
static void endings(void)
{
#define ALLOWS "'args':{'may_exit':true}"
#define STEPS(more)                                                                                \
    SCENARIO("'steps':[{'n':1,'verb':'register','id':'r1'" more "}],'expect':[]," ANY_REQUEST)
#define ENDED "event exit {'instance':1,'code':1,'expected':false}\n"
    static const struct row ROWS[] = {
        {.name = "where the case allows it",
         .scenario = STEPS("," ALLOWS),
         .tale = ASKED ENDED "end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "where it does not",
         .scenario = STEPS(""),
         .tale = ASKED ENDED "end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "Step 1 (register, line 5) was never answered done."},
        {.name = "only when it was told to",
         .scenario = STEPS("," ALLOWS),
         .tale = ASKED "exit 0 expected\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "was never answered done"},
        {.name = "before it was asked",
         .scenario = STEPS("," ALLOWS),
         .tale = BORN ENDED "start\n hello\n" ASK_R("1") "end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "was never answered done"},
        {.name = "of another process",
         .scenario = STEPS("," ALLOWS),
         .tale = ASKED "event exit {'instance':2,'code':1,'expected':false}\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "was never answered done"},
        {0},
    };
    rows_judge(ROWS, NULL);
}

static void nonces(void)
{
    static const char FRESH[] =
        SCENARIO("'steps':[],'expect':[{'id':'e','verb':'nonces','args':{}}]," ANY_REQUEST);
    static const struct row ROWS[] = {
        {.name = "two launches, two nonces",
         .tale = ASKED CALL_WITH("1", "a") AGAIN CALL_WITH("2", "b") "end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "the same nonce within one launch",
         .tale = ASKED CALL_WITH("1", "a") CALL_WITH("2", "a") AGAIN CALL_WITH("3", "b") "end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "the same nonce in two launches",
         .tale = ASKED CALL_WITH("1", "a") AGAIN CALL_WITH("2", "a") "end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "The call at line 10 bears the nonce that an earlier launch used at line 6."},
        {.name = "the same nonce two launches later",
         .tale = ASKED CALL_WITH("1", "a") AGAIN CALL_WITH("2", "b")
             AGAIN CALL_WITH("3", "a") "end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "bears the nonce"},
        {.name = "no nonce",
         .tale = ASKED CALL_WITH("1", "a") AGAIN CALL("2") "end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "The call at line 10 bears no nonce."},
        {.name = "no nonce, in evidence that was cut",
         .tale = ASKED CALL("1"),
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "bears no nonce",
         .integrity = INTEGRITY_CUT},
        {.name = "the same nonce, in evidence that was cut",
         .tale = ASKED CALL_WITH("1", "a") AGAIN CALL_WITH("2", "a"),
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "bears the nonce",
         .integrity = INTEGRITY_CUT},
        {.name = "other operations have none",
         .tale =
             ASKED CALL_WITH("1", "a") AGAIN CALL_WITH("2", "b") "request 3 acme:9:7\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "one launch",
         .tale = ASKED CALL_WITH("1", "a") CALL_WITH("2", "b") "end done",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The client registered in 1 launch(es), and nonces of two are compared."},
        {.name = "a second launch that never registered",
         .tale = ASKED CALL_WITH("1", "a") AGAIN "request 2 acme:9:7\n end done",
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "in 1 launch(es)"},
        {0},
    };
    rows_judge(ROWS, FRESH);
}

const struct unit_test REGISTRATION_TESTS[] = {{"registered", registered}, {"denied", denied},
                                               {"final words", finality},  {"endings", endings},
                                               {"nonces", nonces},         {NULL, NULL}};
