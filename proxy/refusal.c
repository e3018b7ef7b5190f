// SPDX-License-Identifier: Apache-2.0
// A window opens when its rule is armed and closes when it is disarmed, or with the lane. At both
// ends we try to connect ourselves: only what was refused at both counts as delivered.
#include "proxy/refusal.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/lane_inside.h"
#include "proxy/record.h"
#include "proxy/recorder.h"

struct refusal_window {
    bool is_open;
    bool was_refused; // at its beginning
};

bool refusal_exists(enum action_verb verb)
{
    return verb == ACTION_REFUSE;
}

static bool is_refusal(const struct rule *rule)
{
    return rule->action_count == 1 && refusal_exists(rule->actions[0].verb);
}

static enum target target_of(const struct rule *rule)
{
    struct span target = json_span(json_get(rule->when, "target"));
    bool is_of_service = target.len == 0 || target_find(target) == TARGET_PROXY; // one port
    return is_of_service ? TARGET_SERVICE : target_find(target);
}

// No request is seen that could be counted or looked at: only target and phase may be named.
static bool is_plain(const struct rule *rule)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, rule->when)
    {
        if (strcmp(item->string, "target") != 0 && strcmp(item->string, "phase") != 0) {
            return false;
        }
    }
    return rule->match == MATCH_ALL && rule->probability >= 1;
}

enum rc refusal_supports(const struct scenario *s, const struct rule *rule, struct diag *d)
{
    if (is_refusal(rule) && is_plain(rule)) {
        return RC_OK;
    }
    return diag_fail_at(
        d, RC_UNSUPPORTED, s->file, rule->place,
        "the rule \"%s\" refuses connections while it is armed: this version plays "
        "that alone in `then`, and without `match`, `probability`, `connection` and "
        "`time`",
        rule->name);
}

bool refusal_is_on(const struct refusal *r, enum target target)
{
    return r->open[target] > 0;
}

static bool probe(struct lane *lane, const struct rule *rule, const char *edge)
{
    bool refused = listener_is_refused(lane->ports[target_of(rule)].listener);
    struct journal *j = lane->journal;
    (void)journal_begin(j, EVENT_REFUSE);
    journal_text(j, "rule", span_of(rule->name));
    journal_bool(j, "refused", refused);
    journal_text(j, "edge", span_of(edge));
    (void)journal_end(j);
    return refused;
}

enum rc refusal_hold(struct port *port)
{
    enum rc rc = RC_OK;
    if (port->lane->refusal.open[port->target]++ == 0) {
        rc = listener_hold(port->listener);
        connection_reset_all(port);
    }
    return rc;
}

enum rc refusal_release(struct port *port)
{
    bool is_last = --port->lane->refusal.open[port->target] == 0;
    return is_last ? listener_resume(port->listener) : RC_OK;
}

static enum rc open_window(struct lane *lane, const struct rule *rule, struct refusal_window *w)
{
    struct port *port = &lane->ports[target_of(rule)];
    w->is_open = true;
    enum rc rc = refusal_hold(port);
    w->was_refused = probe(lane, rule, "begin");
    if (port->target == TARGET_SERVICE && lane->refusal.open[TARGET_SERVICE] == 1) {
        recorder_open_window(lane, w->was_refused);
    }
    return rc;
}

static enum rc close_window(struct lane *lane, const struct rule *rule, struct refusal_window *w)
{
    struct port *port = &lane->ports[target_of(rule)];
    bool is_refused = probe(lane, rule, "end");
    if (is_refused && w->was_refused) {
        record_rule_fault(lane, rule, 0, "", 0);
    }
    w->is_open = false;
    enum rc rc = refusal_release(port);
    // One that ends only with the lane was never closed.
    if (port->target == TARGET_SERVICE && !refusal_is_on(&lane->refusal, TARGET_SERVICE) &&
        !lane->is_closed) {
        recorder_close_window(lane);
    }
    return rc;
}

enum rc refusal_follow(struct lane *lane)
{
    const struct scenario *s = lane->options.scenario;
    struct refusal *r = &lane->refusal;
    enum rc rc = RC_OK;
    if (r->windows == NULL) {
        r->windows = x_alloc((s->rule_count + 1) * sizeof *r->windows);
    }
    for (size_t i = 0; i < s->rule_count && rc == RC_OK; i++) {
        const struct rule *rule = &s->rules[i];
        bool is_armed = is_refusal(rule) && rules_is_armed(lane->rules, rule);
        if (is_armed && !r->windows[i].is_open) {
            rc = open_window(lane, rule, &r->windows[i]);
        } else if (!is_armed && r->windows[i].is_open) {
            rc = close_window(lane, rule, &r->windows[i]);
        }
    }
    return rc;
}

enum rc refusal_end(struct lane *lane)
{
    struct refusal *r = &lane->refusal;
    size_t count = r->windows == NULL ? 0 : lane->options.scenario->rule_count;
    enum rc rc = RC_OK;
    for (size_t i = 0; i < count; i++) {
        if (r->windows[i].is_open) {
            enum rc closed = close_window(lane, &lane->options.scenario->rules[i], &r->windows[i]);
            rc = rc == RC_OK ? closed : rc;
        }
    }
    x_free(r->windows);
    r->windows = NULL;
    return rc;
}
