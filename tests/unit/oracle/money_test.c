// SPDX-License-Identifier: Apache-2.0
// What is billed against what was asked: each clause broken, and the legal neighbour that passes.
#include "tests/unit/oracle/expects.h"
#include "tests/unit/oracle/tale.h"

static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);

static void nothing_billed_twice(void)
{
    static const struct row ROWS[] = {
        {.name = "billed once",
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "sent again with another hour",
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n meter 2 acme:10:7\n"
                     "say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = KEY_1
         "asked 7, billed 14: sent again at line 8 with hour 2026-11-18T10:00Z, which the "
         "service took as new usage."},
        {.name = "lost reply, then sent again unchanged",
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n request 2 acme:9:7\n"
                     "commit 2 acme:9:7\n reply 2 200 0=Success\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "only under another hour",
         .tale = ASK "flush\n meter 1 acme:10:7\n say u1 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "asked 7, billed 7 under another hour: sent at line 6"},
        {.name = "in two regions",
         .tale =
             ASK "flush\n meter 1 acme:9:7\n request 2 acme:9:7\n commit 2 @eu-west-1 acme:9:7+\n"
                 "say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "asked 7, billed 14: 7 at line 7 (customer:acme in us-east-1, 2026-11-18T09:00Z); "
                 "7 at "
                 "line 10 (customer:acme in eu-west-1"},
        {.name = "under both models",
         .tale =
             ASK "flush\n meter 1 acme:9:7\n meter 2 license:acme:9:7\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "billed 14: 7 at line 7 (customer:acme"},
        {.name = "under the other model alone",
         .tale = ASK "flush\n meter 1 license:acme:9:7\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "more than was asked",
         .tale = ASK "flush\n meter 1 acme:9:8\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = KEY_1 "asked 7, billed 8"},
        {.name = "a customer of whom nothing was asked",
         .tale = ASK "flush\n meter 1 acme:9:7 globex:9:1\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "globex, requests, 2026-11-18T09:00Z: asked 0, billed 1"},
        {.name = "a heartbeat of nothing",
         .tale = ASK "flush\n meter 1 acme:9:7 globex:9:0\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "before it was asked",
         .tale = "hello\n meter 1 acme:9:7\n usage u1 acme 7 9\n done\n flush\n say u1 "
                 "metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "asked 0, billed 7"},
        {.name = "two usages of one key in one record",
         .tale = ASK_TWO "flush\n meter 1 acme:9:12\n say u1 metered\n say u2 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "two usages of one key, and more",
         .tale = ASK_TWO "flush\n meter 1 acme:9:13\n say u1 metered\n say u2 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "u1 + u2 (acme, requests, 2026-11-18T09:00Z): asked 12, billed 13"},
        {.name = "not acknowledged before a kill, billed",
         .tale = "start\n hello\n usage u1 acme 7 9\n meter 1 acme:9:7\n restart\n flush\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "not acknowledged before a kill, not billed",
         .tale = "start\n hello\n usage u1 acme 7 9\n restart\n flush\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "not acknowledged before a kill, billed twice",
         .tale = "start\n hello\n usage u1 acme 7 9\n meter 1 acme:9:7\n restart\n flush\n"
                 "meter 2 acme:10:7\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "asked 7, billed 14"},
        {
            .name = "usage that names no product",
            .tale = "hello\n event step "
                    "{'n':1,'verb':'usage','sends':'usage','step':1,'usage':{'id':'u1','customer':'"
                    "acme','dimension':'requests','quantity':7,'at':'2026-11-18T09:00:00Z'}}\n "
                    "done 1\n meter 1 acme:9:7\n end done",
            .check = "money",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "usage of another product",
            .tale = "hello\n event step "
                    "{'n':1,'verb':'usage','sends':'usage','step':1,'usage':{'id':'u1','product':'"
                    "gadget','customer':'acme','dimension':'requests','quantity':7,'at':'2026-11-"
                    "18T09:00:00Z'}}\n done 1\n meter 1 acme:9:7\n end done",
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "acme, requests, 2026-11-18T09:00Z: asked 0, billed 7",
        },
        {
            .name = "usage of another dimension",
            .tale = "hello\n event step "
                    "{'n':1,'verb':'usage','sends':'usage','step':1,'usage':{'id':'u1','product':'"
                    "widget','customer':'acme','dimension':'storage','quantity':7,'at':'2026-11-"
                    "18T09:00:00Z'}}\n done 1\n meter 1 acme:9:7\n end done",
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "asked 0, billed 7",
        },
        {
            .name = "billed, though no request is in the journal",
            .tale = ASK "commit 1 globex:9:7+\n end done",
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "globex, requests, 2026-11-18T09:00Z: asked 0, billed 7",
        },
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void hours_of_unstamped_usage(void)
{
    static const struct row ROWS[] = {
        {.name = "the hour of its line",
         .tale = "hello\n usage u1 acme 7 -\n done\n flush\n meter 1 acme:10:7\n say u1 "
                 "metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "an hour after it was done",
         .tale = "hello\n usage u1 acme 7 -\n done\n clock 11\n meter 1 acme:11:7\n say u1 "
                 "pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "under another hour"},
        {.name = "the hour turned before it was done",
         .tale =
             "hello\n usage u1 acme 7 -\n clock 11\n done 1\n done\n flush\n meter 1 acme:11:7\n"
             "say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "either hour, but not both",
         .tale =
             "hello\n usage u1 acme 7 -\n clock 11\n done 1\n done\n flush\n meter 1 acme:10:7\n"
             "meter 2 acme:11:7\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "asked 7, billed 14"},
        {.name = "beside usage with an hour, in the wrong one",
         .tale =
             "hello\n usage u1 acme 7 -\n usage u2 acme 5 10\n clock 11\n done 1\n done 2\n done\n"
             "flush\n meter 1 acme:11:12\n say u1 metered\n say u2 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "u1 + u2 (acme, requests, 2026-11-18T10:00Z): asked 12, billed 12"},
        {.name = "beside usage with an hour, each in its own",
         .tale =
             "hello\n usage u1 acme 7 -\n usage u2 acme 5 10\n clock 11\n done 1\n done 2\n done\n"
             "usage u3 globex 90 11\n done\n flush\n meter 1 globex:11:90 acme:11:7 acme:10:5\n"
             "say u1 metered\n say u2 metered\n say u3 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "in an hour of which usage is asked only later",
         .tale =
             "hello\n usage u1 acme 7 -\n usage u2 acme 5 10\n clock 11\n done 1\n done 2\n done\n"
             "meter 1 acme:11:12\n usage u3 acme 5 11\n done\n flush\n say u1 metered\n"
             "say u2 metered\n say u3 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "asked 12, billed 12: 12 at line 10"},
        {
            .name = "joins two hours: with the first",
            .tale = "hello\n usage u1 acme 5 10\n done\n usage u2 acme 3 11\n done\n usage u3 acme "
                    "7 -\n clock 11\n done 3\n done\nmeter 1 acme:10:12 acme:11:3\n say u1 "
                    "metered\n say u2 metered\n say u3 metered\n end done",
            .check = "money",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "joins two hours: with the second",
            .tale = "hello\n usage u1 acme 5 10\n done\n usage u2 acme 3 11\n done\n usage u3 acme "
                    "7 -\n clock 11\n done 3\n done\nmeter 1 acme:10:5 acme:11:10\n say u1 "
                    "metered\n say u2 metered\n say u3 metered\n end done",
            .check = "money",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "joins two hours: with both",
            .tale = "hello\n usage u1 acme 5 10\n done\n usage u2 acme 3 11\n done\n usage u3 acme "
                    "7 -\n clock 11\n done 3\n done\nmeter 1 acme:10:12 acme:11:10\n end done",
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "u1 + u2 + u3 (acme, requests, 2026-11-18T10:00Z): asked 15, billed 22",
        },
        {
            .name = "joins two hours: beyond what one can hold",
            .tale = "hello\n usage u1 acme 5 10\n done\n usage u2 acme 3 11\n done\n usage u3 acme "
                    "7 -\n clock 11\n done 3\n done\nmeter 1 acme:10:13\n end done",
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "asked 15, billed 13",
        },
        {
            .name = "joins two hours, not those of another customer",
            .tale = "hello\n usage u1 acme 5 10\n done\n usage u2 globex 3 11\n done\n usage u3 "
                    "acme 7 -\n clock 11\n done 3\n done\n meter 1 globex:11:4\n end done",
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "u2 (globex, requests, 2026-11-18T11:00Z): asked 3, billed 4",
        },
        {
            .name = "joins two hours, not one after them",
            .tale = "hello\n usage u1 acme 5 10\n done\n usage u2 acme 3 12\n done\n usage u3 acme "
                    "7 -\n clock 11\n done 3\n done\n meter 1 acme:12:4\n end done",
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "u2 (acme, requests, 2026-11-18T12:00Z): asked 3, billed 4",
        },
        {
            .name = "not acknowledged until its process was killed an hour later",
            .tale = "start\n hello\n usage u1 acme 7 -\n clock 11\n restart\n clock 13\n done\n "
                    "meter 1 acme:11:7\n end done",
            .check = "money",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "not acknowledged, billed under an hour after the kill",
            .tale = "start\n hello\n usage u1 acme 7 -\n clock 11\n restart\n clock 13\n done\n "
                    "meter 1 acme:12:7\n end done",
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "u1 (acme, requests, 2026-11-18T10:00Z to 2026-11-18T11:00Z): asked 7, billed "
                    "7 under another hour",
        },
        {
            .name = "never acknowledged, billed under the last hour",
            .tale = "hello\n usage u1 acme 7 -\n clock 13\n meter 1 acme:13:7\n end deadline",
            .check = "money",
            .verdict = VERDICT_PASS,
        },
        {
            .name = "joins hours that were joined already (time was set back)",
            .tale = "hello\n usage u1 acme 1 10\n done\n clock 11\n done\n usage u2 acme 7 -\n "
                    "clock 12\n done 3\n done\n clock 10\n done\n usage u3 acme 5 -\n clock 11\n "
                    "done 6\n done\n meter 1 acme:12:7 acme:11:5 acme:10:1\n say u1 metered\n say "
                    "u2 metered\n say u3 metered\n end done",
            .check = "money",
            .verdict = VERDICT_PASS,
        },
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

#define TWO_INSTANCES                                                                              \
    "hello\n usage u1 acme 7 9\n done\n usage u2 acme 7 9\n done\n flush\n request 1 acme:9:7\n"   \
    "commit 1 acme:9:7+#r1\n reply 1 200 0=Success\n request 2 acme:9:7\n"

static void our_own_accounts(void)
{
    static const char PRELOADED[] =
        SCENARIO("'world':{'ledger':[{'customer':'acme','dimension':'requests','hour':'hour-1',"
                 "'quantity':7}]},'steps':[],'expect':[]," ANY_REQUEST);
#define STEP_WITH_LEDGER(verb)                                                                     \
    SCENARIO("'steps':[{'n':9,'verb':" verb ",'args':{'ledger':[{'customer':'acme','dimension':"   \
             "'requests','hour':'hour-1','quantity':7}]}},{'n':10,'verb':'flush','args':{}}],"     \
             "'expect':[]," ANY_REQUEST)
    static const char LATER[] = STEP_WITH_LEDGER("'world'");
    static const char NOT_LATER[] = STEP_WITH_LEDGER("'wait'");
    static const struct row ROWS[] = {
        {.name = "an entry that nobody made",
         .tale = "preload acme:9:7\n" ASK "flush\n say u1 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_HARNESS_ERROR,
         .says = "ledger.json holds 7 for customer:acme, requests, 2026-11-18T09:00:00Z, which no "
                 "commit"},
        {.name = "an entry of a step of the scenario",
         .scenario = LATER,
         .tale = "preload acme:9:7\n" ASK "flush\n say u1 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "an entry of a step that changes no world",
         .scenario = NOT_LATER,
         .tale = "preload acme:9:7\n" ASK "flush\n say u1 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_HARNESS_ERROR,
         .says = "ledger.json holds 7"},
        {.name = "an entry of the scenario, with another quantity",
         .scenario = PRELOADED,
         .tale = "preload acme:9:8\n" ASK "flush\n say u1 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_HARNESS_ERROR,
         .says = "ledger.json holds 8"},
        {.name = "an entry of the scenario, confirmed",
         .scenario = PRELOADED,
         .tale = "preload acme:9:7\n" ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7\n"
                 "reply 1 200 0=Success\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "an entry of the scenario, claimed without a reply",
         .scenario = PRELOADED,
         .tale = "preload acme:9:7\n" ASK "flush\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "before a whole reply confirmed it"},
        {.name = "an entry of the scenario, refused as a duplicate",
         .scenario = PRELOADED,
         .tale =
             "preload acme:9:7\n hello\n usage u1 acme 5 9\n done\n flush\n request 1 acme:9:5\n"
             "commit 1 acme:9:5\n reply 1 200 0=DuplicateRecord\n say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "an entry of the scenario, claimed on a duplicate",
         .scenario = PRELOADED,
         .tale =
             "preload acme:9:7\n hello\n usage u1 acme 5 9\n done\n flush\n request 1 acme:9:5\n"
             "commit 1 acme:9:5\n reply 1 200 0=DuplicateRecord\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "DuplicateRecord stands for another one"},
        {.name = "a commit that the ledger does not hold",
         .tale = ASK
         "flush\n request 1 acme:9:7\n"
         "event commit {'x':1,'region':'us-east-1','records':[{'i':0,'product':'widget','payer':"
         "'customer:acme','dimension':'requests','hour':'2026-11-18T09:00:00Z','quantity':7,"
         "'billed':true}]}\n say u1 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_HARNESS_ERROR,
         .says = "Line 7 bills 7 that ledger.json does not hold"},
        {.name = "one entry, two commits",
         .tale = ASK
         "flush\n meter 1 acme:9:7\n"
         "event commit {'x':1,'region':'us-east-1','records':[{'i':0,'product':'widget','payer':"
         "'customer:acme','dimension':'requests','hour':'2026-11-18T09:00:00Z','quantity':7,"
         "'billed':true}]}\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_HARNESS_ERROR,
         .says = "the journal has 2 commit(s) of it"},
        {.name = "an hour of two instances: two entries of one key",
         .tale = TWO_INSTANCES "commit 2 acme:9:7+#r2\n reply 2 200 0=Success\n say u1 metered\n"
                               "say u2 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "an hour of two instances, of which one entry is another",
         .tale = TWO_INSTANCES
         "event commit {'x':2,'region':'us-east-1','records':[{'i':0,'product':'widget','payer':"
         "'customer:acme','dimension':'requests','hour':'2026-11-18T09:00:00Z','quantity':7,"
         "'billed':true,'record':'r9'}]}\n say u1 metered\n say u2 unknown\n" FINISH,
         .check = "money",
         .verdict = VERDICT_HARNESS_ERROR,
         .says = "that ledger.json does not hold"},
        {.name = "no ledger to hold it against, as the evidence is cut",
         .tale = "preload acme:9:7\n" ASK "flush\n say u1 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "does not reach to the end",
         .integrity = INTEGRITY_CUT},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

// The whole text: what is told is told once, and of the right usages.
static void is_told_to_people(void)
{
    static const struct {
        const char *name, *tale, *text;
        size_t line_count;
    } ROWS[] = {
        {"moved, of two usages the one with that quantity",
         "hello\n usage u1 acme 4 8\n done\n usage u2 acme 7 9\n done\n usage u3 acme 6 7\n done\n"
         "meter 1 acme:9:7\n meter 2 acme:10:7\n end done",
         "u2 (acme, requests, 2026-11-18T09:00Z): asked 7, billed 14: sent again at line 12 with "
         "hour "
         "2026-11-18T10:00Z, which the service took as new usage.",
         2},
        {"the second of two moved",
         "hello\n usage u1 acme 7 8\n done\n usage u2 acme 7 9\n done\n meter 2 acme:10:7\n end "
         "done",
         "u1 (acme, requests, 2026-11-18T08:00Z): asked 7, billed 7 under another hour: sent at "
         "line "
         "7 with hour 2026-11-18T10:00Z, for which nothing was asked.",
         2},
        {"moved, beside usage of the same hour that was billed",
         "hello\n usage u1 acme 3 9\n done\n meter 1 acme:9:3\n usage u2 acme 4 9\n done\n"
         "meter 2 acme:10:4\n end done",
         "u2 (acme, requests, 2026-11-18T09:00Z): asked 4, billed 4 under another hour: sent at "
         "line 10 with hour 2026-11-18T10:00Z, for which nothing was asked.",
         2},
        {"a sum, sent again",
         "hello\n usage u1 acme 3 9\n done\n usage u2 acme 4 9\n done\n meter 1 acme:9:7\n"
         "meter 2 acme:10:7\n end done",
         "u1 + u2 (acme, requests, 2026-11-18T09:00Z): asked 7, billed 14: sent again at line 10 "
         "with hour 2026-11-18T10:00Z, which the service took as new usage.",
         2},
        {"over, in two regions, and again",
         ASK "meter 1 acme:9:7\n request 2 acme:9:7\n commit 2 @eu-west-1 acme:9:7+\n"
             "request 3 acme:9:7\n commit 3 @eu-west-2 acme:9:7+\n end done",
         KEY_1
         "asked 7, billed 14: 7 at line 6 (customer:acme in us-east-1, 2026-11-18T09:00Z); 7 at "
         "line 9 (customer:acme in eu-west-1, 2026-11-18T09:00Z).",
         2},
        {"claimed, neither billed nor confirmed",
         ASK "flush\n say u1 metered\n request 1 acme:9:7\n end done",
         KEY_1
         "called metered at line 6, but 0 of 7 called metered for this key was billed by then.",
         1},
        {"four usages of a key",
         "hello\n usage a acme 1 9\n usage b acme 1 9\n usage c acme 1 9\n usage d acme 1 9\n"
         "meter 1 acme:9:5\n end done",
         "a + b + c + d (acme, requests, 2026-11-18T09:00Z): asked 4, billed 5: 5 at line 8 "
         "(customer:acme in us-east-1, 2026-11-18T09:00Z).",
         1},
        {"six usages of a key",
         "hello\n usage a acme 1 9\n usage b acme 1 9\n usage c acme 1 9\n usage d acme 1 9\n"
         "usage e acme 1 9\n usage f acme 1 9\n meter 1 acme:9:7\n end done",
         "a + b + c + d and 2 more (acme, requests, 2026-11-18T09:00Z): asked 6, billed 7: 7 at "
         "line "
         "10 (customer:acme in us-east-1, 2026-11-18T09:00Z).",
         1},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct evidence_case evidence;
        tale_read(&evidence, PLAIN, ROWS[i].tale);
        struct result_run *run = result_run_new();
        CHECK_INT(judge_case(result_add_case(run), &evidence, NULL), RC_OK);
        const struct result_check *money = &run->cases[0].checks[2];
        CHECK_TEXT(money->id, "money");
        CHECK_TEXT(money->text, ROWS[i].text);
        CHECK_INT(money->line_count, ROWS[i].line_count);
        result_run_free(&run);
        tale_clear(&evidence);
    }
    unit_row(NULL);
}

static void of_cut_evidence(void)
{
    static const struct row ROWS[] = {
        {.name = "billed twice in what is there",
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n meter 2 acme:10:7\n",
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "asked 7, billed 14",
         .integrity = INTEGRITY_CUT},
        {.name = "claimed too early in what is there",
         .tale = ASK "flush\n say u1 metered\n",
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "called metered at line 6, but 0 of 7",
         .integrity = INTEGRITY_CUT},
        {.name = "no word yet",
         .tale = ASK "flush\n done\n",
         .check = "money",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "never said what became of it",
         .integrity = INTEGRITY_CUT},
        {.name = "nothing wrong yet",
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n done\n",
         .check = "money",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "The evidence does not reach to the end.",
         .integrity = INTEGRITY_CUT},
        {.name = "nothing wrong in what was tampered with",
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "The evidence is not what was written: ",
         .integrity = INTEGRITY_BROKEN},
        {.name = "billed twice, in what was tampered with",
         .tale = ASK "flush\n meter 1 acme:9:7\n meter 2 license:acme:9:7\n" FINISH,
         .check = "money",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "The evidence is not what was written: ",
         .integrity = INTEGRITY_BROKEN},
        {.name = "interrupted by a person",
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n done\n end interrupted",
         .check = "money",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "does not reach to the end"},
        {.name = "lines were lost",
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n done\n"
                     "event end {'why':'done','lost':3}",
         .check = "money",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "does not reach to the end"},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

const struct unit_test MONEY_TESTS[] = {
    {"nothing is billed twice", nothing_billed_twice},
    {"usage without a time may belong to either hour", hours_of_unstamped_usage},
    {"commits and ledger.json are one", our_own_accounts},
    {"what is found is told to people", is_told_to_people},
    {"in cut evidence what is wrong stays wrong", of_cut_evidence},
    {NULL, NULL}};
