// SPDX-License-Identifier: Apache-2.0
#include "proxy/control/wait.h"

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"

struct wait {
    cJSON *tree; // what the filter borrows from
    struct filter filter;
    bool is_about_rule;
    uint64_t wanted, seen;
    uint64_t looked;    // the number of the last line that was looked at
    bool is_complete;   // no line was forgotten before it was looked at
    uint64_t beginning; // of the desk, when it began
    int64_t within_us;
};

void wait_free(struct wait **slot)
{
    struct wait *w = *slot;
    if (w != NULL) {
        cJSON_Delete(w->tree);
        x_free(w);
        *slot = NULL;
    }
}

int64_t wait_within_us(const struct wait *w)
{
    return w->within_us;
}

static enum wait_state look_at_rule(struct wait *w, const struct desk *desk)
{
    w->seen = tally_of(&desk->tally, w->filter.rule)->fired;
    return w->seen >= w->wanted ? WAIT_OVER : WAIT_QUIET;
}

static enum wait_state look_at_lines(struct wait *w, const struct desk *desk, size_t work)
{
    struct history_line line;
    w->is_complete = w->is_complete && w->looked + 1 >= history_first(desk->history);
    for (size_t done = 0; w->seen < w->wanted;) {
        if (!history_after(desk->history, w->looked, &line)) {
            return WAIT_QUIET;
        }
        if (done > work) {
            return WAIT_MORE;
        }
        done += filter_cost(&w->filter, &line);
        w->looked = line.n;
        w->seen += filter_holds(&w->filter, desk->matcher, &line) ? 1 : 0;
    }
    return WAIT_OVER;
}

enum wait_state wait_look(struct wait *w, const struct desk *desk, size_t work)
{
    if (desk->beginnings != w->beginning) {
        return WAIT_OVER;
    }
    return w->is_about_rule ? look_at_rule(w, desk) : look_at_lines(w, desk, work);
}

void wait_tell(const struct wait *w, const struct desk *desk, int64_t waited_us,
               struct reply *reply)
{
    if (desk->beginnings != w->beginning) {
        reply_fail(reply, 409, "began_anew",
                   "a scenario was loaded, or reset, while this call waited");
        return;
    }
    reply->status = 200;
    buf_add_text(&reply->body, w->seen >= w->wanted ? "{\"reached\":true" : "{\"reached\":false");
    buf_add_member_i64(&reply->body, "count", (int64_t)w->seen);
    buf_add_member_i64(&reply->body, "wanted", (int64_t)w->wanted);
    buf_add_member_i64(&reply->body, "waited_ms", waited_us / US_PER_MS);
    if (!w->is_about_rule) {
        buf_add_member_i64(&reply->body, "last", (int64_t)w->looked);
        buf_add_member_bool(&reply->body, "complete", w->is_complete);
    }
    buf_add_char(&reply->body, '}');
}

// Either {"rule","fired"} or {"when","count","after"}.
static bool read_subject(struct wait *w, const struct desk *desk, const struct call *call,
                         struct reply *reply)
{
    int64_t wanted = 0;
    int64_t after = 0;
    const char *keys = w->is_about_rule ? "rule|fired|within_s" : "when|count|after|within_s";
    const char *key = w->is_about_rule ? "fired" : "count";
    if (!desk_takes(call, keys, reply) ||
        !desk_number(call, key, 1, INT64_C(1000000000), 1, &wanted, reply) ||
        !desk_number(call, "after", 0, INT64_MAX, 0, &after, reply) ||
        !filter_read(&w->filter, desk, call, reply)) {
        return false;
    }
    if (w->is_about_rule && tally_of(&desk->tally, w->filter.rule) == NULL) {
        reply_fail(reply, 404, "no_such_rule", "the scenario has no rule \"%.*s\"",
                   (int)(w->filter.rule.len < 200 ? w->filter.rule.len : 200), w->filter.rule.at);
        return false;
    }
    if (!w->is_about_rule && w->filter.when == NULL) {
        reply_fail(reply, 422, "missing", "%s takes \"rule\" or \"when\"", call->route->path);
        return false;
    }
    w->wanted = (uint64_t)wanted;
    w->looked = (uint64_t)after;
    return true;
}

static bool read_time(struct wait *w, const struct call *call, struct reply *reply)
{
    const cJSON *within = json_get(call->tree, "within_s");
    double s = within == NULL ? WAIT_USUAL_S : cJSON_IsNumber(within) ? within->valuedouble : -1;
    if (!(s >= 0 && s <= WAIT_MAX_S)) {
        reply_fail(reply, 422, "bad_value", "\"within_s\" is a number of seconds, at most %d",
                   WAIT_MAX_S);
        return false;
    }
    w->within_us = (int64_t)(s * (double)US_PER_S);
    return true;
}

void desk_wait(struct desk *desk, struct call *call, struct reply *reply)
{
    struct wait *w = x_alloc(sizeof *w);
    w->is_complete = true;
    w->beginning = desk->beginnings;
    w->is_about_rule = json_get(call->tree, "rule") != NULL;
    if (!read_subject(w, desk, call, reply) || !read_time(w, call, reply)) {
        wait_free(&w);
        return;
    }
    w->tree = call->tree;
    call->tree = NULL;
    call->wait = w;
}
