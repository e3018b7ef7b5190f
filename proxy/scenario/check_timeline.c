// SPDX-License-Identifier: Apache-2.0
// Plays the steps in told time, as a case begins by default, to learn what their moments mean: a
// moment may count only from a step that came before, and two usages of one key that the client
// may send apart cannot both be billed, since the first write wins.
#include "proxy/scenario/meaning.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"

#define ROUND_US (INT64_C(10) * 60 * US_PER_S)

struct asked {
    const struct step *step;
    const char *customer, *dimension, *product, *license; // NULL: not said
    int64_t hour_us;
    unsigned chances; // steps before it at which the client may have sent what it had
};

struct timeline {
    const struct scenario *s;
    struct problems *problems;
    int64_t *begun_us; // of each step so far
    size_t begun;
    int64_t start_us, now_us;
    unsigned chances;
    bool is_later; // the step that was last looked for comes later
    struct asked *asked;
    size_t asked_count;
};

static bool step_time(void *arg, struct span id, int64_t *at_us)
{
    struct timeline *t = arg;
    for (size_t i = 0; i < t->s->step_count; i++) {
        if (t->s->steps[i].id != NULL && span_is(id, t->s->steps[i].id)) {
            t->is_later = i >= t->begun;
            *at_us = t->is_later ? 0 : t->begun_us[i];
            return !t->is_later;
        }
    }
    return false;
}

// now_us when the moment cannot be resolved. That a step does not exist at all is told elsewhere.
static int64_t resolve(struct timeline *t, const cJSON *moment)
{
    struct moment_context context = {
        .now_us = t->now_us, .start_us = t->start_us, .step_time = step_time, .arg = t};
    struct diag d = {0};
    int64_t at_us = t->now_us;
    t->is_later = false;
    if (moment_resolve(&at_us, json_span(moment), &context, &d) != RC_OK &&
        (d.code != RC_UNKNOWN || t->is_later)) {
        problem(t->problems, d.code, json_place(t->s->places, moment), "\"%.100s\": %s",
                json_text(moment), d.text);
    }
    return at_us;
}

static void ask(struct timeline *t, const struct step *step)
{
    const cJSON *at = json_get(step->args, "at");
    t->asked[t->asked_count++] = (struct asked){
        .step = step,
        .customer = json_get_text(step->args, "customer"),
        .dimension = json_get_text(step->args, "dimension"),
        .product = json_get_text(step->args, "product"),
        .license = json_get_text(step->args, "license"),
        .hour_us = instant_hour(at == NULL ? t->now_us : resolve(t, at)),
        .chances = t->chances,
    };
}

static void play(struct timeline *t, const struct step *step)
{
    t->begun_us[t->begun++] = t->now_us;
    int64_t target_us = t->now_us;
    if (step->verb == STEP_USAGE) {
        ask(t, step);
    } else if (step->verb == STEP_CLOCK) {
        target_us = resolve(t, step->args);
    } else if (step->verb == STEP_ROUND || step->verb == STEP_DRAIN) {
        target_us += ROUND_US;
    } else if (step->verb != STEP_FLUSH) {
        return;
    }
    t->chances += step->verb == STEP_USAGE ? 0 : 1;
    t->now_us = target_us > t->now_us ? target_us : t->now_us;
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool are_apart(const struct asked *a, const struct asked *b)
{
    return a->chances != b->chances && a->hour_us == b->hour_us && same(a->customer, b->customer) &&
           same(a->dimension, b->dimension) && same(a->product, b->product) &&
           same(a->license, b->license);
}

static bool list_has(const cJSON *list, const char *id)
{
    return cJSON_IsArray(list) ? json_array_has(list, id) : json_get(list, id) != NULL;
}

static void check_pair(const struct timeline *t, const struct asked *a, const struct asked *b)
{
    for (size_t i = 0; i < t->s->expect_count; i++) {
        const struct expect *e = &t->s->expects[i];
        const cJSON *usages = json_get(e->args, "usages");
        const cJSON *except = json_get(e->args, "except");
        bool speaks =
            e->verb == EXPECT_LEDGER && json_is_true(json_get(e->args, "complete")) &&
            (usages == NULL || (list_has(usages, a->step->id) && list_has(usages, b->step->id)));
        if (speaks && !list_has(except, a->step->id) && !list_has(except, b->step->id)) {
            problem(t->problems, RC_CONFLICT, e->place,
                    "\"%s\" and \"%s\" are of one key, and the first may be billed before the "
                    "second is asked: one of them belongs into \"except\"",
                    a->step->id, b->step->id);
        }
    }
}

static bool has_complete_ledger(const struct scenario *s)
{
    for (size_t i = 0; i < s->expect_count; i++) {
        if (s->expects[i].verb == EXPECT_LEDGER &&
            json_is_true(json_get(s->expects[i].args, "complete"))) {
            return true;
        }
    }
    return false;
}

// Where every profile of the case adds up the reports of an hour, none comes too late.
static bool first_write_wins(const struct scenario *s)
{
    for (const cJSON *item = s->profiles->child; item != NULL; item = item->next) {
        if (!scenario_adds_up(json_text(item))) {
            return true;
        }
    }
    return false;
}

static void check_pairs(const struct timeline *t)
{
    for (size_t i = 0; i < t->asked_count; i++) {
        for (size_t j = i + 1; j < t->asked_count; j++) {
            if (are_apart(&t->asked[i], &t->asked[j])) {
                check_pair(t, &t->asked[i], &t->asked[j]);
            }
        }
    }
}

void check_timeline(const struct scenario *s, struct problems *problems)
{
    // The middle of a month and of an hour, so that "hour" and "month" have both sides.
    static const struct civil USUAL_START = {
        .year = 2026, .month = 11, .day = 18, .hour = 10, .minute = 15};
    struct timeline t = {.s = s, .problems = problems};
    t.start_us = instant_from_civil(&USUAL_START);
    t.now_us = t.start_us;
    const cJSON *start = json_get(s->time, "start");
    if (start != NULL) {
        t.start_us = resolve(&t, start);
        t.now_us = t.start_us;
    }
    t.begun_us = x_alloc(s->step_count * sizeof *t.begun_us);
    t.asked = x_alloc(s->step_count * sizeof *t.asked);
    for (size_t i = 0; i < s->step_count; i++) {
        play(&t, &s->steps[i]);
    }
    if (has_complete_ledger(s) && first_write_wins(s)) {
        check_pairs(&t);
    }
    x_free(t.begun_us);
    x_free(t.asked);
}
