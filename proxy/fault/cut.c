// SPDX-License-Identifier: Apache-2.0
// Cuts: the reply ends at a byte, and the connection as the action's name says.
#include "proxy/fault/stage.h"

static enum rc bytes_of(struct fault_stage *stage, const cJSON *args, struct diag *d)
{
    const cJSON *after = json_get(args, "after_bytes");
    int64_t bytes = 0;
    if (after != NULL && !json_int(after, 0, INT32_MAX, &bytes)) {
        return diag_fail(d, RC_RANGE, "after_bytes is a whole number from 0 to 2147483647");
    }
    stage->after_bytes = (size_t)bytes;
    return RC_OK;
}

enum rc cut_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                 struct diag *d)
{
    (void)draw;
    const char *at = json_get_text(args, "at");
    stage->at = at == NULL ? FAULT_BEFORE_RESPONSE : fault_at_find(at);
    return bytes_of(stage, args, d);
}

enum rc truncate_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                      struct diag *d)
{
    (void)draw;
    stage->at = FAULT_IN_RESPONSE;
    stage->counts_body = true;
    return bytes_of(stage, args, d);
}

void end_ask(const struct fault_stage *stage, const struct fault_view *view, struct fault_say *say)
{
    if (say->limit == view->total_bytes && say->end == FAULT_GO_ON) {
        say->end = stage->end;
    }
}

void cut_ask(const struct fault_stage *stage, const struct fault_view *view, struct fault_say *say)
{
    size_t at = 0;
    if (stage->at == FAULT_IN_RESPONSE) {
        at = stage->after_bytes + (stage->counts_body ? view->head_bytes : 0);
        // A cut at or behind the reply's end would be no cut: the last byte is always held back.
        if (at >= view->total_bytes && view->total_bytes > 0) {
            at = view->total_bytes - 1;
        }
    } else if (stage->at == FAULT_AFTER_RESPONSE) {
        at = view->total_bytes;
    }
    // While an earlier stage waits at this very byte, the cut waits too: "delay, then rst".
    if (at < say->limit || (at == say->limit && say->wake_us == 0)) {
        *say = (struct fault_say){.limit = at, .end = stage->end};
    }
}
