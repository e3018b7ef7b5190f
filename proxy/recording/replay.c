// SPDX-License-Identifier: Apache-2.0
// Every exchange is replayed once, the first of those that fit: so one that was recorded n times
// comes in its order, whatever comes between.
#include "proxy/recording/replay.h"

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"

struct replay {
    struct recording *recording;
    enum replay_times times;
    bool *spent;  // one for each exchange
    size_t first; // the first that is not spent
    struct token_pair *pairs;
    size_t pair_count, pair_capacity;
};

struct replay *replay_new(struct recording *recording, enum replay_times times)
{
    struct replay *r = x_alloc(sizeof *r);
    *r = (struct replay){.recording = recording,
                         .times = times,
                         .spent = x_alloc((recording->count + 1) * sizeof *r->spent)};
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

static void spend(struct replay *r, size_t at, const cJSON *asked)
{
    r->spent[at] = true;
    while (r->first < r->recording->count && r->spent[r->first]) {
        r->first++;
    }
    bind_token(r, r->recording->items[at].when, asked);
}

static bool take_hit(struct replay *r, const cJSON *asked, int64_t at_us, struct replay_choice *out)
{
    for (size_t i = r->first; i < r->recording->count; i++) {
        const struct recorded *e = &r->recording->items[i];
        if (r->spent[i]) {
            continue;
        }
        if (fits(r, e, asked, at_us, &out->is_shifted)) {
            spend(r, i, asked);
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
        if (!r->spent[i]) {
            offer(r, i, asked, at_us, out);
        }
    }
    for (size_t i = 0; i < r->recording->count; i++) {
        if (r->spent[i]) {
            offer(r, i, asked, at_us, out);
        }
    }
}

void replay_choice_clear(struct replay_choice *choice)
{
    differences_clear(&choice->differences);
}
