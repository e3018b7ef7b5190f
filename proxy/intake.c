// SPDX-License-Identifier: Apache-2.0
// How a request is read that a rule lets be read late or slowly.
#include "proxy/exchange.h"
#include "proxy/lane_inside.h"

bool exchange_may_read(struct exchange *x, size_t *count)
{
    if (!fault_plan_is_active(&x->plan) || x->is_early) {
        return true;
    }
    int64_t elapsed_us = loop_now_us(x->lane->loop) - x->ready_us;
    struct fault_intake intake = fault_plan_intake(&x->plan, elapsed_us);
    size_t due = intake.limit > x->read_bytes ? intake.limit - x->read_bytes : 0;
    if (intake.is_held || due < *count) {
        loop_timer_start(&x->timer, intake.wake_us - elapsed_us);
        *count = due;
    }
    return !intake.is_held;
}

void exchange_note_read(struct exchange *x, size_t count)
{
    x->read_bytes += count;
}
