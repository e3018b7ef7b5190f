// SPDX-License-Identifier: Apache-2.0
// Stages are asked in the order of their types (first what waits, then what cuts), so that "delay,
// then rst" resets after the delay, whatever order the scenario names them in. What paces begins
// when the delays are over.
#include "proxy/fault/fault.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/fault/stage.h"

static const struct fault_type TYPES[] = {
    {.verb = ACTION_DELAY, .init = delay_init, .ask = delay_ask},
    {.verb = ACTION_RATE_LIMIT, .init = rate_init, .ask = rate_ask},
    {.verb = ACTION_DRIP, .init = drip_init, .ask = drip_ask},
    {.verb = ACTION_SLOW_READ, .init = rate_init},
    {.verb = ACTION_HANG, .end = FAULT_HANG, .init = cut_init, .ask = cut_ask},
    {.verb = ACTION_FIN, .end = FAULT_FIN, .init = cut_init, .ask = cut_ask},
    {.verb = ACTION_RST, .end = FAULT_RST, .init = cut_init, .ask = cut_ask},
    {.verb = ACTION_EMPTY_REPLY, .end = FAULT_FIN, .init = cut_init, .ask = cut_ask},
    {.verb = ACTION_TRUNCATE, .end = FAULT_FIN, .init = truncate_init, .ask = cut_ask},
    {.verb = ACTION_WRONG_LENGTH,
     .end = FAULT_FIN,
     .init = length_init,
     .rewrite = length_rewrite,
     .ask = end_ask},
    {.verb = ACTION_MALFORMED_CHUNK, .end = FAULT_FIN, .rewrite = chunk_rewrite, .ask = end_ask},
    {.verb = ACTION_GARBAGE,
     .end = FAULT_FIN,
     .init = garbage_init,
     .rewrite = garbage_rewrite,
     .ask = end_ask},
    {.verb = ACTION_NO_CLOSE_NOTIFY, .end = FAULT_FIN, .ask = end_ask},
    {.verb = ACTION_IDLE_CLOSE, .init = idle_init},
};

#define TYPE_COUNT (sizeof TYPES / sizeof TYPES[0])

static const char *const AT_NAMES[] = {
    [FAULT_BEFORE_REQUEST] = "before-request",
    [FAULT_BEFORE_RESPONSE] = "before-response",
    [FAULT_IN_RESPONSE] = "response",
    [FAULT_AFTER_RESPONSE] = "after-response",
};

static const struct fault_type *find(enum action_verb verb)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (TYPES[i].verb == verb) {
            return &TYPES[i];
        }
    }
    return NULL;
}

bool fault_exists(enum action_verb verb)
{
    return find(verb) != NULL;
}

enum fault_at fault_at_find(const char *name)
{
    for (size_t i = 0; i < sizeof AT_NAMES / sizeof AT_NAMES[0]; i++) {
        if (strcmp(name, AT_NAMES[i]) == 0) {
            return (enum fault_at)i;
        }
    }
    return FAULT_IN_RESPONSE;
}

const char *fault_at_name(enum fault_at at)
{
    return AT_NAMES[at];
}

static enum rc add(struct fault_plan *plan, const struct fault_type *type, const cJSON *args,
                   const struct draw *draw, struct diag *d)
{
    plan->stages = x_realloc(plan->stages, (plan->count + 1) * sizeof *plan->stages);
    struct fault_stage *stage = &plan->stages[plan->count++];
    *stage = (struct fault_stage){.type = type, .end = type->end, .at = FAULT_IN_RESPONSE};
    return type->init == NULL ? RC_OK : type->init(stage, args, draw, d);
}

static bool has(const struct fault_plan *plan, enum action_verb verb)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->stages[i].type->verb == verb) {
            return true;
        }
    }
    return false;
}

static enum rc check_together(const struct fault_plan *plan, struct diag *d)
{
    size_t rewrites = 0;
    bool ends = false;
    for (size_t i = 0; i < plan->count; i++) {
        rewrites += plan->stages[i].type->rewrite != NULL ? 1 : 0;
        ends = ends || plan->stages[i].end != FAULT_GO_ON;
    }
    if (rewrites > 1) {
        return diag_fail(d, RC_CONFLICT, "a reply can be broken in one way only");
    }
    if (fault_plan_omits_notice(plan) && (has(plan, ACTION_RST) || has(plan, ACTION_HANG))) {
        return diag_fail(d, RC_CONFLICT, "\"no_close_notify\" needs a connection that ends by FIN");
    }
    if (ends && fault_plan_idle_us(plan) >= 0) {
        return diag_fail(d, RC_CONFLICT,
                         "\"idle_close\" needs a connection that is kept after the reply");
    }
    return RC_OK;
}

enum rc fault_plan_init(struct fault_plan *plan, const struct action *actions, size_t count,
                        const struct draw *draw, struct diag *d)
{
    *plan = (struct fault_plan){0};
    enum rc rc = RC_OK;
    for (size_t t = 0; t < TYPE_COUNT; t++) {
        for (size_t i = 0; i < count && rc == RC_OK; i++) {
            if (actions[i].verb == TYPES[t].verb) {
                rc = add(plan, &TYPES[t], actions[i].args, draw, d);
            }
        }
    }
    return rc == RC_OK ? check_together(plan, d) : rc;
}

void fault_plan_clear(struct fault_plan *plan)
{
    x_free(plan->stages);
    *plan = (struct fault_plan){0};
}

void fault_hold(struct fault_say *say, size_t limit, int64_t wake_us)
{
    if (limit < say->limit) {
        *say = (struct fault_say){.limit = limit, .wake_us = wake_us};
    } else if (limit == say->limit && say->wake_us < wake_us) {
        say->wake_us = wake_us;
    }
}

bool fault_plan_rewrite(const struct fault_plan *plan, struct fault_reply *reply)
{
    bool is_reply = true;
    for (size_t i = 0; i < plan->count; i++) {
        const struct fault_stage *stage = &plan->stages[i];
        is_reply = (stage->type->rewrite == NULL || stage->type->rewrite(stage, reply)) && is_reply;
    }
    return is_reply;
}

bool fault_plan_rewrites(const struct fault_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->stages[i].type->rewrite != NULL) {
            return true;
        }
    }
    return false;
}

bool fault_plan_ends(const struct fault_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->stages[i].end != FAULT_GO_ON) {
            return true;
        }
    }
    return false;
}

int64_t fault_plan_delay_us(const struct fault_plan *plan)
{
    int64_t us = 0;
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->stages[i].type->verb == ACTION_DELAY && plan->stages[i].us > us) {
            us = plan->stages[i].us;
        }
    }
    return us;
}

struct fault_say fault_plan_ask(const struct fault_plan *plan, const struct fault_view *view)
{
    struct fault_say say = {.limit = view->total_bytes, .end = FAULT_GO_ON};
    struct fault_view seen = *view;
    seen.delay_us = fault_plan_delay_us(plan);
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->stages[i].type->ask != NULL) {
            plan->stages[i].type->ask(&plan->stages[i], &seen, &say);
        }
    }
    return say;
}

struct fault_intake fault_plan_intake(const struct fault_plan *plan, int64_t elapsed_us)
{
    int64_t delay_us = fault_plan_delay_us(plan);
    struct fault_intake intake = {.limit = SIZE_MAX};
    if (elapsed_us < delay_us) {
        return (struct fault_intake){.is_held = true, .wake_us = delay_us};
    }
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->stages[i].type->verb == ACTION_SLOW_READ) {
            intake_limit(&plan->stages[i], elapsed_us - delay_us, &intake);
            intake.wake_us += delay_us;
        }
    }
    return intake;
}

enum fault_at fault_plan_cut_at(const struct fault_plan *plan)
{
    enum fault_at at = FAULT_AFTER_RESPONSE;
    bool ends = false;
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->stages[i].end != FAULT_GO_ON) {
            ends = true;
            at = plan->stages[i].at < at ? plan->stages[i].at : at;
        }
    }
    return ends ? at : FAULT_IN_RESPONSE;
}

bool fault_plan_is_active(const struct fault_plan *plan)
{
    return plan->count > 0;
}

bool fault_plan_omits_notice(const struct fault_plan *plan)
{
    return has(plan, ACTION_NO_CLOSE_NOTIFY);
}

int64_t fault_plan_idle_us(const struct fault_plan *plan)
{
    int64_t us = -1;
    for (size_t i = 0; i < plan->count; i++) {
        bool is_idle = plan->stages[i].type->verb == ACTION_IDLE_CLOSE;
        if (is_idle && (us < 0 || plan->stages[i].us < us)) {
            us = plan->stages[i].us;
        }
    }
    return us;
}
