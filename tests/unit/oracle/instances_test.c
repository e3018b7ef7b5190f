// SPDX-License-Identifier: Apache-2.0
// Two processes of the client: what one does, or has done to it, is not the other's.
#include "tests/unit/oracle/oracle_tests.h"

static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);

#define START_2 "event client {'what':'start','instance':2}\n"
#define HELLO_2 "event answer {'mp':'hello','instance':2}\n"
// u2 (5 for acme at 10:00) is asked of the second instance, as its line 9.
#define ASK_2                                                                                      \
    "event step {'n':7,'verb':'usage','id':'u2','sends':'usage','step':9,'instance':2,'usage':"    \
    "{'id':'u2','product':'widget','customer':'acme','dimension':'requests','quantity':5,"         \
    "'at':'2026-11-18T10:00:00Z'}}\n"
#define DONE_2(step) "event answer {'mp':'done','instance':2,'step':" step "}\n"
#define KILLED_2                                                                                   \
    "event client {'what':'signal','instance':2,'signal':'KILL'}\n"                                \
    "event exit {'instance':2,'signal':'KILL','expected':true}\n"

static void speak_for_themselves(void)
{
    static const struct row ROWS[] = {
        {.name = "both say hello",
         .tale = "start\n hello\n" START_2 HELLO_2 "end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "both say hello, after both were started",
         .tale = "start\n" START_2 "hello\n" HELLO_2 "end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "a word before hello",
         .tale = "start\n usage u1 acme 7 9\n say u1 pending\n hello\n done 1\n end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "the second says hello twice",
         .tale = "start\n hello\n" START_2 HELLO_2 HELLO_2 "end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "said hello again"},
        {.name = "only the other was sent that step",
         .tale = "start\n" START_2 ASK DONE_2("1") "end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "done to step 1 at line 7, which it was not sent"},
        {.name = "what is owed by one is not answered by the other",
         .tale = "start\n" START_2 "hello\n usage u1 acme 7 9\n" DONE_2("1") "end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "Step 1 (usage, line 5) was never answered done."},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void end_for_themselves(void)
{
    static const struct row ROWS[] = {
        {.name = "a code, though only the other was signalled",
         .tale = "start\n" START_2 ASK "event client {'what':'signal','instance':2,'signal':"
                 "'TERM'}\n exit 143 expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "exited with 143"},
        {.name = "a code, when it was signalled before the other was started",
         .tale =
             "start\n" ASK "event client {'what':'signal','instance':1,'signal':'TERM'}\n" START_2
             "exit 143 expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "a broken line, though only the other was killed",
         .tale = "start\n" START_2 ASK KILLED_2
                 "event client {'what':'half-line','instance':1,'text':'{x'}\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "has no end"},
        {.name = "a broken line of the one that was killed",
         .tale = "start\n" START_2 ASK KILLED_2
                 "event client {'what':'half-line','instance':2,'text':'{x'}\n end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "a broken line after it left by itself, without a signal",
         .tale = "start\n" ASK "exit 0 expected\n"
                 "event client {'what':'half-line','instance':1,'text':'{x'}\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "has no end"},
        {.name = "a broken line of one that ended with a code when signalled",
         .tale = "start\n" ASK "event client {'what':'signal','instance':1,'signal':'TERM'}\n"
                 "exit 143 expected\n"
                 "event client {'what':'half-line','instance':1,'text':'{x'}\n end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "a broken line of one that crashed",
         .tale = "start\n" ASK "exit SEGV\n"
                 "event client {'what':'half-line','instance':1,'text':'{x'}\n end exit",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "has no end"},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

// What a restart makes void is what its own process was told.
static void restart_for_themselves(void)
{
    static const struct row ROWS[] = {
        {.name = "the other was killed and started again",
         .tale = "start\n" START_2 "hello\n usage u1 acme 7 9\n" KILLED_2 START_2 "end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "was never answered done"},
        {.name = "it was killed and started again",
         .tale = "start\n" START_2 "hello\n" ASK_2 KILLED_2 START_2 "end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "it was killed, and the other started",
         .tale = "start\n" START_2 "hello\n" ASK_2 KILLED_2 "start\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "Step 9 (usage, line 5) was never answered done."},
        {.name = "it ended by itself, and was started again",
         .tale = "start\n hello\n usage u1 acme 7 9\n exit 1\n start\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "was never answered done"},
        {.name = "it answered only after the restart",
         .tale = "start\n hello\n usage u1 acme 7 9\n restart\n done 1\n flush\n done\n end done",
         .check = "money",
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

const struct unit_test INSTANCES_TESTS[] = {
    {"speak for themselves", speak_for_themselves},
    {"end for themselves", end_for_themselves},
    {"restart for themselves", restart_for_themselves},
    {NULL, NULL},
};
