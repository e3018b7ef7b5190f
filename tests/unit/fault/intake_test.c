// SPDX-License-Identifier: Apache-2.0
// How much of a request's body may be read as time passes, and where cuts are.
#include "tests/unit/fault/fault_tests.h"

#define SLOW "{\"slow_read\":{\"bytes_per_s\":100}}"

void intakes(void)
{
    static const struct {
        const char *name, *actions;
        int64_t elapsed_us;
        bool is_held;
        size_t limit;
        int64_t wake_us;
    } ROWS[] = {
        {"nothing holds it back", "[]", 0, false, SIZE_MAX, 0},
        {"a delay holds all of it", "[{\"delay\":\"1s\"}]", 999999, true, 0, 1000000},
        {"a delay is over", "[{\"delay\":\"1s\"}]", 1000000, false, SIZE_MAX, 0},
        {"slowly: nothing yet", "[" SLOW "]", 0, false, 0, 10000},
        {"slowly: just before a byte", "[" SLOW "]", 9999, false, 0, 14999},
        {"slowly: at the byte", "[" SLOW "]", 10000, false, 1, 20000},
        {"slowly: in the middle", "[" SLOW "]", 1505000, false, 150, 1510000},
        {"a fast rate wakes now and then", "[{\"slow_read\":{\"bytes_per_s\":10000}}]", 1000, false,
         10, 6000},
        {"slowly, before the delay is over", "[" SLOW ",{\"delay\":\"1s\"}]", 999999, true, 0,
         1000000},
        {"slowly, from the delay on", "[" SLOW ",{\"delay\":\"1s\"}]", 1505000, false, 50, 1510000},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct fault_plan plan;
        CHECK_INT(plan_make(&plan, ROWS[i].actions, 1, NULL), RC_OK);
        struct fault_intake intake = fault_plan_intake(&plan, ROWS[i].elapsed_us);
        CHECK(intake.is_held == ROWS[i].is_held);
        CHECK_INT(intake.limit, ROWS[i].limit);
        CHECK_INT(intake.wake_us, ROWS[i].wake_us);
        fault_plan_clear(&plan);
    }
    unit_row(NULL);
}

void cut_places(void)
{
    static const struct {
        const char *actions;
        enum fault_at at;
    } ROWS[] = {
        {"[]", FAULT_IN_RESPONSE},
        {"[{\"delay\":\"1s\"}]", FAULT_IN_RESPONSE},
        {"[" SLOW "]", FAULT_IN_RESPONSE},
        {"[{\"wrong_length\":{\"by\":1}}]", FAULT_IN_RESPONSE},
        {"[{\"fin\":{\"at\":\"before-request\"}}]", FAULT_BEFORE_REQUEST},
        {"[{\"empty_reply\":{}}]", FAULT_BEFORE_RESPONSE},
        {"[{\"rst\":{\"at\":\"after-response\"}},{\"delay\":\"1s\"}]", FAULT_AFTER_RESPONSE},
        {"[{\"rst\":{\"at\":\"after-response\"}},{\"truncate\":{\"after_bytes\":3}}]",
         FAULT_IN_RESPONSE},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].actions);
        struct fault_plan plan;
        CHECK_INT(plan_make(&plan, ROWS[i].actions, 1, NULL), RC_OK);
        CHECK_INT(fault_plan_cut_at(&plan), ROWS[i].at);
        fault_plan_clear(&plan);
    }
    unit_row(NULL);
}
