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

static void too_few(void)
{
    judge(JITTER, (int[]){500, 505, 500, 0}, false, VERDICT_NOT_EXERCISED,
          "3 pause(s) before a retry were seen, at least 4 are needed.");
}

static void ours(void)
{
    judge(JITTER, (int[]){500, 500, 500, 500, 500, 0}, true, VERDICT_PASS, NULL);
    judge(PAUSE, (int[]){5, 5, 0}, true, VERDICT_PASS, NULL);
}

static void pause(void)
{
    judge(PAUSE, (int[]){2000, 9000, 0}, false, VERDICT_PASS, NULL);
    judge(PAUSE, (int[]){1985, 0}, false, VERDICT_PASS, NULL); // within the tolerance of 20 ms
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

const struct unit_test RETRIES_TESTS[] = {{"jitter", jitter},   {"too few gaps", too_few},
                                          {"our pauses", ours}, {"pause", pause},
                                          {"others", others},   {NULL, NULL}};
