// SPDX-License-Identifier: Apache-2.0
// What evidence that was cut still proves: what went wrong stays wrong, what lacks might have come.
#include "tests/unit/oracle/expects.h"

static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);
#define TOKEN "{'n':1,'verb':'resolve','id':'t'}"

// The case was exercised; what is judged in a case that was not is another matter.
#define SEEN "request 9 globex:9:1\n"

// Something wrong happened, or something due did not.
#define WRONG(about, scene, id, story, sentence)                                                   \
    {                                                                                              \
        .name = (about), .scenario = (scene), .tale = (story), .check = (id),                      \
        .verdict = VERDICT_FAIL, .says = (sentence), .integrity = INTEGRITY_CUT                    \
    }
#define LACKS(about, scene, id, story, sentence)                                                   \
    {                                                                                              \
        .name = (about), .scenario = (scene), .tale = (story), .check = (id),                      \
        .verdict = VERDICT_INCONCLUSIVE, .says = (sentence), .integrity = INTEGRITY_CUT            \
    }

static void manners(void)
{
    static const struct row ROWS[] = {
        WRONG("a final word changed", NULL, "final-words", ASK "say u1 metered\n say u1 pending\n",
              "is final"),
        WRONG("a malformed line", NULL, "contract",
              ASK "event client {'what':'malformed','instance':1,'text':'{x','expected':'y'}",
              "The client said {x, expected: y"),
        WRONG("a line without an end", NULL, "contract",
              ASK "event client {'what':'half-line','instance':1,'text':'{x'}", "has no end: {x"),
        WRONG("a flood", NULL, "contract",
              ASK "event client {'what':'flood','instance':1,'bytes':9}", "the limit, 9 bytes"),
        WRONG("unsupported too late", NULL, "contract",
              ASK "event answer {'mp':'unsupported','instance':1,'step':1}",
              "after the first usage"),
        WRONG("done twice", NULL, "contract", ASK "done 1\n", "done to step 1 twice"),
        WRONG("done to nothing", NULL, "contract", ASK "done 9\n", "which it was not sent"),
        WRONG("hello twice", NULL, "contract", ASK "hello\n", "said hello again"),
        WRONG("a word about nothing", NULL, "contract", ASK "say u9 pending\n", "not asked"),
        WRONG("a word that is none", NULL, "contract", ASK "say u1 happy\n", "called u1 \"happy\""),
        WRONG("unsupported at the end", NULL, "contract", ASK "end unsupported\n",
              "The case ended as unsupported"),
        LACKS("a step without its answer", NULL, "contract",
              "hello\n usage u1 acme 7 9\n end done\n", "never answered done"),
        WRONG("a hang", NULL, "no-hang", "hello\n usage u1 acme 7 9\n end deadline\n",
              "not answered done"),
        WRONG("no hello", NULL, "no-hang", "start\n end deadline\n", "had said hello"),
        WRONG("it would not leave", NULL, "no-crash", ASK "exit KILL expected\n end done\n",
              "and was killed"),
        WRONG("a crash", NULL, "no-crash", ASK "exit SEGV\n", "The client crashed"),
        WRONG("a code", NULL, "no-crash", ASK "exit 1\n", "exited with 1"),
        WRONG("a program that is not there", NULL, "no-crash",
              ASK "event exit {'instance':1,'unreachable':true,'text':'took no line',"
                  "'expected':false}",
              "The program took no line (line 5)."),
        WRONG("an early end", NULL, "no-crash", ASK "exit 0\n", "before the case did"),
        WRONG("a secret", NULL, "no-secret",
              ASK "event leak {'what':'secret','name':'k1','where':'stdout'}", "k1 in stdout"),
        WRONG("a request that is not signed", NULL, "signature",
              ASK "event request {'x':1,'operation':'BatchMeterUsage'}", "is not signed"),
        WRONG("a signature that does not match", NULL, "signature",
              ASK "event request {'x':1,'operation':'BatchMeterUsage','signature':"
                  "{'valid':false,'scope':true,'token':true}}",
              "does not match the request."),
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void money(void)
{
    static const struct row ROWS[] = {
        WRONG("claimed before its reply", NULL, "money",
              ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n say u1 metered\n",
              "before a whole reply confirmed it"),
        WRONG("rejected, though billed", NULL, "money",
              ASK "flush\n meter 1 acme:9:7\n say u1 rejected\n", "7 of the 7 asked"),
        WRONG("rejected, though nothing refused it", NULL, "money", ASK "flush\n say u1 rejected\n",
              "no reply that reached the client"),
        WRONG("rejected, then billed", NULL, "money",
              ASK "flush\n request 1 acme:9:7\n error 1 400 ValidationException\n"
                  "say u1 rejected\n meter 2 acme:9:7\n",
              "7 was called rejected, yet 7 of 7 was billed"),
        WRONG("billed too much", NULL, "money", ASK "flush\n meter 1 acme:9:8\n",
              "asked 7, billed 8"),
        WRONG("billed under another hour", NULL, "money", ASK "flush\n meter 1 acme:8:7\n",
              "asked 7, billed 7 under another hour"),
        LACKS("confirmed, and still pending after the drain", NULL, "money",
              ASK "flush\n meter 1 acme:9:7\n say u1 pending\n done\n drain\n done\n",
              "still calls it pending"),
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void expectations(void)
{
    static const char NO_ALERT[] = EXPECTS(U1, "'verb':'alert','args':{'count':{'max':0}}");
    static const char EXCEPTED[] =
        EXPECTS(U1, "'verb':'ledger','args':{'complete':true,'except':{'u1':['pending']}}");
    static const char ALERT[] = EXPECTS(U1, "'verb':'alert','args':{'about':['u1']}");
    static const char NO_SIGNAL[] = EXPECTS(U1, "'verb':'exit','args':{'signal':false}");
    static const char SIGNAL[] = EXPECTS(U1, "'verb':'exit','args':{'signal':true}");
    static const char CODE[] = EXPECTS(U1, "'verb':'exit','args':{'code':3}");
    static const char SIZES[] =
        EXPECTS(U1, "'verb':'requests','args':{'records':{'max':1},'count':{'max':5}}");
    static const char PACE[] = EXPECTS(U1, "'verb':'requests','args':{'rate':{'max_per_s':1}}");
    static const char MOST[] =
        EXPECTS(U1, "'verb':'resubmits','args':{'usages':['u1'],'times':{'max':1,'min':1}}");
    static const char ACROSS[] =
        EXPECTS(U1 ",{'n':2,'verb':'restart','args':{}}",
                "'verb':'resubmits','args':{'usages':['u1'],'across':'restart'}");
    static const char RESOLVED[] =
        EXPECTS(TOKEN, "'verb':'resolve','args':{'t':{'state':['resolved'],'customer':'acme'}}");
    static const char SOON[] =
        EXPECTS(TOKEN, "'verb':'resolve','args':{'t':{'state':['refused']}},'within_s':1");
    static const struct row ROWS[] = {
        LACKS("an alert too many, where nothing was exercised", NO_ALERT, "e", ASK "alert u1\n",
              "told 1 time(s), expected none"),
        LACKS("nothing was exercised", NO_ALERT, "exercised", ASK, "did not happen"),
        WRONG("excepted, but rejected", EXCEPTED, "e",
              ASK "usage u2 globex 5 9\n done\n" SEEN "say u1 rejected\n",
              "u1 may stay unbilled only"),
        WRONG("an alert too many", NO_ALERT, "e", SEEN ASK "alert u1\n",
              "told 1 time(s), expected none"),
        LACKS("an alert too few", ALERT, "e", ASK SEEN, "told about u1"),
        WRONG("ended by a signal", NO_SIGNAL, "e", SEEN ASK "exit SEGV\n", "ended by a signal"),
        WRONG("ended by none", SIGNAL, "e", SEEN ASK "exit 0\n", "expected an end by a signal"),
        WRONG("another code", CODE, "e", SEEN ASK "exit 4\n", "another code than expected"),
        WRONG("a signal for a code", CODE, "e", SEEN ASK "exit SEGV\n", "expected an exit code"),
        LACKS("no end", CODE, "e", ASK SEEN, "did not end by itself"),
        LACKS("no end by a signal", SIGNAL, "e", ASK SEEN, "did not end by itself"),
        WRONG("too many records", SIZES, "e", ASK "request 1 acme:9:7 acme:10:7\n",
              "has 2 record(s)"),
        WRONG("too fast", PACE, "e",
              ASK "request 1 acme:9:7\n request 2 acme:9:7\n request 3 acme:9:7\n"
                  "request 4 acme:9:7\n request 5 acme:9:7\n request 6 acme:9:7\n",
              "6 requests within 5 seconds"),
        WRONG("sent too often", MOST, "e", ASK "request 1 acme:9:7\n request 2 acme:9:7\n",
              "sent 2 times, at most 1"),
        LACKS("not sent after the restart", ACROSS, "e",
              "start\n" ASK "request 1 acme:9:7\n request 2 acme:9:7\n restart\n",
              "2 time(s) before the restart and 0 after it"),
        LACKS("not sent before the restart", ACROSS, "e",
              "start\n" ASK "restart\n request 1 acme:9:7\n request 2 acme:9:7\n",
              "0 time(s) before the restart and 2 after it"),
        WRONG("another answer", RESOLVED, "e",
              SEEN "hello\n resolve t\n answer resolve 1 refused\n", "the client answered refused"),
        WRONG("another customer", RESOLVED, "e",
              SEEN "hello\n resolve t\n answer resolve 1 resolved globex\n",
              "resolved it to globex"),
        WRONG("an answer too late", SOON, "e",
              SEEN "hello\n resolve t\n at 1503\n answer resolve 1 refused\n",
              "answered 1500 ms after it was asked, at most 1 s"),
        LACKS("not answered done", EXPECTS(TOKEN, "'verb':'answers','args':{'t':'done'}"), "e",
              SEEN "hello\n resolve t\n", "t was not answered done."),
        LACKS("no answer", RESOLVED, "e", SEEN "hello\n resolve t\n", "never said what came of it"),
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test CUT_TESTS[] = {
    {"manners", manners},
    {"money", money},
    {"expectations", expectations},
    {NULL, NULL},
};
