// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/heartbeat.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"

// Usage may be told a little late: the first record of an hour is the only one.
#define LATE_US (INT64_C(5) * 60 * US_PER_S)
// Of older hours the service takes nothing.
#define REACH_US (INT64_C(20) * US_PER_HOUR)

// Any dimension of the product will do; "" when none is known.
static char *find_dimension(const char *product)
{
    OWN(json) cJSON *world = NULL;
    const char *text = getenv("METERPROVER_WORLD");
    if (json_read(&world, NULL, span_of(text), NULL, NULL) != RC_OK) {
        return x_strdup("");
    }
    const cJSON *mine = NULL;
    cJSON_ArrayForEach(mine, json_get(world, "products"))
    {
        const char *code = json_get_text(mine, "code");
        const cJSON *dimensions = json_get(mine, "dimensions");
        if (code != NULL && strcmp(code, product) == 0 && dimensions != NULL) {
            const char *name = json_text(dimensions->child);
            return x_strdup(name == NULL ? "" : name);
        }
    }
    return x_strdup("");
}

static void fill(struct meter *m, const struct subscriber *s)
{
    const bool *on = m->variants->on;
    OWN(text) char *dimension = find_dimension(s->product);
    int64_t until_us = on[BUG_HEARTBEAT_EARLY] ? instant_hour(m->now_us) + US_PER_HOUR
                                               : instant_hour(m->now_us - LATE_US);
    if (s->standing == STANDING_CLOSING && s->closing_us < until_us) {
        until_us = instant_hour(s->closing_us) + US_PER_HOUR;
    }
    int64_t from_us = instant_hour(s->since_us);
    if (from_us < instant_hour(m->now_us - REACH_US) || on[BUG_HEARTBEAT_BACK]) {
        from_us = instant_hour(m->now_us - REACH_US);
    }
    for (int64_t hour_us = from_us; hour_us < until_us; hour_us += US_PER_HOUR) {
        if (!book_has_hour(m->book, s, hour_us) &&
            book_take_nothing(m->book, s, dimension, hour_us) != RC_OK) {
            fputs("mutant: a record of nothing was not kept\n", stderr);
        }
    }
}

void heartbeat_fill(struct meter *m)
{
    for (size_t i = 0; i < m->book->subscriber_count; i++) {
        const struct subscriber *s = &m->book->subscribers[i];
        bool is_heard_of = s->since_us != 0 && s->product[0] != '\0';
        if (is_heard_of && subscriber_may_send(s, m->now_us) &&
            !m->variants->on[BUG_NO_HEARTBEAT]) {
            fill(m, s);
        }
    }
}
