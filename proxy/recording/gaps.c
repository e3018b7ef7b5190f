// SPDX-License-Identifier: Apache-2.0
#include "proxy/recording/gaps.h"

#include <inttypes.h>
#include <string.h>

static bool is_control(const struct event *e, const char *what)
{
    return e->kind == EVENT_CONTROL && strcmp(event_text(e, "what"), what) == 0;
}

size_t gaps_first_played(const struct event *events, size_t count)
{
    size_t at = 0;
    while (at < count && !is_control(&events[at], "load") && !is_control(&events[at], "reset")) {
        at++;
    }
    return at;
}

bool gaps_is_early(const struct event *events, size_t at)
{
    if (!is_control(&events[at], "arm") && !is_control(&events[at], "disarm")) {
        return false;
    }
    struct span rule = json_span(json_get(events[at].json, "rule"));
    for (size_t i = 0; i < at; i++) {
        // Who was refused left no trace.
        bool was_refused = events[i].kind == EVENT_REFUSE &&
                           span_equal(json_span(json_get(events[i].json, "rule")), rule);
        if (events[i].kind == EVENT_CONNECT || was_refused) {
            return false;
        }
    }
    return true;
}

// Of the requests before the event: who repeats what was done counts them.
static uint64_t requests_before(const struct event *events, size_t at)
{
    uint64_t count = 0;
    for (size_t i = 0; i < at; i++) {
        count += events[i].kind == EVENT_REQUEST ? 1 : 0;
    }
    return count;
}

static void tell_control(struct buf *out, const struct event *events, size_t at)
{
    const struct event *e = &events[at];
    const char *what = event_text(e, "what");
    uint64_t before = requests_before(events, at);
    if (strcmp(what, "arm") == 0 || strcmp(what, "disarm") == 0) {
        buf_addf(out,
                 "line %u: the control interface %sed the rule \"%s\" after %" PRIu64
                 " requests: do that again at the same place\n",
                 e->line, what, event_text(e, "rule"), before);
    } else if (strcmp(what, "clock") == 0) {
        buf_addf(out,
                 "line %u: the control interface moved service time to %s after %" PRIu64
                 " requests: do that again at the same place\n",
                 e->line, event_text(e, "to"), before);
    } else {
        buf_addf(out, "line %u: a call of the control interface was not done whole\n", e->line);
    }
}

// By the rules of what was played then, and by the windows in which connections were refused.
static uint64_t faults_from(const struct event *events, size_t from, size_t count)
{
    uint64_t faults = 0;
    for (size_t i = from; i < count; i++) {
        bool is_win =
            events[i].kind == EVENT_MATCH && json_is_true(json_get(events[i].json, "won"));
        bool is_window =
            events[i].kind == EVENT_REFUSE && strcmp(event_text(&events[i], "edge"), "begin") == 0;
        faults += is_win || is_window ? 1 : 0;
    }
    return faults;
}

static void tell_rest(struct buf *out, const struct event *events, size_t at, size_t count)
{
    const struct event *e = &events[at];
    buf_addf(out,
             "line %u: the control interface %s: what was played from there on, %" PRIu64
             " faults, is not in this file\n",
             e->line,
             is_control(e, "reset") ? "began the scenario anew" : "loaded another scenario",
             faults_from(events, at, count));
}

static void tell_replayed(struct buf *out, const struct event *events, size_t count)
{
    const struct event *first = NULL;
    uint64_t replayed = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == EVENT_REPLAY) {
            first = first == NULL ? &events[i] : first;
            replayed++;
        }
    }
    if (first != NULL) {
        buf_addf(out,
                 "line %u: a recording answered, %" PRIu64
                 " times, and no rule: replay that beside this file\n",
                 first->line, replayed);
    }
}

void gaps_tell(struct buf *out, const struct event *events, size_t count)
{
    size_t played = gaps_first_played(events, count);
    for (size_t i = 0; i < played; i++) {
        const struct event *e = &events[i];
        if (e->kind == EVENT_CONTROL && !gaps_is_early(events, i)) {
            tell_control(out, events, i);
        } else if (e->kind == EVENT_UPSTREAM && event_text(e, "error")[0] != '\0') {
            buf_addf(out, "line %u: the upstream failed, and no rule: %s\n", e->line,
                     event_text(e, "error"));
        }
    }
    tell_replayed(out, events, count);
    if (played < count) {
        tell_rest(out, events, played, count);
    }
}
