// SPDX-License-Identifier: Apache-2.0
// jitter and pause: which requests are a client's own retries, and how they are spaced.
#include "tests/unit/oracle/oracle_tests.h"

#include <stdio.h>
#include <string.h>

#define EXPECTS(verb, args)                                                                        \
    SCENARIO("'steps':[{'n':1,'verb':'usage','id':'u1'}],'expect':[{'id':'e','verb':'" verb        \
             "','args':" args "}]," ANY_REQUEST)
#define JITTER EXPECTS("jitter", "{'gaps':4}")
#define PAUSE EXPECTS("pause", "{'least':'2s'}")

// A case whose retries are told from others by the steps f1 and f2 around them.
#define AMONG_STEPS(verb, args)                                                                    \
    SCENARIO("'steps':[{'n':1,'verb':'usage','id':'u1'},{'n':2,'verb':'flush','id':'f1'},"         \
             "{'n':3,'verb':'flush','id':'f2'}],'expect':[{'id':'e','verb':'" verb                 \
             "','args':" args "}]," ANY_REQUEST)
#define HURRY(x, again)                                                                            \
    "request " x " acme:9:7\n error " x " 500 InternalServiceErrorException\n"                     \
    "request " again " acme:9:7\n reply " again " 200\n"
#define THREE_HURRIES                                                                              \
    ASK HURRY("1", "2") "flush\n" HURRY("3", "4") "done\n flush\n" HURRY("5", "6") "done\n"        \
                                                                                   "end done"

// Failed requests, each tried again after so many milliseconds; a line of ours before the next
// pair, or, where between is set, between the two of a pair.
static void judge(const char *scenario, const int *pauses_ms, bool between, enum verdict verdict,
                  const char *says)
{
    char tale[8192] = ASK;
    size_t len = strlen(tale);
    int at = 1000;
    for (int i = 0; pauses_ms[i] != 0; i++) {
        len += (size_t)snprintf(tale + len, sizeof tale - len,
                                "flush\n at %d\n request %d acme:9:7\n error %d 400 "
                                "ThrottlingException\n%s at %d\n request %d acme:9:7\n"
                                " reply %d 200\n done\n",
                                at, 2 * i + 1, 2 * i + 1, between ? " done\n flush\n" : "",
                                at + pauses_ms[i], 2 * i + 2, 2 * i + 2);
        at += pauses_ms[i] + 1000;
    }
    (void)snprintf(tale + len, sizeof tale - len, "end done");
    const struct row rows[] = {{.name = says == NULL ? "no finding" : says,
                                .scenario = scenario,
                                .tale = tale,
                                .check = "e",
                                .verdict = verdict,
                                .says = says},
                               {0}};
    rows_judge(rows, NULL);
}

static void jitter(void)
{
    judge(JITTER, (int[]){500, 505, 500, 510, 0}, false, VERDICT_FAIL,
          "The pauses before retry 1 do not vary: 4 of them, from 500 to 510 ms.");
    judge(JITTER, (int[]){500, 300, 900, 510, 0}, false, VERDICT_PASS, NULL);
    judge(JITTER, (int[]){500, 505, 500, 530, 0}, false, VERDICT_PASS, NULL);
    judge(JITTER, (int[]){20, 20, 20, 20, 20, 0}, false, VERDICT_PASS, NULL);
}

// What counts is the shortest and the longest, wherever they stand; a twentieth of the mean, and a
// mean of 100 ms, still are the machine's noise.
static void spread(void)
{
    judge(JITTER, (int[]){530, 500, 505, 500, 0}, false, VERDICT_PASS, NULL);
    judge(JITTER, (int[]){500, 530, 505, 500, 0}, false, VERDICT_PASS, NULL);
    judge(JITTER, (int[]){490, 515, 495, 500, 0}, false, VERDICT_FAIL, "from 490 to 515 ms.");
    judge(JITTER, (int[]){490, 516, 494, 500, 0}, false, VERDICT_PASS, NULL);
    judge(JITTER, (int[]){100, 100, 100, 100, 0}, false, VERDICT_FAIL, "from 100 to 100 ms.");
    judge(JITTER, (int[]){99, 99, 99, 99, 0}, false, VERDICT_PASS, NULL);
}

// Two series of a request and its retries, all failed: the pause before the retry of the given
// number is the same in both, those before the others are not.
static void judge_series(unsigned retries, unsigned fixed, const char *says)
{
    char tale[8192] = ASK;
    size_t len = strlen(tale);
    int at = 1000;
    unsigned x = 0;
    for (int turn = 1; turn <= 2; turn++) {
        len += (size_t)snprintf(tale + len, sizeof tale - len, "flush\n");
        for (unsigned i = 0; i <= retries; i++) {
            at += i == fixed ? 500 : turn * 200 + (int)i * 10;
            x++;
            len += (size_t)snprintf(tale + len, sizeof tale - len,
                                    " at %d\n request %u acme:9:7\n error %u 500 "
                                    "InternalServiceErrorException\n",
                                    at, x, x);
        }
        len += (size_t)snprintf(tale + len, sizeof tale - len, " done\n");
        at += 5000;
    }
    (void)snprintf(tale + len, sizeof tale - len, "end done");
    // The case's opening, ASK, the first series between flush and done, and the second up to there.
    unsigned line = 1 + 3 + (2 + 2 * (retries + 1)) + 1 + 2 * fixed + 1;
    const struct row rows[] = {{.name = says == NULL ? "no finding" : says,
                                .scenario = EXPECTS("jitter", "{'gaps':2}"),
                                .tale = tale,
                                .verdict = says == NULL ? VERDICT_PASS : VERDICT_FAIL,
                                .says = says,
                                .line = says == NULL ? 0 : line},
                               {0}};
    rows_judge(rows, NULL);
}

static void places(void)
{
    judge_series(2, 1, "The pauses before retry 1 do not vary: 2 of them, from 500 to 500 ms.");
    judge_series(2, 2, "The pauses before retry 2 do not vary: 2 of them, from 500 to 500 ms.");
    judge_series(8, 8, "The pauses before retry 8 do not vary: 2 of them, from 500 to 500 ms.");
    judge_series(9, 9, NULL); // as far as that nobody looks
}

static void too_few(void)
{
    judge(JITTER, (int[]){500, 505, 500, 0}, false, VERDICT_NOT_EXERCISED,
          "3 pause(s) before a retry were seen, at least 4 are needed.");
    judge(JITTER, (int[]){500, 0}, false, VERDICT_NOT_EXERCISED,
          "1 pause(s) before a retry were seen, at least 4 are needed.");
}

static void ours(void)
{
    judge(JITTER, (int[]){500, 500, 500, 500, 500, 0}, true, VERDICT_PASS, NULL);
    judge(PAUSE, (int[]){5, 5, 0}, true, VERDICT_PASS, NULL);
}

static void pause(void)
{
    judge(PAUSE, (int[]){2000, 9000, 0}, false, VERDICT_PASS, NULL);
    judge(PAUSE, (int[]){1980, 0}, false, VERDICT_PASS, NULL); // within the tolerance of 20 ms
    judge(PAUSE, (int[]){1979, 0}, false, VERDICT_FAIL, "after 1979 ms");
    judge(PAUSE, (int[]){2000, 1970, 0}, false, VERDICT_FAIL,
          "after 1970 ms; at least 2000 ms were asked for.");
}

// What follows in the same step, but is another call, is no retry; nor is what follows a success.
static void others(void)
{
    static const struct row ROWS[] = {
        {.name = "another customer",
         .scenario = PAUSE,
         .tale = ASK "request 1 acme:9:7\n error 1 500 InternalServiceErrorException\n"
                     " request 2 globex:9:7\n reply 2 200\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "after a success",
         .scenario = PAUSE,
         .tale = ASK "meter 1 acme:9:7\n request 2 acme:9:7\n reply 2 200\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "after a reply that was cut",
         .scenario = PAUSE,
         .tale = ASK "request 1 acme:9:7\n cut 1 200\n request 2 acme:9:7\n reply 2 200\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "after 2 ms"},
        {.name = "after no reply",
         .scenario = PAUSE,
         .tale = ASK "request 1 acme:9:7\n request 2 globex:9:1\n request 3 acme:9:7\n"
                     " reply 3 200\n end done",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "after 2 ms"},
        {0},
    };
    rows_judge(ROWS, NULL);
}

// What a request is that the oracle does not know by its records.
#define CALL(x, operation, members)                                                                \
    "event request {'x':" x ",'conn':1,'operation':'" operation "'" members "}\n"
#define FAILS(x) "error " x " 500 InternalServiceErrorException\n"
#define INVOCATION(id) ",'sdk':{'invocation':'" id "'}"
#define TOKEN(t) ",'token':'" t "'"
#define ENDS "end done"

static void same_call(void)
{
    static const struct row ROWS[] = {
        {.name = "one invocation",
         .tale = ASK CALL("1", "ResolveCustomer", INVOCATION("a")) FAILS("1")
             CALL("2", "ResolveCustomer", INVOCATION("a")) ENDS,
         .verdict = VERDICT_FAIL,
         .says = "after 2 ms"},
        {.name = "another invocation",
         .tale = ASK CALL("1", "ResolveCustomer", INVOCATION("a")) FAILS("1")
             CALL("2", "ResolveCustomer", INVOCATION("b")) ENDS,
         .verdict = VERDICT_PASS},
        {.name = "one token, asked in two invocations",
         .tale = ASK CALL("1", "ResolveCustomer", INVOCATION("a") TOKEN("t")) FAILS("1")
             CALL("2", "ResolveCustomer", INVOCATION("b") TOKEN("t")) ENDS,
         .verdict = VERDICT_FAIL,
         .says = "after 2 ms"},
        {.name = "no token in either",
         .tale = ASK CALL("1", "ResolveCustomer", TOKEN("")) FAILS("1")
             CALL("2", "ResolveCustomer", TOKEN("")) ENDS,
         .verdict = VERDICT_PASS},
        {.name = "a token in the first alone",
         .tale = ASK CALL("1", "ResolveCustomer", TOKEN("t")) FAILS("1")
             CALL("2", "ResolveCustomer", "") ENDS,
         .verdict = VERDICT_PASS},
        {.name = "a token in the second alone",
         .tale = ASK CALL("1", "ResolveCustomer", "") FAILS("1")
             CALL("2", "ResolveCustomer", TOKEN("t")) ENDS,
         .verdict = VERDICT_PASS},
        {.name = "the same records by another operation",
         .tale = ASK CALL("1", "MeterUsage", TOKEN("t")) FAILS("1")
             CALL("2", "BatchMeterUsage", TOKEN("t")) ENDS,
         .verdict = VERDICT_PASS},
        {.name = "another hour",
         .tale = ASK "request 1 acme:9:7\n" FAILS("1") "request 2 acme:8:7\n" ENDS,
         .verdict = VERDICT_PASS},
        // Where it has no record of its own, the next one's stands at its place in the list.
        {.name = "no record in the first",
         .tale = ASK "request 1\n" FAILS("1") "request 2 acme:9:7\n reply 2 200\n" ENDS,
         .verdict = VERDICT_PASS},
        {.name = "no record in the second",
         .tale = ASK "request 1 acme:9:7\n" FAILS("1") "request 2\n reply 2 200\n at 3000\n"
                                                       "request 3 acme:9:7\n reply 3 200\n" ENDS,
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, PAUSE);
}

// Only 2xx is a success.
static void statuses(void)
{
    static const struct row ROWS[] = {
        {.name = "199",
         .tale = ASK "request 1 acme:9:7\n reply 1 199\n request 2 acme:9:7\n" ENDS,
         .verdict = VERDICT_FAIL,
         .says = "after 2 ms"},
        {.name = "299",
         .tale = ASK "request 1 acme:9:7\n reply 1 299\n request 2 acme:9:7\n" ENDS,
         .verdict = VERDICT_PASS},
        {.name = "300",
         .tale = ASK "request 1 acme:9:7\n reply 1 300\n request 2 acme:9:7\n" ENDS,
         .verdict = VERDICT_FAIL,
         .says = "after 2 ms"},
        {0},
    };
    rows_judge(ROWS, PAUSE);
}

// Which retries are judged, and what is said where the steps that bound them never came.
static void bounds(void)
{
    static const struct row ROWS[] = {
        {.name = "after a step",
         .scenario = AMONG_STEPS("pause", "{'least':'2s','after':'f2'}"),
         .tale = THREE_HURRIES,
         .verdict = VERDICT_FAIL,
         .says = "The request at line 16 was tried again at line 18, after 2 ms; at least 2000 ms "
                 "were asked for.",
         .line = 18},
        {.name = "before a step",
         .scenario = AMONG_STEPS("pause", "{'least':'2s','before':'f1'}"),
         .tale = THREE_HURRIES,
         .verdict = VERDICT_FAIL,
         .says = "The request at line 5 was tried again at line 7, after 2 ms",
         .line = 7},
        {.name = "none after the step",
         .scenario = AMONG_STEPS("pause", "{'least':'2s','after':'f2'}"),
         .tale = ASK HURRY("1", "2") "flush\n done\n flush\n done\n" ENDS,
         .verdict = VERDICT_PASS},
        {.name = "none before the step",
         .scenario = AMONG_STEPS("pause", "{'least':'2s','before':'f1'}"),
         .tale = ASK "flush\n" HURRY("1", "2") "done\n" ENDS,
         .verdict = VERDICT_PASS},
        {.name = "none of that operation",
         .scenario = AMONG_STEPS("pause", "{'least':'2s','operation':'ResolveCustomer'}"),
         .tale = ASK HURRY("1", "2") ENDS,
         .verdict = VERDICT_PASS},
        {.name = "the first of these steps never came",
         .scenario = AMONG_STEPS("pause", "{'least':'2s','after':'f2','before':'f1'}"),
         .tale = ASK HURRY("1", "2") "flush\n done\n" ENDS,
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The step \"f2\" was never reached."},
        {.name = "the second of these steps never came",
         .scenario = AMONG_STEPS("pause", "{'least':'2s','after':'u1','before':'f1'}"),
         .tale = ASK HURRY("1", "2") ENDS,
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The step \"f1\" was never reached."},
        {.name = "no step, no jitter to judge",
         .scenario = AMONG_STEPS("jitter", "{'gaps':1,'before':'f1'}"),
         .tale = ASK "request 1 acme:9:7\n" FAILS("1") "at 500\n request 2 acme:9:7\n" ENDS,
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The step \"f1\" was never reached."},
        {.name = "a retry just before our next line",
         .scenario = PAUSE,
         .tale = ASK "request 1 acme:9:7\n" FAILS("1") "request 2 acme:9:7\n flush\n done\n" ENDS,
         .verdict = VERDICT_FAIL,
         .says = "after 2 ms"},
        {.name = "our first line came in between",
         .scenario = PAUSE,
         .tale = "hello\n request 1 acme:9:7\n" FAILS(
             "1") "usage u1 acme 7 9\n"
                  "request 2 acme:9:7\n reply 2 200\n done\n" ENDS,
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, NULL);
}

// A hurry, or pauses that are all alike, are not undone by what may have come later; but where we
// lagged ourselves, a pause may have been longer than we saw.
static void evidence(void)
{
    static const struct row ROWS[] = {
        {.name = "a hurry in evidence that was cut",
         .scenario = PAUSE,
         .tale = ASK HURRY("1", "2"),
         .verdict = VERDICT_FAIL,
         .says = "after 2 ms"},
        {.name = "pauses alike in evidence that was cut",
         .scenario = EXPECTS("jitter", "{'gaps':1}"),
         .tale = ASK "request 1 acme:9:7\n" FAILS("1") "at 500\n request 2 acme:9:7\n",
         .verdict = VERDICT_FAIL,
         .says = "The pauses before retry 1 do not vary: 1 of them"},
        {.name = "as late as we were ourselves",
         .scenario = PAUSE,
         .tale = ASK "at 1000\n request 1 acme:9:7\n" FAILS(
             "1") "at 2970\n request 2 acme:9:7\n"
                  "event end {'why':'done','text':'','lag_us':30000,'lost':0}",
         .verdict = VERDICT_PASS},
        {.name = "earlier than our lag explains",
         .scenario = PAUSE,
         .tale = ASK "at 1000\n request 1 acme:9:7\n" FAILS(
             "1") "at 2969\n request 2 acme:9:7\n"
                  "event end {'why':'done','text':'','lag_us':30000,'lost':0}",
         .verdict = VERDICT_FAIL,
         .says = "after 1969 ms"},
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test RETRIES_TESTS[] = {
    {"jitter", jitter},     {"spread", spread}, {"places", places},     {"too few gaps", too_few},
    {"our pauses", ours},   {"pause", pause},   {"others", others},     {"same call", same_call},
    {"statuses", statuses}, {"bounds", bounds}, {"evidence", evidence}, {NULL, NULL}};
