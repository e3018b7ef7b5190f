// SPDX-License-Identifier: Apache-2.0
// alert: an operator was told, of what and how often.
#include "suites/oracle/oracle.h"

#include <inttypes.h>

static bool is_about(const cJSON *alert, const cJSON *wanted)
{
    const cJSON *id = NULL;
    const cJSON *about = json_get(alert, "about");
    cJSON_ArrayForEach(id, wanted)
    {
        if (json_text(id) != NULL && json_array_has(about, json_text(id))) {
            return true;
        }
    }
    return !cJSON_IsArray(wanted);
}

static int64_t count_alerts(const struct facts *f, const cJSON *about, uint64_t after,
                            int64_t until_us, unsigned *line)
{
    int64_t n = 0;
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *e = &f->evidence->events[i];
        if (e->kind == EVENT_ALERT && e->seq > after && e->t_us <= until_us &&
            is_about(e->json, about)) {
            n++;
            *line = e->line;
        }
    }
    return n;
}

// Each of the usages named must have been told of, but for those that a restart made void; a bound
// on the number is about all of them.
static void judge_each(struct findings *out, const struct facts *f, const cJSON *about,
                       uint64_t after, int64_t until_us)
{
    bool any = false;
    const cJSON *id = NULL;
    cJSON_ArrayForEach(id, about)
    {
        const struct usage_fact *u = facts_usage(f, json_text(id));
        if (u != NULL && u->is_void) {
            continue;
        }
        any = true;
        unsigned line = 0;
        cJSON *one = cJSON_CreateArray();
        (void)cJSON_AddItemToArray(one, cJSON_CreateString(json_text(id)));
        if (count_alerts(f, one, after, until_us, &line) == 0) {
            findings_add(out, FINDING_LACK, facts_last_line(f), "No operator was told about %s.",
                         json_text(id));
        }
        cJSON_Delete(one);
    }
    oracle_judged(out, any);
}

void oracle_alert(struct findings *out, const struct facts *f, const struct expectation *e)
{
    const struct step_fact *after = NULL;
    if (!oracle_step(out, f, e->args, "after", &after)) {
        return;
    }
    const cJSON *about = json_get(e->args, "about");
    const cJSON *bounds = json_get(e->args, "count");
    uint64_t seq = after == NULL ? 0 : after->seq;
    int64_t until_us = oracle_until(e, after);
    if (bounds == NULL && cJSON_IsArray(about)) {
        judge_each(out, f, about, seq, until_us);
        return;
    }
    unsigned line = facts_last_line(f);
    int64_t n = count_alerts(f, about, seq, until_us, &line);
    if (bounds == NULL ? n == 0 : !within_bounds(bounds, n)) {
        char text[64] = "at least 1";
        if (bounds != NULL) {
            bounds_text(text, sizeof text, bounds);
        }
        bool too_many = n > json_get_int(bounds, "max", INT64_MAX);
        findings_add(out, too_many ? FINDING_BAD : FINDING_LACK, line,
                     "An operator was told %" PRId64 " time(s), expected %s.", n, text);
    }
}
