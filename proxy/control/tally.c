// SPDX-License-Identifier: Apache-2.0
#include "proxy/control/tally.h"

#include "proxy/base/alloc.h"

// An exchange that began before the scenario did, and met a rule of it when it was whole.
struct tally_win {
    uint64_t exchange;
    const struct tally_row *row;
};

void tally_clear(struct tally *t)
{
    x_free(t->rows);
    x_free(t->early);
    *t = (struct tally){0};
}

void tally_begin(struct tally *t, const struct scenario *s, uint64_t after_exchange)
{
    tally_clear(t);
    t->scenario = s;
    t->after_exchange = after_exchange;
    t->rows = x_alloc((s == NULL ? 0 : s->rule_count) * sizeof *t->rows);
}

static struct tally_row *find(const struct tally *t, struct span rule)
{
    size_t count = t->scenario == NULL ? 0 : t->scenario->rule_count;
    for (size_t i = 0; i < count; i++) {
        if (span_is(rule, t->scenario->rules[i].name)) {
            return &t->rows[i];
        }
    }
    return NULL;
}

const struct tally_row *tally_of(const struct tally *t, struct span rule)
{
    return find(t, rule);
}

static bool is_early(const struct tally *t, uint64_t exchange)
{
    return exchange > 0 && exchange <= t->after_exchange; // 0: what acted on none, like a refusal
}

static void count_match(struct tally *t, struct tally_row *row, uint64_t exchange, bool won)
{
    row->met++;
    row->won += won ? 1 : 0;
    if (won && is_early(t, exchange)) {
        X_GROW(t->early, t->early_count, t->early_capacity);
        t->early[t->early_count++] = (struct tally_win){.exchange = exchange, .row = row};
    }
}

// Faults are told later than they are won: those of before may bear the name of a rule of today.
static bool is_ours(const struct tally *t, const struct tally_row *row, uint64_t exchange)
{
    for (size_t i = 0; i < t->early_count; i++) {
        if (t->early[i].exchange == exchange && t->early[i].row == row) {
            return true;
        }
    }
    return !is_early(t, exchange);
}

static void count(struct tally *t, enum event_kind kind, const cJSON *event)
{
    struct tally_row *row = find(t, json_span(json_get(event, "rule")));
    uint64_t x = (uint64_t)json_get_int(event, "x", 0);
    if (row != NULL && kind == EVENT_MATCH) {
        count_match(t, row, x, json_is_true(json_get(event, "won")));
    } else if (row != NULL && is_ours(t, row, x)) {
        row->fired++;
    }
}

void tally_line(struct tally *t, enum event_kind kind, struct span line)
{
    if (kind != EVENT_MATCH && kind != EVENT_FAULT) {
        return;
    }
    struct arena arena = {0};
    const cJSON *event = NULL;
    if (json_read_once(&event, &arena, line, NULL, NULL) == RC_OK) {
        count(t, kind, event);
    }
    arena_clear(&arena);
}
