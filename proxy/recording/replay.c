// SPDX-License-Identifier: Apache-2.0
// Every exchange is replayed once, the first of those that fit: so one that was recorded n times
// comes in its order, whatever comes between.
#include "proxy/recording/replay.h"

#include <stdlib.h>

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"

// Which connection or head a line is about.
struct nth {
    enum phase phase;
    enum operation operation;
    uint64_t nth;
    size_t at; // the line
};

struct replay {
    struct recording *recording;
    enum replay_times times;
    bool *spent; // one for each line
    int64_t *spent_us;
    size_t first;     // the first that is not spent
    struct nth *nths; // of those that have one, sorted
    size_t nth_count;
    int64_t began_us;
    size_t window; // the line at which the next one is looked for
    struct token_pair *pairs;
    size_t pair_count, pair_capacity;
};

static int by_nth(const void *a, const void *b)
{
    const struct nth *left = a;
    const struct nth *right = b;
    if (left->phase != right->phase) {
        return left->phase < right->phase ? -1 : 1;
    }
    if (left->operation != right->operation) {
        return left->operation < right->operation ? -1 : 1;
    }
    return left->nth < right->nth ? -1 : left->nth > right->nth;
}

static bool is_exchange(const struct replay *r, size_t at)
{
    return r->recording->items[at].phase == PHASE_REQUEST;
}

struct replay *replay_new(struct recording *recording, enum replay_times times)
{
    struct replay *r = x_alloc(sizeof *r);
    *r = (struct replay){.recording = recording,
                         .times = times,
                         .spent = x_alloc((recording->count + 1) * sizeof *r->spent),
                         .spent_us = x_alloc((recording->count + 1) * sizeof *r->spent_us),
                         .nths = x_alloc((recording->count + 1) * sizeof *r->nths)};
    for (size_t i = 0; i < recording->count; i++) {
        enum phase phase = recording->items[i].phase;
        if (phase == PHASE_TLS || phase == PHASE_HEAD) {
            r->nths[r->nth_count++] = (struct nth){.phase = phase,
                                                   .operation = recording->items[i].operation,
                                                   .nth = recording->items[i].nth,
                                                   .at = i};
        }
    }
    if (r->nth_count > 0) {
        qsort(r->nths, r->nth_count, sizeof *r->nths, by_nth);
    }
    return r;
}

void replay_free(struct replay **r)
{
    if (*r == NULL) {
        return;
    }
    recording_free(&(*r)->recording);
    for (size_t i = 0; i < (*r)->pair_count; i++) {
        x_free((*r)->pairs[i].recorded);
        x_free((*r)->pairs[i].seen);
    }
    x_free((*r)->pairs);
    x_free((*r)->spent);
    x_free((*r)->spent_us);
    x_free((*r)->nths);
    x_free(*r);
    *r = NULL;
}

const struct recording *replay_recording(const struct replay *r)
{
    return r->recording;
}

static struct compare_options options_of(const struct replay *r, const struct recorded *e,
                                         int64_t at_us, bool is_shifted)
{
    int64_t shift_us = instant_hour(at_us) - instant_hour(e->at_us);
    return (struct compare_options){.pairs = r->pairs,
                                    .pair_count = r->pair_count,
                                    .is_shifted = is_shifted,
                                    .shift_s = shift_us / US_PER_S};
}

// Compared exactly first: programs whose clock stands still send the same times again.
static bool fits(const struct replay *r, const struct recorded *e, const cJSON *asked,
                 int64_t at_us, bool *is_shifted)
{
    struct compare_options options = options_of(r, e, at_us, false);
    *is_shifted = false;
    if (compare_is_same(e->when, asked, &options)) {
        return true;
    }
    options.is_shifted = *is_shifted = r->times == REPLAY_SHIFTED;
    return *is_shifted && compare_is_same(e->when, asked, &options);
}

static void bind_token(struct replay *r, const cJSON *recorded, const cJSON *seen)
{
    const char *old = content_client_token(recorded);
    const char *now = content_client_token(seen);
    for (size_t i = 0; old != NULL && i < r->pair_count; i++) {
        old = strcmp(r->pairs[i].recorded, old) == 0 ? NULL : old;
    }
    if (old != NULL && now != NULL) {
        X_GROW(r->pairs, r->pair_count, r->pair_capacity);
        r->pairs[r->pair_count++] =
            (struct token_pair){.recorded = x_strdup(old), .seen = x_strdup(now)};
    }
}

static void spend(struct replay *r, size_t at, int64_t at_us)
{
    r->spent[at] = true;
    r->spent_us[at] = at_us;
    while (r->first < r->recording->count && (r->spent[r->first] || !is_exchange(r, r->first))) {
        r->first++;
    }
}

static bool take_hit(struct replay *r, const cJSON *asked, int64_t at_us, struct replay_choice *out)
{
    for (size_t i = r->first; i < r->recording->count; i++) {
        const struct recorded *e = &r->recording->items[i];
        if (r->spent[i] || !is_exchange(r, i)) {
            continue;
        }
        if (fits(r, e, asked, at_us, &out->is_shifted)) {
            spend(r, i, at_us);
            bind_token(r, e->when, asked);
            out->hit = e;
            return true;
        }
    }
    return false;
}

// One that was replayed already is nearest only where it asks the very same.
static void offer(const struct replay *r, size_t at, const cJSON *asked, int64_t at_us,
                  struct replay_choice *out)
{
    const struct recorded *e = &r->recording->items[at];
    struct differences found;
    bool is_shifted = false;
    bool is_same = fits(r, e, asked, at_us, &is_shifted);
    struct compare_options options = options_of(r, e, at_us, is_shifted);
    compare(&found, e->when, asked, &options);
    bool is_nearer = out->nearest == NULL || found.weight < out->differences.weight;
    bool is_worse_state = r->spent[at] && !is_same && out->nearest != NULL && !out->is_spent;
    if (!is_nearer || is_worse_state) {
        differences_clear(&found);
        return;
    }
    differences_clear(&out->differences);
    out->differences = found;
    out->nearest = e;
    out->is_spent = r->spent[at] && is_same;
}

void replay_choose(struct replay *r, const cJSON *asked, int64_t at_us, struct replay_choice *out)
{
    *out = (struct replay_choice){.hit = NULL};
    if (take_hit(r, asked, at_us, out)) {
        return;
    }
    for (size_t i = r->first; i < r->recording->count; i++) {
        if (!r->spent[i] && is_exchange(r, i)) {
            offer(r, i, asked, at_us, out);
        }
    }
    for (size_t i = 0; i < r->recording->count; i++) {
        if (r->spent[i] && is_exchange(r, i)) {
            offer(r, i, asked, at_us, out);
        }
    }
}

void replay_choice_clear(struct replay_choice *choice)
{
    differences_clear(&choice->differences);
}

void replay_begin(struct replay *r, int64_t at_us)
{
    r->began_us = at_us;
}

const struct recorded *replay_take_nth(struct replay *r, enum phase phase, enum operation operation,
                                       uint64_t nth, int64_t at_us)
{
    struct nth wanted = {.phase = phase, .operation = operation, .nth = nth};
    const struct nth *found =
        r->nth_count == 0 ? NULL : bsearch(&wanted, r->nths, r->nth_count, sizeof *r->nths, by_nth);
    if (found == NULL) {
        return NULL;
    }
    spend(r, found->at, at_us);
    return &r->recording->items[found->at];
}

static bool opens_window(const struct recorded *e)
{
    return e->phase == PHASE_CONNECT && e->ends == 0 && e->left_out == NULL;
}

// The line of the window that comes next, else the recording's end.
static size_t find_window(const struct replay *r)
{
    size_t at = r->window;
    while (at < r->recording->count && !opens_window(&r->recording->items[at])) {
        at++;
    }
    return at;
}

// How long after the recorded moment what stands before that line was replayed; false: not yet.
static bool lag_before(const struct replay *r, size_t at, int64_t *lag_us)
{
    const struct recording *recording = r->recording;
    while (at > 0 && recording->items[at - 1].phase == PHASE_CONNECT) {
        at--;
    }
    if (at == 0) {
        *lag_us =
            r->began_us - (recording->at_us != 0 ? recording->at_us : recording->items[0].at_us);
        return true;
    }
    *lag_us = r->spent_us[at - 1] - recording->items[at - 1].at_us;
    return r->spent[at - 1];
}

bool replay_next_window(const struct replay *r, struct replay_window *out)
{
    const struct recording *recording = r->recording;
    size_t at = find_window(r);
    int64_t lag_us = 0;
    if (at == recording->count || !lag_before(r, at, &lag_us)) {
        return false;
    }
    const struct recorded *opens = &recording->items[at];
    *out = (struct replay_window){
        .opens = opens, .open_us = opens->at_us + lag_us, .close_us = INT64_MAX};
    for (size_t i = at; i < recording->count; i++) {
        if (recording->items[i].ends == opens->n) {
            out->close_us = out->open_us + (recording->items[i].at_us - opens->at_us);
        }
    }
    return true;
}

void replay_end_window(struct replay *r)
{
    size_t at = find_window(r);
    r->window = at == r->recording->count ? at : at + 1;
}
