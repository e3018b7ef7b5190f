// SPDX-License-Identifier: Apache-2.0
// What was drawn, written down.
#include "tests/unit/fault/fault_tests.h"

static int64_t wake_of(const char *actions, uint64_t index)
{
    struct fault_plan plan;
    struct fault_view view = {.total_bytes = 300};
    CHECK_INT(plan_make(&plan, actions, index, NULL), RC_OK);
    int64_t wake_us = fault_plan_ask(&plan, &view).wake_us;
    fault_plan_clear(&plan);
    return wake_us;
}

// Delays that were drawn once, by match index.
void delays_by_match(void)
{
    static const char BY_MATCH[] =
        "[{\"delay\":{\"by_match\":{\"2\":\"1234567us\",\"12\":\"1s\"}}}]";
    CHECK_INT(wake_of(BY_MATCH, 2), 1234567);
    CHECK_INT(wake_of(BY_MATCH, 12), 1000000);
    CHECK_INT(wake_of(BY_MATCH, 1), 0);
}

// A drawn delay is written down as the plan waits for it.
void resolved_delays(void)
{
    static const char UNIFORM[] = "{\"uniform\":[\"100ms\",\"300ms\"]}";
    OWN(json) cJSON *args = NULL;
    CHECK_INT(json_read(&args, NULL, span_of(UNIFORM), NULL, NULL), RC_OK);
    struct action action = {.verb = ACTION_DELAY, .args = args};
    for (uint64_t i = 1; i <= 20; i++) {
        struct draw draw = {.seed = 7, .case_id = SPAN("c"), .rule = SPAN("r"), .index = i};
        OWN_BUF struct buf list = {0};
        buf_add_char(&list, '[');
        fault_resolve(&list, &action, &draw);
        buf_add_char(&list, ']');
        OWN(text) char *resolved = buf_take_text(&list);
        CHECK_INT(wake_of(resolved, 1),
                  wake_of("[{\"delay\":{\"uniform\":[\"100ms\",\"300ms\"]}}]", i));
    }
}
