// SPDX-License-Identifier: Apache-2.0
// What shows that a fault was noticed: each kind of act, and nothing that is none.
#include "tests/unit/oracle/oracle_tests.h"

#define FAULT ASK "flush\n request 1 acme:9:7\n error 1 500 X\n fault 1 r answer\n"
#define OVER "exit KILL expected\n end deadline"
#define EDGE(edge) "event refuse {'rule':'r','edge':'" edge "','refused':true}\n"
#define BEGIN EDGE("begin")
#define END EDGE("end") "fault 0 r refuse\n"

#define ROW(about, story, judged, sentence)                                                        \
    {                                                                                              \
        .name = (about), .tale = (story), .check = "exercised", .verdict = VERDICT_##judged,       \
        .says = (sentence)                                                                         \
    }
#define NOTICED(about, story) ROW(about, story, PASS, NULL)
#define UNNOTICED(about, story) ROW(about, story, NOT_EXERCISED, "did nothing afterwards")

static void acts(void)
{
    static const char PLAIN[] =
        SCENARIO("'steps':[],'expect':[],'rules':[{'name':'r','kind':'answer'}]");
    static const struct row ROWS[] = {
        NOTICED("it connects", FAULT "event connect {'conn':2}\n" OVER),
        NOTICED("it shakes hands", FAULT "event tls {'conn':2}\n" OVER),
        NOTICED("it closes", FAULT "close client\n" OVER),
        UNNOTICED("we close", FAULT "close us\n" OVER),
        NOTICED("it ends with a code when told to", FAULT "exit 0 expected\n end done"),
        UNNOTICED("we commit", FAULT "commit 1 acme:9:7\n" OVER),
        NOTICED("the second fault was noticed, not the first",
                FAULT "fault 1 r answer\n say u1 pending\n" OVER),
        NOTICED("noticed in the very last line", FAULT "say u1 pending"),
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void refusals(void)
{
    static const char PLAIN[] =
        SCENARIO("'steps':[],'expect':[],'rules':[{'name':'r','kind':'refuse'}]");
    static const struct row ROWS[] = {
        NOTICED("another usage was called metered before",
                "hello\n usage u1 acme 7 9\n done\n usage u2 globex 5 9\n done\n"
                "meter 1 acme:9:7\n say u1 metered\n say u2 pending\n" BEGIN
                "flush\n say u1 metered\n say u2 pending\n done\n" END "end done"),
        UNNOTICED("another usage was called metered before, this one meanwhile",
                  "hello\n usage u1 acme 7 9\n done\n usage u2 globex 5 9\n done\n"
                  "meter 1 acme:9:7\n say u1 metered\n say u2 pending\n" BEGIN
                  "flush\n say u2 metered\n done\n" END "end done"),
        UNNOTICED("called metered last, by a word that is none after it",
                  "hello\n usage u1 acme 7 9\n done\n say u1 pending\n" BEGIN
                  "flush\n say u1 metered\n done\n" END "end done"),
        NOTICED("called metered, then by a word that is none",
                "hello\n usage u1 acme 7 9\n done\n say u1 metered\n say u1 strange\n" BEGIN
                "flush\n say u1 metered\n done\n" END "end done"),
        NOTICED("a usage that nobody asked for is called metered",
                "hello\n usage u1 acme 7 9\n done\n" BEGIN "flush\n say u9 metered\n done\n" END
                "end done"),
        UNNOTICED("a step that was never done",
                  "hello\n usage u1 acme 7 9\n done\n" BEGIN "flush\n" END "end done"),
        UNNOTICED("only the end of a window",
                  "hello\n usage u1 acme 7 9\n done\n flush\n done\n" END "end done"),
        UNNOTICED("two ends and no beginning",
                  "hello\n" EDGE("end") "usage u1 acme 7 9\n done\n flush\n done\n" END "end done"),
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

const struct unit_test OBSERVED_TESTS[] = {
    {"acts", acts},
    {"refusals", refusals},
    {NULL, NULL},
};
