// SPDX-License-Identifier: Apache-2.0
// A window needs no probe of ours, as one of a rule does: nobody judges a replay by it, and a
// replay connects to nobody.
#include "proxy/rerun.h"

#include "proxy/answer.h"
#include "proxy/lane_inside.h"
#include "proxy/recording/replay.h"
#include "proxy/scenario/vocabulary.h"

static int64_t machine_us(const struct lane *lane)
{
    return clock_wall_us(loop_clock(lane->loop));
}

static struct journal *begin_event(struct lane *lane, const struct recorded *e)
{
    struct journal *j = lane->journal;
    (void)journal_begin(j, EVENT_REPLAY);
    journal_text(j, "phase", span_of(phase_name(e->phase)));
    journal_bool(j, "found", e->left_out == NULL);
    journal_int(j, "recorded", (int64_t)e->n);
    return j;
}

static void tell_nth(struct lane *lane, const struct recorded *e, uint64_t number, bool is_met)
{
    struct journal *j = begin_event(lane, e);
    journal_int(j, "x", (int64_t)number);
    journal_int(j, "nth", (int64_t)e->nth);
    if (is_met) {
        journal_text(j, "why", SPAN("a rule acts in its place"));
    }
    (void)journal_end(j);
}

struct draw rerun_draw(const struct lane *lane, const struct recorded *e)
{
    return e->is_drawn ? e->drawn : lane_draw(lane, SPAN("recording"), e->n);
}

static const struct recorded *take(struct lane *lane, enum phase phase, enum operation operation,
                                   uint64_t nth)
{
    const struct recorded *e =
        replay_take_nth(lane->options.replay, phase, operation, nth, machine_us(lane));
    if (e != NULL) {
        rerun_follow(lane);
    }
    return e;
}

static bool has_reply(const struct recorded *e)
{
    for (size_t i = 0; i < e->action_count; i++) {
        if (e->actions[i].verb == ACTION_RESPOND) {
            return true;
        }
    }
    return false;
}

void rerun_head(struct exchange *x)
{
    const struct recorded *e = x->lane->options.replay == NULL || x->target != TARGET_SERVICE
                                   ? NULL
                                   : take(x->lane, PHASE_HEAD, x->operation, x->nth_head);
    if (e == NULL) {
        return;
    }
    tell_nth(x->lane, e, x->number, x->rule != NULL);
    if (x->rule != NULL || e->left_out != NULL) {
        return;
    }
    struct draw draw = rerun_draw(x->lane, e);
    // recording_read has made every plan once, so this one cannot fail.
    enum rc rc = fault_plan_init(&x->plan, e->actions, e->action_count, &draw, NULL);
    (void)rc;
    x->is_early = has_reply(e);
    if (x->is_early) {
        answer_early(x, e->actions, e->action_count);
        x->origin = "recording";
    }
}

const struct recorded *rerun_handshake(struct lane *lane, uint64_t nth, bool is_met)
{
    const struct recorded *e =
        lane->options.replay == NULL ? NULL : take(lane, PHASE_TLS, OPERATION_NONE, nth);
    if (e != NULL) {
        tell_nth(lane, e, 0, is_met);
    }
    return is_met || e == NULL || e->left_out != NULL ? NULL : e;
}

static void tell_edge(struct lane *lane, const struct recorded *e, const char *edge, enum rc rc)
{
    struct journal *j = begin_event(lane, e);
    journal_text(j, "edge", span_of(edge));
    if (rc != RC_OK) {
        journal_text(j, "why", SPAN("the port was lost: it cannot be held, or listened on again"));
    }
    (void)journal_end(j);
}

static void on_edge(void *arg)
{
    struct lane *lane = arg;
    struct rerun *rerun = &lane->rerun;
    struct port *port = &lane->ports[TARGET_SERVICE];
    struct replay_window window;
    if (!replay_next_window(lane->options.replay, &window)) {
        return;
    }
    bool is_due = machine_us(lane) >= (rerun->is_shut ? window.close_us : window.open_us);
    if (is_due && !rerun->is_shut) {
        rerun->is_shut = true;
        tell_edge(lane, window.opens, "begin", refusal_hold(port));
    } else if (is_due) {
        rerun->is_shut = false;
        tell_edge(lane, window.opens, "end", refusal_release(port));
        replay_end_window(lane->options.replay);
    }
    rerun_follow(lane);
}

void rerun_follow(struct lane *lane)
{
    struct rerun *rerun = &lane->rerun;
    struct replay_window window;
    if (lane->options.replay == NULL || lane->is_closed ||
        !replay_next_window(lane->options.replay, &window)) {
        return;
    }
    int64_t edge_us = rerun->is_shut ? window.close_us : window.open_us;
    if (edge_us != INT64_MAX) {
        int64_t left_us = edge_us - machine_us(lane);
        loop_timer_start(&rerun->timer, left_us > 0 ? left_us : 0);
    }
}

void rerun_init(struct lane *lane)
{
    loop_timer_init(&lane->rerun.timer, lane->loop, on_edge, lane);
}

void rerun_begin(struct lane *lane)
{
    if (lane->options.replay != NULL) {
        replay_begin(lane->options.replay, machine_us(lane));
        rerun_follow(lane);
    }
}

void rerun_end(struct lane *lane)
{
    loop_timer_stop(&lane->rerun.timer);
}
