// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/json.h"
#include "proxy/fault/stage.h"

void fault_resolve(struct buf *out, const struct action *action, const struct draw *draw)
{
    struct fault_plan plan;
    buf_add_text(out, "{");
    buf_add_json_string(out, span_of(action_name(action->verb)));
    buf_add_char(out, ':');
    enum rc rc = fault_plan_init(&plan, action, 1, draw, NULL);
    if (rc == RC_OK && action->verb == ACTION_DELAY) {
        buf_addf(out, "\"%lldus\"", (long long)plan.stages[0].us);
    } else {
        json_print(out, action->args);
    }
    buf_add_char(out, '}');
    fault_plan_clear(&plan);
}
