// SPDX-License-Identifier: Apache-2.0
// Hours that usage without a stamp joins into one key, and whose usage is whose.
#include "tests/unit/oracle/oracle_tests.h"

static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);

// uA belongs to 10:00 or 11:00, as the hour turns before it is done; uB likewise to 11:00 or 12:00.
#define U_A "usage uA acme 5 -\n clock 11\n done 2\n done\n"
#define U_B "usage uB acme 3 -\n clock 12\n done 4\n done\n"
#define U_1 "usage u1 acme 7 12\n done\n"
#define U_G "usage u1 globex 7 12\n done\n"

#define ROW(about, story, judged, sentence)                                                        \
    {                                                                                              \
        .name = (about), .tale = (story), .check = "money", .verdict = VERDICT_##judged,           \
        .says = (sentence)                                                                         \
    }

static void joined(void)
{
    static const struct row ROWS[] = {
        ROW("a key grows to an earlier hour",
            "hello\n usage u1 acme 7 11\n done\n" U_A "flush\n meter 1 acme:10:5 acme:11:7\n"
            "say u1 metered\n say uA metered\n" FINISH,
            PASS, NULL),
        ROW("and no further",
            "hello\n usage u1 acme 7 11\n done\n" U_A "flush\n meter 1 acme:10:6 acme:11:6\n"
            "say u1 metered\n say uA metered\n" FINISH,
            FAIL, "u1 + uA"),
        ROW("a chain of hours, each usage in its own",
            "hello\n" U_1 U_A U_B "flush\n meter 1 acme:10:5 acme:11:3 acme:12:7\n"
            "say u1 metered\n say uA metered\n say uB metered\n" FINISH,
            PASS, NULL),
        ROW("a chain of hours, one too many in the first",
            "hello\n" U_1 U_A U_B "flush\n meter 1 acme:10:8 acme:12:7\n" FINISH, FAIL,
            "asked 15, billed 8: 8 at line"),
        ROW("a chain of hours, begun by the earlier",
            "hello\n" U_G U_A U_B "flush\n meter 1 acme:10:5 acme:12:3 globex:12:7\n"
            "say u1 metered\n say uA metered\n say uB metered\n" FINISH,
            PASS, NULL),
        ROW("hours of one customer do not join another's",
            "hello\n usage u1 globex 7 11\n done\n" U_A U_B
            "flush\n meter 1 acme:10:5 acme:11:3 globex:11:7\n"
            "say u1 metered\n say uA metered\n say uB metered\n" FINISH,
            PASS, NULL),
        ROW("another customer's bill in joined hours",
            "hello\n usage u1 globex 7 11\n done\n usage u2 acme 7 12\n done\n"
            "usage uA acme 5 -\n clock 11\n done 3\n done\n usage uB acme 3 -\n clock 12\n done 5\n"
            "done\n flush\n meter 1 globex:11:8\n" FINISH,
            FAIL, "u1 (globex, requests, 2026-11-18T11:00Z): asked 7, billed 8"),
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void stamped(void)
{
    static const struct row ROWS[] = {
        ROW("minutes of a stamp do not count",
            "hello\n event step {'n':1,'verb':'usage','id':'u1','sends':'usage','step':1,"
            "'instance':1,'usage':{'id':'u1','product':'widget','customer':'acme','dimension':"
            "'requests','quantity':7,'at':'2026-11-18T09:20:00Z'}}\n done 1\n"
            "flush\n meter 1 acme:9:7\n say u1 metered\n end done",
            PASS, NULL),
        ROW("without a stamp and without an hour it is the moment's",
            "hello\n event step {'n':1,'verb':'usage','id':'u1','sends':'usage','step':1,"
            "'instance':1,'usage':{'id':'u1','product':'widget','customer':'acme','dimension':"
            "'requests','quantity':7}}\n done 1\n"
            "flush\n meter 1 acme:10:7\n say u1 metered\n end done",
            PASS, NULL),
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

const struct unit_test HOURS_TESTS[] = {
    {"joined", joined},
    {"stamped", stamped},
    {NULL, NULL},
};
