// SPDX-License-Identifier: Apache-2.0
// Each invariant but money, violated, and beside it the legal neighbour that passes.
#include "tests/unit/oracle/oracle_tests.h"

static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);

static void well_formed(void)
{
#define PROBLEM(x)                                                                                 \
    "event request {'x':" x                                                                        \
    ",'operation':'BatchMeterUsage','problem':{'error':'ValidationException',"                     \
    "'where':'UsageRecords[0].Quantity','text':'it is negative.'}}\n"
    static const struct row ROWS[] = {
        {.name = "well formed",
         .tale = ASK "request 1 acme:9:7\n end done",
         .check = "well-formed",
         .verdict = VERDICT_PASS},
        {.name = "not",
         .tale = ASK PROBLEM("1") "end done",
         .check = "well-formed",
         .verdict = VERDICT_FAIL,
         .says =
             "The request at line 5 is not well formed: UsageRecords[0].Quantity: it is negative."},
        {.name = "what others were asked",
         .tale = ASK "event request {'x':1,'to':'imds','operation':'','problem':{'error':'',"
                     "'where':'HTTP','text':'no HTTP.'}}\n request 2 acme:9:7\n end done",
         .check = "well-formed",
         .verdict = VERDICT_PASS},
        {.name = "in evidence that was cut",
         .tale = ASK PROBLEM("1"),
         .check = "well-formed",
         .verdict = VERDICT_FAIL,
         .says = "it is negative",
         .integrity = INTEGRITY_CUT},
        {.name = "because we cut it off",
         .tale =
             ASK "event fault {'x':1,'rule':'r','kind':'broken','at':'before-request'}\n" PROBLEM(
                 "1") "end done",
         .check = "well-formed",
         .verdict = VERDICT_PASS},
        {.name = "because we cut off another",
         .tale =
             ASK "event fault {'x':2,'rule':'r','kind':'broken','at':'before-request'}\n" PROBLEM(
                 "1") "end done",
         .check = "well-formed",
         .verdict = VERDICT_FAIL,
         .says = "not well formed"},
        {.name = "waived by the case",
         .scenario = SCENARIO(
             "'steps':[],'expect':[],'waive':{'well-formed':'the case is about it'}," ANY_REQUEST),
         .tale = ASK PROBLEM("1") "end done",
         .check = "well-formed",
         .verdict = VERDICT_PASS,
         .says = "Waived by the case: the case is about it"},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void signature(void)
{
#define SIGNED(valid, scope, token)                                                                \
    "event request {'x':1,'operation':'BatchMeterUsage','signature':{'valid':" valid               \
    ",'scope':" scope ",'token':" token ",'fresh':false,'text':'because'}}\n"
    static const struct row ROWS[] = {
        {.name = "valid, whatever its age",
         .tale = ASK SIGNED("true", "true", "true") "end done",
         .check = "signature",
         .verdict = VERDICT_PASS},
        {.name = "not valid",
         .tale = ASK SIGNED("false", "true", "true") "end done",
         .check = "signature",
         .verdict = VERDICT_FAIL,
         .says = "line 5: the signature does not match the request (because)."},
        {.name = "wrong scope",
         .tale = ASK SIGNED("true", "false", "true") "end done",
         .check = "signature",
         .verdict = VERDICT_FAIL,
         .says = "the credential scope is not"},
        {.name = "wrong token",
         .tale = ASK SIGNED("true", "true", "false") "end done",
         .check = "signature",
         .verdict = VERDICT_FAIL,
         .says = "the session token is not"},
        {.name = "not signed",
         .tale = ASK "event request {'x':1,'operation':'BatchMeterUsage'}\n end done",
         .check = "signature",
         .verdict = VERDICT_FAIL,
         .says = "is not signed"},
        {.name = "no request of the service",
         .tale = ASK "event request {'x':1,'operation':''}\n end done",
         .check = "signature",
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void final_words(void)
{
    static const struct row ROWS[] = {
        {.name = "pending, then metered",
         .tale = ASK "say u1 pending\n say u1 metered\n end done",
         .check = "final-words",
         .verdict = VERDICT_PASS},
        {.name = "metered twice",
         .tale = ASK "say u1 metered\n say u1 metered\n end done",
         .check = "final-words",
         .verdict = VERDICT_PASS},
        {.name = "metered, then pending",
         .tale = ASK "say u1 metered\n say u1 pending\n end done",
         .check = "final-words",
         .verdict = VERDICT_FAIL,
         .says = "u1 was called metered at line 5, which is final, and pending at line 6."},
        {.name = "rejected, then metered",
         .tale = ASK "say u1 rejected\n say u1 metered\n end done",
         .check = "final-words",
         .verdict = VERDICT_FAIL,
         .says = "u1 was called rejected at line 5"},
        {.name = "two usages, two words",
         .tale = ASK_TWO "say u1 metered\n say u2 rejected\n end done",
         .check = "final-words",
         .verdict = VERDICT_PASS},
        {.name = "changed after a restart",
         .tale = "start\n" ASK "say u1 metered\n restart\n say u1 unknown\n end done",
         .check = "final-words",
         .verdict = VERDICT_FAIL,
         .says = "and unknown at line"},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void contract(void)
{
    static const struct row ROWS[] = {
        {.name = "all is said and answered",
         .tale = ASK "flush\n say u1 pending\n" FINISH,
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "a malformed line",
         .tale = ASK
         "event client {'what':'malformed','instance':1,'text':'{x','expected':'an object.'}\n"
         "end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "The client said {x, expected: an object."},
        {.name = "a line without its end",
         .tale = "start\n" ASK "event client {'what':'half-line','instance':1,'text':'{'}\n"
                 "exit 0 expected\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "The client's last line has no end: {"},
        {.name = "a line without its end, as we killed it",
         .tale = "start\n" ASK "event client {'what':'half-line','instance':1,'text':'{'}\n"
                 "exit KILL expected\n end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "a line without its end, found after the kill",
         .tale = "start\n" ASK "exit KILL expected\n"
                 "event client {'what':'half-line','instance':1,'text':'{'}\n end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "a line without its end, in a later life than the kill",
         .tale =
             "start\n" ASK "restart\n event client {'what':'half-line','instance':1,'text':'{'}\n"
             "exit 0 expected\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "has no end"},
        {.name = "a line without its end, of another instance",
         .tale = "start\n" ASK "event client {'what':'half-line','instance':2,'text':'{'}\n"
                 "exit KILL expected\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "has no end"},
        {.name = "a flood",
         .tale = ASK "event client {'what':'flood','bytes':70000000}\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "passed the limit, 70000000 bytes"},
        {.name = "hello again after a restart",
         .tale = "start\n" ASK "restart\n end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "unsupported, before the first usage",
         .tale = "hello\n resolve r1\n answer unsupported 1 -\n done\n usage u1 acme 7 9\n done\n "
                 "end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "unsupported, after the first usage",
         .tale = ASK "resolve r1\n answer unsupported 2 -\n done\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "The client said unsupported at line 6, after the first usage (line 3)."},
        {.name = "ended as unsupported after the first usage",
         .tale = ASK "exit 89 expected\n end unsupported",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "The case ended as unsupported, after the first usage"},
        {.name = "a usage that was never asked",
         .tale = ASK "say u9 pending\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "The client spoke of usage \"u9\" at line 5, which it was not asked."},
        {.name = "a usage that was asked only later",
         .tale = "hello\n say u1 pending\n usage u1 acme 7 9\n done\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "which it was not asked"},
        {.name = "done, twice",
         .tale = ASK "flush\n done 2\n done 2\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "The client answered done to step 2 twice (line 7)."},
        {.name = "done to what was never sent",
         .tale = ASK "done 78\n flush\n done 2\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "answered done to step 78 at line 5, which it was not sent."},
        {.name = "done to what is sent only later",
         .tale = ASK "done 2\n flush\n done 2\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "done to step 2 at line 5, which it was not sent."},
        {.name = "done to what a restart made void",
         .tale = "start\n" ASK "flush\n restart\n done 2\n end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "hello, twice",
         .tale = "start\n" ASK "hello\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "The client said hello again (line 6)."},
        {.name = "hello, once in each life",
         .tale = "start\n" ASK "restart\n exit 0 expected\n end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "a state that is none",
         .tale = ASK "say u1 fine\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "The client called u1 \"fine\"; the states are"},
        {.name = "a step that was never answered",
         .tale = ASK "flush\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "Step 2 (flush, line 5) was never answered done."},
        {.name = "a step that was never answered, at the deadline",
         .tale = ASK "flush\n end deadline",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "a step that a restart made void",
         .tale = "start\n" ASK "flush\n restart\n end done",
         .check = "contract",
         .verdict = VERDICT_PASS},
        {.name = "answered only by the life after",
         .tale = "start\n" ASK "flush\n restart\n done 2\n flush\n end done",
         .check = "contract",
         .verdict = VERDICT_FAIL,
         .says = "Step 3 (flush"},
        {
            .name = "a step that was never answered, an earlier one was",
            .tale = ASK "flush\n done 1\n end done",
            .check = "contract",
            .verdict = VERDICT_FAIL,
            .says = "Step 2 (flush",
        },
        {
            .name = "unsupported, in evidence that was cut",
            .tale = "hello\n event end {'why':'unsupported','lost':1}",
            .check = "contract",
            .verdict = VERDICT_INCONCLUSIVE,
            .says = "does not reach to the end",
        },
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void no_hang(void)
{
    static const struct row ROWS[] = {
        {.name = "in time",
         .tale = ASK "flush\n say u1 pending\n" FINISH,
         .check = "no-hang",
         .verdict = VERDICT_PASS},
        {.name = "not answered at the deadline",
         .tale = ASK "flush\n end deadline",
         .check = "no-hang",
         .verdict = VERDICT_FAIL,
         .says = "The deadline came while step 2 (flush, line 5) was not answered done."},
        {.name = "the usage itself",
         .tale = "hello\n usage u1 acme 7 9\n end deadline",
         .check = "no-hang",
         .verdict = VERDICT_FAIL,
         .says = "while step 1 (usage u1, line 3)"},
        {.name = "never said hello",
         .tale = "start\n end deadline",
         .check = "no-hang",
         .verdict = VERDICT_FAIL,
         .says = "before the client had said hello"},
        {.name = "nothing was open",
         .tale = ASK "flush\n done\n end deadline",
         .check = "no-hang",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "while nothing was asked of the client"},
        {.name = "a restart made it void",
         .tale = "start\n" ASK "flush\n restart\n flush\n done\n end deadline",
         .check = "no-hang",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "while nothing was asked"},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void no_crash(void)
{
    static const char JUDGES_EXIT[] = SCENARIO(
        "'steps':[],'expect':[{'id':'x','verb':'exit','args':{'signal':false}}]," ANY_REQUEST);
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
         .tale = ASK "exit 1\n end exit",
         .check = "no-crash",
         .verdict = VERDICT_PASS},
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

static void leaks(void)
{
    static const struct row ROWS[] = {
        {.name = "none", .tale = ASK "end done", .check = "no-secret", .verdict = VERDICT_PASS},
        {.name = "a secret",
         .tale = ASK "event leak {'what':'secret','name':'k1','where':'stderr'}\n end done",
         .check = "no-secret",
         .verdict = VERDICT_FAIL,
         .says = "A secret stands in the client's output: k1 in stderr (line 5)."},
        {.name = "an endpoint is no secret",
         .tale = ASK "event leak {'what':'endpoint','name':'h'}\n end done",
         .check = "no-secret",
         .verdict = VERDICT_PASS},
        {.name = "a real endpoint",
         .tale = ASK "event leak {'what':'endpoint','name':'h'}\n end done",
         .check = "no-bypass",
         .verdict = VERDICT_FAIL,
         .says = "The client bypassed the endpoint it was given: h (line 5)."},
        {.name = "a secret is no endpoint",
         .tale = ASK "event leak {'what':'secret','name':'k1','where':'stderr'}\n end done",
         .check = "no-bypass",
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

const struct unit_test MANNERS_TESTS[] = {{"well-formed", well_formed},
                                          {"signature", signature},
                                          {"final-words", final_words},
                                          {"contract", contract},
                                          {"no-hang", no_hang},
                                          {"no-crash", no_crash},
                                          {"reached", reached},
                                          {"no-secret and no-bypass", leaks},
                                          {NULL, NULL}};
