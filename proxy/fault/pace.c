// SPDX-License-Identifier: Apache-2.0
// What paces a reply, or the reading of a request: so many bytes a second, or a piece now and then.
// The limit grows with the time since the delays are over.
#include "proxy/base/instant.h"
#include "proxy/fault/stage.h"

// Fewer wake-ups than one in this time gain nothing that a client could see.
#define QUANTUM_US (INT64_C(5) * 1000)

static enum rc count_of(size_t *count, const cJSON *args, const char *key, struct diag *d)
{
    int64_t number = 0;
    if (!json_int(json_get(args, key), 1, INT32_MAX, &number)) {
        return diag_fail(d, RC_RANGE, "%s is a whole number from 1 to 2147483647", key);
    }
    *count = (size_t)number;
    return RC_OK;
}

enum rc rate_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                  struct diag *d)
{
    (void)draw;
    return count_of(&stage->bytes, args, "bytes_per_s", d);
}

// The time it takes to send so many bytes, rounded up, so that asking then finds them due.
static int64_t time_for(const struct fault_stage *stage, int64_t bytes)
{
    int64_t rate = (int64_t)stage->bytes;
    return bytes / rate * US_PER_S + (bytes % rate * US_PER_S + rate - 1) / rate;
}

// The bytes that are due; seconds and the rest apart, so that no product overflows.
static int64_t due_by(const struct fault_stage *stage, int64_t us)
{
    int64_t rate = (int64_t)stage->bytes;
    return us <= 0 ? 0 : us / US_PER_S * rate + us % US_PER_S * rate / US_PER_S;
}

// When it is worth while to ask again.
static int64_t next_wake(const struct fault_stage *stage, int64_t due, int64_t paced_us)
{
    int64_t wake_us = time_for(stage, due + 1);
    return wake_us < paced_us + QUANTUM_US ? paced_us + QUANTUM_US : wake_us;
}

void rate_ask(const struct fault_stage *stage, const struct fault_view *view, struct fault_say *say)
{
    int64_t paced_us = view->elapsed_us - view->delay_us;
    int64_t due = due_by(stage, paced_us);
    if (due >= (int64_t)view->total_bytes) {
        return;
    }
    int64_t wake_us = next_wake(stage, due, paced_us);
    int64_t end_us = time_for(stage, (int64_t)view->total_bytes);
    fault_hold(say, (size_t)due, view->delay_us + (wake_us < end_us ? wake_us : end_us));
}

void intake_limit(const struct fault_stage *stage, int64_t paced_us, struct fault_intake *intake)
{
    int64_t due = due_by(stage, paced_us);
    intake->limit = (size_t)due;
    intake->wake_us = next_wake(stage, due, paced_us);
}

enum rc drip_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                  struct diag *d)
{
    (void)draw;
    enum rc rc = count_of(&stage->bytes, args, "bytes", d);
    if (rc == RC_OK) {
        rc = duration_parse(&stage->us, json_span(json_get(args, "every")), d);
    }
    if (rc == RC_OK && stage->us <= 0) {
        rc = diag_fail(d, RC_RANGE, "the time between two pieces must be more than nothing");
    }
    return rc;
}

// The first piece goes at once.
void drip_ask(const struct fault_stage *stage, const struct fault_view *view, struct fault_say *say)
{
    int64_t paced_us = view->elapsed_us - view->delay_us;
    int64_t pieces = paced_us < 0 ? 0 : 1 + paced_us / stage->us;
    if (pieces > (int64_t)(view->total_bytes / stage->bytes) ||
        (size_t)pieces * stage->bytes >= view->total_bytes) {
        return;
    }
    fault_hold(say, (size_t)pieces * stage->bytes, view->delay_us + pieces * stage->us);
}
