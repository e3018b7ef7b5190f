// SPDX-License-Identifier: Apache-2.0
// rate_limit and drip: how far the reply may go as time passes, and when more may follow.
#include "tests/unit/fault/fault_tests.h"

#define RATE "[{\"rate_limit\":{\"bytes_per_s\":100}}]"
#define DRIP "[{\"drip\":{\"bytes\":64,\"every\":\"200ms\"}}]"

static struct fault_say ask(const char *actions, int64_t elapsed_us, size_t total)
{
    struct fault_plan plan;
    struct fault_view view = {.elapsed_us = elapsed_us, .head_bytes = 100, .total_bytes = total};
    CHECK_INT(plan_make(&plan, actions, 1, NULL), RC_OK);
    struct fault_say say = fault_plan_ask(&plan, &view);
    fault_plan_clear(&plan);
    return say;
}

void paces(void)
{
    static const struct {
        const char *name, *actions;
        int64_t elapsed_us;
        size_t limit;
        int64_t wake_us;
        enum fault_end end;
    } ROWS[] = {
        {"rate at once: nothing", RATE, 0, 0, 10000, FAULT_GO_ON},
        {"rate just before a byte", RATE, 9999, 0, 14999, FAULT_GO_ON},
        {"rate at the byte", RATE, 10000, 1, 20000, FAULT_GO_ON},
        {"rate in the middle", RATE, 1505000, 150, 1510000, FAULT_GO_ON},
        {"rate one short of the end", RATE, 2990000, 299, 3000000, FAULT_GO_ON},
        {"rate at the end", RATE, 3000000, 300, 0, FAULT_GO_ON},
        {"a fast rate wakes now and then", "[{\"rate_limit\":{\"bytes_per_s\":10000}}]", 1000, 10,
         6000, FAULT_GO_ON},
        {"but not later than the end", "[{\"rate_limit\":{\"bytes_per_s\":10000}}]", 29000, 290,
         30000, FAULT_GO_ON},
        {"a rate that is no limit", "[{\"rate_limit\":{\"bytes_per_s\":1000000}}]", 300, 300, 0,
         FAULT_GO_ON},
        {"drip at once: a piece", DRIP, 0, 64, 200000, FAULT_GO_ON},
        {"drip just before a piece", DRIP, 199999, 64, 200000, FAULT_GO_ON},
        {"drip at the piece", DRIP, 200000, 128, 400000, FAULT_GO_ON},
        {"drip before its last piece", DRIP, 799999, 256, 800000, FAULT_GO_ON},
        {"drip at its last piece", DRIP, 800000, 300, 0, FAULT_GO_ON},
        {"drip in one piece", "[{\"drip\":{\"bytes\":300,\"every\":\"1s\"}}]", 0, 300, 0,
         FAULT_GO_ON},
        {"drip in two pieces", "[{\"drip\":{\"bytes\":299,\"every\":\"1s\"}}]", 0, 299, 1000000,
         FAULT_GO_ON},
        {"both: the slower one",
         "[{\"rate_limit\":{\"bytes_per_s\":100}},"
         "{\"drip\":{\"bytes\":64,\"every\":\"200ms\"}}]",
         200000, 20, 210000, FAULT_GO_ON},
        {"a pace begins after the delay",
         "[{\"drip\":{\"bytes\":64,\"every\":\"200ms\"}},"
         "{\"delay\":\"1s\"}]",
         1200000, 128, 1400000, FAULT_GO_ON},
        {"and not before",
         "[{\"drip\":{\"bytes\":64,\"every\":\"200ms\"}},"
         "{\"delay\":\"1s\"}]",
         999999, 0, 1000000, FAULT_GO_ON},
        {"a rate begins after the delay",
         "[{\"rate_limit\":{\"bytes_per_s\":100}},{\"delay\":\"1s\"}]", 1505000, 50, 1510000,
         FAULT_GO_ON},
        {"and not before", "[{\"rate_limit\":{\"bytes_per_s\":100}},{\"delay\":\"1s\"}]", 999999, 0,
         1010000, FAULT_GO_ON},
        {"a cut within a drip: not yet",
         "[{\"drip\":{\"bytes\":64,\"every\":\"200ms\"}},"
         "{\"rst\":{\"at\":\"response\",\"after_bytes\":100}}]",
         0, 64, 200000, FAULT_GO_ON},
        {"a cut within a drip",
         "[{\"drip\":{\"bytes\":64,\"every\":\"200ms\"}},"
         "{\"rst\":{\"at\":\"response\",\"after_bytes\":100}}]",
         200000, 100, 0, FAULT_RST},
        {"a wrong length within a drip: not yet",
         "[{\"drip\":{\"bytes\":64,\"every\":\"200ms\"}},{\"wrong_length\":{\"by\":1}}]", 799999,
         256, 800000, FAULT_GO_ON},
        {"a wrong length within a drip",
         "[{\"drip\":{\"bytes\":64,\"every\":\"200ms\"}},{\"wrong_length\":{\"by\":1}}]", 800000,
         300, 0, FAULT_FIN},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct fault_say say = ask(ROWS[i].actions, ROWS[i].elapsed_us, 300);
        CHECK_INT(say.limit, ROWS[i].limit);
        CHECK_INT(say.wake_us, ROWS[i].wake_us);
        CHECK_INT(say.end, ROWS[i].end);
    }
    unit_row(NULL);
}

// Whoever asks again when he was told to gets everything, in no more turns than it takes, and
// neither early nor late.
static void follow(const char *actions, size_t total, int64_t over_us, int turns_at_most)
{
    int64_t now_us = 0;
    int turns = 0;
    struct fault_say say = ask(actions, now_us, total);
    unit_row(actions);
    while (say.limit < total && turns <= turns_at_most) {
        CHECK(say.wake_us > now_us);
        now_us = say.wake_us;
        size_t before = say.limit;
        say = ask(actions, now_us, total);
        CHECK(say.limit >= before);
        turns++;
    }
    CHECK_INT(now_us, over_us);
    CHECK(turns <= turns_at_most);
    unit_row(NULL);
}

void wakes(void)
{
    follow(RATE, 300, 3000000, 300);
    follow(DRIP, 300, 800000, 4);
    follow("[{\"rate_limit\":{\"bytes_per_s\":3}}]", 10, 3333334, 10);
    follow("[{\"rate_limit\":{\"bytes_per_s\":7}}]", 5, 714286, 5);
    follow("[{\"rate_limit\":{\"bytes_per_s\":1000000}}]", 1000000, 1000000, 200);
    follow("[{\"rate_limit\":{\"bytes_per_s\":1000000}}]", 3, 3, 1);
    follow("[{\"drip\":{\"bytes\":1,\"every\":\"1ms\"}},{\"delay\":\"2s\"}]", 4, 2003000, 4);
}
