// SPDX-License-Identifier: Apache-2.0
// no-crash, violated, and beside it the legal neighbour that passes: which ends are the client's
// own fault.
#include "tests/unit/oracle/oracle_tests.h"

static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);

static void no_crash(void)
{
    static const char JUDGES_EXIT[] = SCENARIO(
        "'steps':[],'expect':[{'id':'x','verb':'exit','args':{'signal':false}}]," ANY_REQUEST);
    static const char JUDGES_AFTER[] = SCENARIO(
        "'steps':[{'n':1,'verb':'usage','id':'u1'},{'n':2,'verb':'clock','id':'c','args':'+5m'}],"
        "'expect':[{'id':'x','verb':'exit','args':{'signal':false,'after':'c'}}]," ANY_REQUEST);
    static const char JUDGES_BEFORE[] = SCENARIO(
        "'steps':[{'n':1,'verb':'usage','id':'u1'},{'n':2,'verb':'clock','id':'c','args':'+5m'}],"
        "'expect':[{'id':'x','verb':'exit','args':{'signal':false},'at':'c'}]," ANY_REQUEST);
    static const char JUDGES_SOON[] = SCENARIO("'steps':[],'expect':[{'id':'x','verb':'exit','args'"
                                               ":{'signal':false},'within_s':2}]," ANY_REQUEST);
    static const char NO_EXIT[] =
        SCENARIO("'steps':[{'n':1,'verb':'usage','id':'u1'}],'expect':[]," ANY_REQUEST);
    static const char MAY_EXIT[] = SCENARIO("'steps':[{'n':1,'verb':'register','id':'r','args':{'"
                                            "may_exit':true}}],'expect':[]," ANY_REQUEST);
    static const struct row ROWS[] = {
        {.name = "ended when told to",
         .tale = ASK "exit 0 expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "ended when told to, with a code",
         .tale = ASK "exit 1 expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "The client exited with 1 (line 5)."},
        {.name = "killed by us",
         .tale = ASK "exit KILL expected\n end deadline",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "killed, as it would not leave even when told so",
         .tale =
             ASK "event client {'what':'signal','instance':1,'signal':'SIGTERM','why':'leave'}\n"
                 "exit KILL expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "neither with its input nor by SIGTERM, and was killed"},
        {.name = "left when it was told so",
         .tale =
             ASK "event client {'what':'signal','instance':1,'signal':'SIGTERM','why':'leave'}\n"
                 "exit 143 expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "killed, as it would not leave",
         .tale = ASK "exit KILL expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "neither with its input nor by SIGTERM, and was killed (line 5)."},
        {.name = "left on SIGTERM",
         .tale = ASK "exit TERM expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "told to end, but ended by a signal that we never send",
         .tale = ASK "exit PIPE expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "The client crashed: ended by a signal (line 5)."},
        {.name = "lost: nobody knows how it ended",
         .tale = ASK "event exit {'instance':1,'text':'lost','expected':true}\n end done",
         .check = "no-crash",
         .verdict = VERDICT_HARNESS_ERROR,
         .says = "How the client ended is not known (line 5): lost."},
        {.name = "left on SIGINT of a restart",
         .tale = "start\n" ASK "event client {'what':'signal','instance':1,'signal':'SIGINT'}\n"
                 "exit INT expected\n start\n end done",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "left on SIGHUP of a restart",
         .tale = "start\n" ASK "event client {'what':'signal','instance':1,'signal':'SIGHUP'}\n"
                 "exit 1 expected\n start\n end done",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "killed by a restart, and left afterwards",
         .tale = "start\n" ASK "restart\n exit 0 expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "ended with a code on our SIGTERM",
         .tale = "start\n" ASK "event client {'what':'signal','instance':1,'signal':'TERM'}\n"
                 "exit 143 expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "crashed on our SIGTERM",
         .tale = "start\n" ASK "event client {'what':'signal','instance':1,'signal':'TERM'}\n"
                 "exit SIGSEGV expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "ended by a signal"},
        {.name = "with a code, in a later life than the signal",
         .tale = "start\n" ASK "restart\n exit 1 expected\n end done",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "exited with 1"},
        {.name = "crashed",
         .tale = ASK "exit SEGV\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "The client crashed: ended by a signal (line 5)."},
        {.name = "ended with a code",
         .tale = ASK "exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "exited with 1"},
        {.name = "ended too early, with 0",
         .tale = ASK "exit 0\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "The client ended by itself before the case did (line 5)."},
        {.name = "ended with a code, which the case judges",
         .scenario = JUDGES_EXIT,
         .tale = ASK "exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "crashed, though the case judges the exit",
         .scenario = JUDGES_EXIT,
         .tale = ASK "exit ABRT\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "ended by a signal"},
        {.name = "ended where the step allows it",
         .scenario = MAY_EXIT,
         .tale = "hello\n register r\n exit 1\n end done",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "ended after the step refused it, as it allows",
         .scenario = MAY_EXIT,
         .tale = "hello\n register r\n answer register 1 denied\n done\n exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "ended before the step that allows it",
         .scenario = MAY_EXIT,
         .tale = "hello\n exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "exited with 1"},
        {.name = "ended though it was registered",
         .scenario = MAY_EXIT,
         .tale = "hello\n register r\n answer register 1 registered\n done\n exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "exited with 1"},
        {.name = "ended, and was asked when it ran again",
         .scenario = MAY_EXIT,
         .tale = "start\n hello\n exit 1\n start\n register r\n end done",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "exited with 1"},
        {.name = "ended where nobody can tell at which step, and none allows it",
         .scenario = NO_EXIT,
         .tale = "exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "exited with 1",
         .wire_only = true},
        {.name = "the moment to which the case looks never came",
         .scenario = JUDGES_BEFORE,
         .tale = ASK "exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "exited with 1"},
        {.name = "another process ended",
         .scenario = MAY_EXIT,
         .tale = "hello\n register r\n event exit {'instance':2,'code':1}\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "exited with 1"},
        {.name = "ended where nobody can tell at which step",
         .scenario = MAY_EXIT,
         .tale = "exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_PASS,
         .wire_only = true},
        {.name = "ended after the step from which the case judges it",
         .scenario = JUDGES_AFTER,
         .tale = ASK "clock 10\n exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "ended before the step from which the case judges it",
         .scenario = JUDGES_AFTER,
         .tale = ASK "exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "exited with 1"},
        {.name = "ended later than the case looks",
         .scenario = JUDGES_SOON,
         .tale = ASK "at 2010\n exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "exited with 1"},
        {.name = "ended while the case looks",
         .scenario = JUDGES_SOON,
         .tale = ASK "at 1990\n exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "ended before the moment to which the case looks",
         .scenario = JUDGES_BEFORE,
         .tale = ASK "exit 1\n start\n clock 10\n end done",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "ended after the moment to which the case looks",
         .scenario = JUDGES_BEFORE,
         .tale = ASK "clock 10\n exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "exited with 1"},
        {
            .name = "crashed on our SIGTERM, by number",
            .tale = "start\n" ASK "event client {'what':'signal','instance':1,'signal':15}\n event "
                    "exit {'instance':1,'signal':11,'expected':true}\n end done",
            .check = "no-crash",
            .verdict = VERDICT_FAIL,
            .says = "ended by a signal",
        },
        {
            .name = "ended by our SIGTERM, by number",
            .tale = "start\n" ASK "event client {'what':'signal','instance':1,'signal':15}\n event "
                    "exit {'instance':1,'signal':15,'expected':true}\n end done",
            .check = "no-crash",
            .verdict = VERDICT_PASS,
        },
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

// A program that runs already is no child of ours: nobody sees how it ends, only that it does not
// take what it is sent.
static void reached(void)
{
    static const struct row ROWS[] = {
        {.name = "a program that is not there",
         .tale = ASK "event exit {'instance':1,'unreachable':true,'text':'took no line',"
                     "'expected':false}\n end done",
         .check = "no-crash",
         .verdict = VERDICT_FAIL,
         .says = "The program took no line (line 5)."},
        {.name = "a program that is not there, as was to be expected",
         .tale = ASK "event exit {'instance':1,'unreachable':true,'text':'took no line',"
                     "'expected':true}\n end done",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {.name = "a program that runs on",
         .tale = ASK "event exit {'instance':1,'runs_on':true,'text':'runs on','expected':true}\n"
                     "end done",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

const struct unit_test CRASH_TESTS[] = {{"no-crash", no_crash}, {"reached", reached}, {NULL, NULL}};
