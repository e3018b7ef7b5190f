// SPDX-License-Identifier: Apache-2.0
// elsewhere: whether requests that were signed for the service were handed to a stranger.
#include "suites/oracle/oracle.h"

#include <inttypes.h>
#include <string.h>

void oracle_elsewhere(struct findings *out, const struct facts *f, const struct expectation *e)
{
    const cJSON *bounds = json_get(e->args, "count");
    unsigned line = facts_last_line(f);
    int64_t n = 0;
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *event = &f->evidence->events[i];
        if (event->kind == EVENT_LEAK && strcmp(fact_text(event->json, "what"), "request") == 0) {
            line = n == 0 ? event->line : line;
            n++;
        }
    }
    if (!within_bounds(bounds, n)) {
        char text[64];
        bounds_text(text, sizeof text, bounds);
        findings_add(out, FINDING_BAD, line,
                     "%" PRId64 " request(s) to the service went on to another host (the first at "
                     "line %u), expected %s.",
                     n, line, text);
    }
}
