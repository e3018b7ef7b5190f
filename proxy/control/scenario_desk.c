// SPDX-License-Identifier: Apache-2.0
// Calls about what is played: the scenario, and its rules.
#include <string.h>

#include "proxy/base/digest.h"
#include "proxy/base/own.h"
#include "proxy/control/desk.h"

void desk_show_scenario(struct desk *desk, struct call *call, struct reply *reply)
{
    struct lane_facts facts;
    if (!desk_query_takes(call, "", reply)) {
        return;
    }
    lane_facts(desk->lane, &facts);
    reply->status = 200;
    buf_add_text(&reply->body, "{\"scenario\":");
    if (facts.scenario == NULL) {
        buf_add_text(&reply->body, "null");
    } else {
        scenario_render(facts.scenario, facts.profile, &reply->body);
    }
    buf_add_char(&reply->body, '}');
}

static const struct scenario *pick(const struct scenario_file *file, struct span id)
{
    for (size_t i = 0; i < scenario_count(file); i++) {
        if (id.len == 0 || span_is(id, scenario_at(file, i)->id)) {
            return scenario_at(file, i);
        }
    }
    return NULL;
}

static void refuse(struct reply *reply, struct span all)
{
    reply_fail_with(reply, 422, "bad_scenario", "the scenario is not sound; nothing has changed",
                    all);
}

static void refuse_by(struct reply *reply, const struct diag *why)
{
    char text[900];
    diag_print(why, text, sizeof text);
    refuse(reply, span_of(text));
}

// Whether the file, and the case of it that is asked for, can be played here; else 422 with all
// that is wrong. The file is the caller's in either case.
static const struct scenario *read_scenario(struct desk *desk, const struct call *call,
                                            struct scenario_file **file, struct reply *reply)
{
    OWN_BUF struct buf all = {0};
    struct diag why = {0};
    struct span id = desk_query_value(call, "case");
    if (scenario_read_steered(file, call->body, "scenario.json", &all, &why) != RC_OK) {
        refuse(reply, buf_span(&all));
        return NULL;
    }
    const struct scenario *s = pick(*file, id);
    if (s == NULL) {
        reply_fail(reply, 422, "no_such_case", "the file has no case \"%.*s\"",
                   (int)(id.len < 100 ? id.len : 100), id.at);
    } else if (lane_may_load(desk->lane, s, &why) != RC_OK) {
        refuse_by(reply, &why);
        s = NULL;
    }
    return s;
}

static void play(struct desk *desk, const struct call *call, struct scenario_file **file,
                 const struct scenario *s, struct reply *reply)
{
    char digest[SHA256_HEX];
    struct diag why = {0};
    int64_t start_us = s == NULL ? desk->told_start_us : scenario_start_us(s, desk->told_start_us);
    sha256_hex(digest, call->body);
    struct journal *j = desk_journal(desk, call, "load");
    journal_text(j, "case", span_of(s == NULL ? NULL : s->id));
    journal_text(j, "sha256", s == NULL ? (struct span){0} : span_of(digest));
    (void)journal_end(j);
    enum rc rc = lane_load(desk->lane, file, s, start_us, &why);
    desk_begin(desk);
    if (rc != RC_OK) {
        desk_lost(desk, call, &why, reply);
        return;
    }
    reply->status = 200;
    buf_add_text(&reply->body, "{\"case\":");
    buf_add_json_string(&reply->body, span_of(s == NULL ? NULL : s->id));
    buf_add_member_i64(&reply->body, "rules", s == NULL ? 0 : (int64_t)s->rule_count);
    buf_add_char(&reply->body, '}');
}

void desk_load(struct desk *desk, struct call *call, struct reply *reply)
{
    struct scenario_file *file = NULL;
    if (!desk_query_takes(call, "case", reply)) {
        return;
    }
    const struct scenario *s = read_scenario(desk, call, &file, reply);
    if (s != NULL) {
        play(desk, call, &file, s, reply);
    }
    scenario_file_free(&file);
}

void desk_unload(struct desk *desk, struct call *call, struct reply *reply)
{
    struct scenario_file *none = NULL;
    struct diag why = {0};
    if (!desk_query_takes(call, "", reply)) {
        return;
    }
    if (lane_may_load(desk->lane, NULL, &why) != RC_OK) {
        reply_fail(reply, 409, "not_without", "%s", why.text);
        return;
    }
    play(desk, call, &none, NULL, reply);
}

static void add_rule(struct buf *b, const struct desk *desk, const struct rules *rules,
                     const struct rule *rule)
{
    const struct tally_row *row = tally_of(&desk->tally, span_of(rule->name));
    buf_add_text(b, "{\"name\":");
    buf_add_json_string(b, span_of(rule->name));
    buf_add_member_bool(b, "armed", rules_is_armed(rules, rule));
    buf_add_member(b, "kind", span_of(fault_kind_name(rule->kind)));
    buf_add_member_i64(b, "met", (int64_t)row->met);
    buf_add_member_i64(b, "won", (int64_t)row->won);
    buf_add_member_i64(b, "fired", (int64_t)row->fired);
    buf_add_char(b, '}');
}

void desk_rules(struct desk *desk, struct call *call, struct reply *reply)
{
    struct lane_facts facts;
    if (!desk_query_takes(call, "", reply)) {
        return;
    }
    lane_facts(desk->lane, &facts);
    reply->status = 200;
    buf_add_text(&reply->body, "{\"rules\":[");
    for (size_t i = 0; facts.scenario != NULL && i < facts.scenario->rule_count; i++) {
        buf_add_text(&reply->body, i == 0 ? "" : ",");
        add_rule(&reply->body, desk, facts.rules, &facts.scenario->rules[i]);
    }
    buf_add_text(&reply->body, "]}");
}

static void arm(struct desk *desk, const struct call *call, bool armed, struct reply *reply)
{
    struct span name = json_span(json_get(call->tree, "rule"));
    if (!desk_takes(call, "rule", reply)) {
        return;
    }
    if (tally_of(&desk->tally, name) == NULL) {
        reply_fail(reply, 404, "no_such_rule", "the scenario has no rule \"%.*s\"",
                   (int)(name.len < 200 ? name.len : 200), name.len == 0 ? "" : name.at);
        return;
    }
    struct journal *j = desk_journal(desk, call, armed ? "arm" : "disarm");
    journal_text(j, "rule", name);
    (void)journal_end(j);
    enum rc rc = lane_arm(desk->lane, name, armed);
    struct diag why = {0};
    if (rc == RC_OK) {
        reply_done(reply);
    } else {
        (void)diag_fail(&why, rc, "the window of refused connections could not be %s",
                        armed ? "opened" : "closed");
        desk_lost(desk, call, &why, reply);
    }
}

void desk_arm(struct desk *desk, struct call *call, struct reply *reply)
{
    arm(desk, call, true, reply);
}

void desk_disarm(struct desk *desk, struct call *call, struct reply *reply)
{
    arm(desk, call, false, reply);
}
