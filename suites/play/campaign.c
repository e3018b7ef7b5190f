// SPDX-License-Identifier: Apache-2.0
#include "suites/play/campaign.h"

#include <signal.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"

// How often our own lag is measured while cases run.
#define BEAT_US (20 * US_PER_MS)

// A place for a play that runs.
struct slot {
    struct play *play; // NULL: free
    size_t index;      // of its case
};

struct campaign {
    const struct campaign_options *options;
    struct loop *loop;
    struct slot *slots; // as many as jobs
    unsigned live_count;
    size_t next;
    size_t *again; // indices of cases that are to be played once more
    size_t again_count, again_capacity;
    bool *was_again; // of each case
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

static struct slot *slot_of(const struct campaign *c, const struct play *play)
{
    struct slot *slot = c->slots;
    while (slot->play != play) {
        slot++;
    }
    return slot;
}

// Once more is enough, since no case is as long as an hour; and so it is
// where usage of an earlier case came, since by then it was refused.
static bool is_to_be_repeated(struct campaign *c, size_t index, const struct play_end *end)
{
    bool is_void = end->hour_turned || end->was_disturbed;
    if (!is_void || end->rc != RC_OK || c->is_interrupted || c->was_again[index]) {
        return false;
    }
    c->was_again[index] = true;
    X_GROW(c->again, c->again_count, c->again_capacity);
    c->again[c->again_count++] = index;
    return true;
}

static void on_play_over(void *arg, struct play *play, const struct play_end *end)
{
    struct campaign *c = arg;
    const struct scenario *scenario = play_scenario(play);
    bool is_last = !is_to_be_repeated(c, slot_of(c, play)->index, end);
    if (is_last && c->options->progress.ended != NULL) {
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
        if (c->slots[i].play != NULL && play_is_over(c->slots[i].play)) {
            play_free(&c->slots[i].play);
            c->live_count--;
            c->runs_alone = false;
        }
    }
}

// The case that would be played next; there must be one.
static size_t upcoming(const struct campaign *c)
{
    return c->again_count > 0 ? c->again[c->again_count - 1] : c->next;
}

static bool may_start(const struct campaign *c)
{
    bool has_more = c->again_count > 0 || c->next < c->options->count;
    if (c->is_interrupted || !has_more || c->live_count == c->options->jobs) {
        return false;
    }
    bool wants_alone = c->options->cases[upcoming(c)]->alone;
    return !c->runs_alone && !(wants_alone && c->live_count > 0);
}

// Takes the case from what is to be played; what it left when it was played before is dropped.
static enum rc take_upcoming(struct campaign *c, size_t *index, struct diag *d)
{
    *index = upcoming(c);
    if (c->again_count == 0) {
        c->next++;
        return RC_OK;
    }
    c->again_count--;
    return run_writer_drop_case(c->options->setting->writer, c->options->cases[*index]->id, d);
}

static void start_one(struct campaign *c)
{
    struct diag d = {0};
    struct slot *slot = slot_of(c, NULL);
    enum rc rc = take_upcoming(c, &slot->index, &d);
    const struct scenario *scenario = c->options->cases[slot->index];
    if (c->options->progress.begun != NULL) {
        c->options->progress.begun(c->options->progress.arg, scenario);
    }
    if (rc == RC_OK) {
        rc = play_start(&slot->play, c->options->setting, scenario, on_play_over, c, &d);
    }
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
        if (c->slots[i].play != NULL) {
            play_note_lag(c->slots[i].play, lag_us);
        }
    }
    loop_timer_start(&c->beat, BEAT_US);
}

static void on_interrupt(void *arg)
{
    struct campaign *c = arg;
    c->is_interrupted = true;
    for (unsigned i = 0; i < c->options->jobs; i++) {
        if (c->slots[i].play != NULL) {
            play_interrupt(c->slots[i].play);
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
        play_free(&c->slots[i].play);
    }
    x_free(c->slots);
    x_free(c->again);
    x_free(c->was_again);
    loop_free(&c->loop);
}

enum rc campaign_run(const struct campaign_options *options, bool *interrupted, struct diag *d)
{
    struct campaign c = {.options = options, .diag = d};
    c.loop = options->clock == NULL ? loop_new() : loop_new_with(options->clock);
    options->setting->loop = c.loop;
    c.slots = x_alloc(options->jobs * sizeof *c.slots);
    c.was_again = x_alloc(options->count * sizeof *c.was_again);
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
