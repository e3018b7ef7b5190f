// SPDX-License-Identifier: Apache-2.0
#include "suites/play/campaign.h"

#include <signal.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"

// How often our own lag is measured while cases run.
#define BEAT_US (20 * US_PER_MS)

struct campaign {
    const struct campaign_options *options;
    struct loop *loop;
    struct play **live; // as many as jobs; NULL where none runs
    unsigned live_count;
    size_t next;
    bool is_interrupted, runs_alone;
    struct loop_timer beat, start;
    struct loop_signal on_int, on_term;
    struct diag *diag;
    enum rc rc;
};

static void start_soon(struct campaign *c)
{
    loop_timer_start(&c->start, 0);
}

static void on_play_over(void *arg, struct play *play, const struct play_end *end)
{
    struct campaign *c = arg;
    const struct scenario *scenario = play_scenario(play);
    if (c->options->progress.ended != NULL) {
        c->options->progress.ended(c->options->progress.arg, scenario, end);
    }
    if (end->rc != RC_OK && c->rc == RC_OK) {
        c->rc = diag_fail(c->diag, end->rc, "%s: %s", scenario->id, end->text);
    }
    start_soon(c); // it is freed there: this is still its own callback
}

static void reap(struct campaign *c)
{
    for (unsigned i = 0; i < c->options->jobs; i++) {
        if (c->live[i] != NULL && play_is_over(c->live[i])) {
            play_free(&c->live[i]);
            c->live_count--;
            c->runs_alone = false;
        }
    }
}

static bool may_start(const struct campaign *c)
{
    if (c->is_interrupted || c->next == c->options->count || c->live_count == c->options->jobs) {
        return false;
    }
    bool wants_alone = c->options->cases[c->next]->alone;
    return !c->runs_alone && !(wants_alone && c->live_count > 0);
}

static unsigned free_slot(const struct campaign *c)
{
    unsigned i = 0;
    while (c->live[i] != NULL) {
        i++;
    }
    return i;
}

static void start_one(struct campaign *c)
{
    const struct scenario *scenario = c->options->cases[c->next++];
    struct diag d = {0};
    if (c->options->progress.begun != NULL) {
        c->options->progress.begun(c->options->progress.arg, scenario);
    }
    struct play **slot = &c->live[free_slot(c)];
    enum rc rc = play_start(slot, c->options->setting, scenario, on_play_over, c, &d);
    if (rc == RC_OK) {
        c->live_count++;
        c->runs_alone = scenario->alone;
        return;
    }
    struct play_end end = {.why = "harness", .text = d.text, .rc = rc};
    if (c->options->progress.ended != NULL) {
        c->options->progress.ended(c->options->progress.arg, scenario, &end);
    }
    if (c->rc == RC_OK) {
        c->rc = diag_fail(c->diag, rc, "%s: %s", scenario->id, d.text);
    }
}

static void on_start(void *arg)
{
    struct campaign *c = arg;
    reap(c);
    while (may_start(c)) {
        start_one(c);
    }
    if (c->live_count == 0) {
        loop_stop(c->loop);
    }
}

static void on_beat(void *arg)
{
    struct campaign *c = arg;
    int64_t lag_us = loop_take_lag_us(c->loop);
    for (unsigned i = 0; i < c->options->jobs; i++) {
        if (c->live[i] != NULL) {
            play_note_lag(c->live[i], lag_us);
        }
    }
    loop_timer_start(&c->beat, BEAT_US);
}

static void on_interrupt(void *arg)
{
    struct campaign *c = arg;
    c->is_interrupted = true;
    for (unsigned i = 0; i < c->options->jobs; i++) {
        if (c->live[i] != NULL) {
            play_interrupt(c->live[i]);
        }
    }
}

static void stop(struct campaign *c)
{
    loop_timer_stop(&c->beat);
    loop_timer_stop(&c->start);
    loop_signal_stop(&c->on_int);
    loop_signal_stop(&c->on_term);
    for (unsigned i = 0; i < c->options->jobs; i++) {
        play_free(&c->live[i]);
    }
    x_free(c->live);
    loop_free(&c->loop);
}

enum rc campaign_run(const struct campaign_options *options, bool *interrupted, struct diag *d)
{
    struct campaign c = {.options = options, .loop = loop_new(), .diag = d};
    options->setting->loop = c.loop;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): the elements are pointers
    c.live = x_alloc(options->jobs * sizeof *c.live);
    loop_timer_init(&c.beat, c.loop, on_beat, &c);
    loop_timer_init(&c.start, c.loop, on_start, &c);
    loop_signal_start(&c.on_int, c.loop, SIGINT, on_interrupt, &c);
    loop_signal_start(&c.on_term, c.loop, SIGTERM, on_interrupt, &c);
    on_beat(&c);
    start_soon(&c);
    enum rc rc = loop_run(c.loop);
    if (rc != RC_OK) {
        c.rc = diag_fail(d, rc, "the loop failed");
    }
    *interrupted = c.is_interrupted;
    stop(&c);
    return c.rc;
}
