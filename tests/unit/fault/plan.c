// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/fault/fault_tests.h"

enum rc plan_make(struct fault_plan *plan, const char *json, uint64_t index, struct diag *d)
{
    cJSON *list = NULL;
    struct action actions[4] = {{0}};
    size_t count = 0;
    enum rc rc = json_read(&list, NULL, span_of(json), NULL, NULL);
    CHECK_INT(rc, RC_OK);
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        for (int verb = 0; verb < ACTION_COUNT; verb++) {
            if (span_is(span_of(item->child->string), action_name((enum action_verb)verb))) {
                actions[count++] =
                    (struct action){.verb = (enum action_verb)verb, .args = item->child};
            }
        }
    }
    struct draw draw = {.seed = 7, .case_id = SPAN("c"), .rule = SPAN("r"), .index = index};
    rc = fault_plan_init(plan, actions, count, &draw, d);
    cJSON_Delete(list);
    return rc;
}
