// SPDX-License-Identifier: Apache-2.0
#include "proxy/control/tally.h"

#include "proxy/base/alloc.h"

void tally_clear(struct tally *t)
{
    x_free(t->rows);
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

static void count(struct tally *t, enum event_kind kind, const cJSON *event)
{
    struct tally_row *row = find(t, json_span(json_get(event, "rule")));
    int64_t x = json_get_int(event, "x", 0);
    // 0: what acted on no exchange, like a refused connection.
    if (row == NULL || (x > 0 && (uint64_t)x <= t->after_exchange)) {
        return;
    }
    if (kind == EVENT_FAULT) {
        row->fired++;
    } else {
        row->met++;
        row->won += json_is_true(json_get(event, "won")) ? 1 : 0;
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
