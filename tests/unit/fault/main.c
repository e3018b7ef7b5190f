// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/fault/fault_tests.h"

static void cuts_and_waits(void)
{
    static const struct {
        const char *name, *actions;
        int64_t elapsed_us;
        size_t limit;
        int64_t wake_us;
        enum fault_end end;
    } ROWS[] = {
        {"nothing", "[]", 0, 300, 0, FAULT_GO_ON},
        {"service's action only", "[{\"commit\":{}}]", 0, 300, 0, FAULT_GO_ON},
        {"rst before", "[{\"rst\":{\"at\":\"before-response\"}}]", 0, 0, 0, FAULT_RST},
        {"rst unsaid is before", "[{\"rst\":{}}]", 0, 0, 0, FAULT_RST},
        {"fin before the request", "[{\"fin\":{\"at\":\"before-request\"}}]", 0, 0, 0, FAULT_FIN},
        {"empty reply", "[{\"empty_reply\":{}}]", 0, 0, 0, FAULT_FIN},
        {"hang in the reply", "[{\"hang\":{\"at\":\"response\",\"after_bytes\":120}}]", 0, 120, 0,
         FAULT_HANG},
        {"in the reply at its start", "[{\"rst\":{\"at\":\"response\"}}]", 0, 0, 0, FAULT_RST},
        {"never whole", "[{\"fin\":{\"at\":\"response\",\"after_bytes\":300}}]", 0, 299, 0,
         FAULT_FIN},
        {"far behind the end", "[{\"fin\":{\"at\":\"response\",\"after_bytes\":9999}}]", 0, 299, 0,
         FAULT_FIN},
        {"truncate counts the body", "[{\"truncate\":{\"after_bytes\":10}}]", 0, 110, 0, FAULT_FIN},
        {"truncate all", "[{\"truncate\":{\"after_bytes\":200}}]", 0, 299, 0, FAULT_FIN},
        {"delay, early", "[{\"delay\":\"300ms\"}]", 299999, 0, 300000, FAULT_GO_ON},
        {"delay, over", "[{\"delay\":\"300ms\"}]", 300000, 300, 0, FAULT_GO_ON},
        {"two delays, the longer", "[{\"delay\":\"2s\"},{\"delay\":\"1s\"}]", 0, 0, 2000000,
         FAULT_GO_ON},
        {"delay, then rst: waits", "[{\"rst\":{}},{\"delay\":\"1s\"}]", 0, 0, 1000000, FAULT_GO_ON},
        {"delay, then rst: cut", "[{\"rst\":{}},{\"delay\":\"1s\"}]", 1000000, 0, 0, FAULT_RST},
        {"after the reply", "[{\"rst\":{\"at\":\"after-response\"}}]", 0, 300, 0, FAULT_RST},
        {"a hang after the reply", "[{\"hang\":{\"at\":\"after-response\"}}]", 0, 300, 0,
         FAULT_HANG},
        {"delay, then after the reply",
         "[{\"fin\":{\"at\":\"after-response\"}},{\"delay\":\"1s\"}]", 999999, 0, 1000000,
         FAULT_GO_ON},
        {"a wrong length ends as the cut says",
         "[{\"wrong_length\":{\"by\":1}},{\"rst\":{\"at\":\"after-response\"}}]", 0, 300, 0,
         FAULT_RST},
        {"two cuts, the earlier",
         "[{\"fin\":{\"at\":\"response\",\"after_bytes\":50}},"
         "{\"rst\":{\"at\":\"response\",\"after_bytes\":40}}]",
         0, 40, 0, FAULT_RST},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct fault_plan plan;
        struct fault_view view = {
            .elapsed_us = ROWS[i].elapsed_us, .head_bytes = 100, .total_bytes = 300};
        CHECK_INT(plan_make(&plan, ROWS[i].actions, 1, NULL), RC_OK);
        struct fault_say say = fault_plan_ask(&plan, &view);
        CHECK_INT(say.limit, ROWS[i].limit);
        CHECK_INT(say.wake_us, ROWS[i].wake_us);
        CHECK_INT(say.end, ROWS[i].end);
        fault_plan_clear(&plan);
    }
    unit_row(NULL);
}

static void refuses(void)
{
    static const char *const ROWS[] = {
        "[{\"delay\":\"soon\"}]",
        "[{\"delay\":{\"uniform\":[\"300ms\",\"100ms\"]}}]",
        "[{\"delay\":{\"lognormal\":{\"median\":\"1s\"}}}]",
        "[{\"rst\":{\"at\":\"response\",\"after_bytes\":-1}}]",
        "[{\"truncate\":{\"after_bytes\":1.5}}]",
        "[{\"rate_limit\":{\"bytes_per_s\":0}}]",
        "[{\"rate_limit\":{}}]",
        "[{\"drip\":{\"bytes\":0,\"every\":\"1s\"}}]",
        "[{\"drip\":{\"bytes\":1,\"every\":\"0s\"}}]",
        "[{\"drip\":{\"bytes\":1,\"every\":\"often\"}}]",
        "[{\"wrong_length\":{\"by\":0}}]",
        "[{\"wrong_length\":{\"by\":\"5\"}}]",
        "[{\"garbage\":{\"bytes\":0}}]",
        "[{\"idle_close\":{\"after\":\"later\"}}]",
        "[{\"garbage\":{}},{\"malformed_chunk\":{}}]",
        "[{\"wrong_length\":{\"by\":1}},{\"malformed_chunk\":{}}]",
        "[{\"idle_close\":{\"after\":\"1s\"}},{\"fin\":{}}]",
        "[{\"no_close_notify\":{}},{\"rst\":{\"at\":\"before-response\"}}]",
        "[{\"no_close_notify\":{}},{\"hang\":{\"at\":\"before-response\"}}]",
        "[{\"idle_close\":{\"after\":\"1s\"}},{\"wrong_length\":{\"by\":1}}]",
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i]);
        struct fault_plan plan;
        struct diag d = {0};
        CHECK(plan_make(&plan, ROWS[i], 1, &d) != RC_OK);
        CHECK(d.text[0] != '\0');
        fault_plan_clear(&plan);
    }
    unit_row(NULL);
}

static void names(void)
{
    CHECK_INT(fault_at_find("before-request"), FAULT_BEFORE_REQUEST);
    CHECK_INT(fault_at_find("before-response"), FAULT_BEFORE_RESPONSE);
    CHECK_INT(fault_at_find("response"), FAULT_IN_RESPONSE);
    CHECK_INT(fault_at_find("after-response"), FAULT_AFTER_RESPONSE);
    CHECK(fault_exists(ACTION_RST) && !fault_exists(ACTION_ERROR) && !fault_exists(ACTION_REFUSE));
}

int main(void)
{
    static const struct unit_test TESTS[] = {
        {"cuts and waits", cuts_and_waits},
        {"drawn delays", drawn_delays},
        {"fixed delays", fixed_delays},
        {"what is no plan", refuses},
        {"names", names},
        {"paces", paces},
        {"a pace asks to be woken in time", wakes},
        {"requests that are read late or slowly", intakes},
        {"where a plan cuts", cut_places},
        {"wrong lengths", wrong_lengths},
        {"malformed chunks", malformed_chunks},
        {"garbage", garbage},
        {"replies that are let alone", let_alone},
        {"the end after the last byte", ends},
        {"idle connections", idle},
        {NULL, NULL},
    };
    static const struct unit_suite SUITES[] = {{"fault", TESTS}, {NULL, NULL}};
    return unit_run(SUITES);
}
