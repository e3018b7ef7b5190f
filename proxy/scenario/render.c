// SPDX-License-Identifier: Apache-2.0
// scenario.json of the evidence. Written by hand rather than as a tree: the order of its members is
// part of the format, since the file's digest is.
#include "proxy/base/own.h"
#include "proxy/scenario/vocabulary.h"

// Begins a member; the first one of an object has no comma before it.
static void key(struct buf *out, const char *name)
{
    if (out->len > 0 && out->data[out->len - 1] != '{' && out->data[out->len - 1] != '[') {
        buf_add_char(out, ',');
    }
    buf_add_json_string(out, span_of(name));
    buf_add_char(out, ':');
}

static void text(struct buf *out, const char *name, const char *value)
{
    key(out, name);
    buf_add_json_string(out, span_of(value));
}

static void number(struct buf *out, const char *name, uint64_t value)
{
    key(out, name);
    buf_add_u64(out, value);
}

static void truth(struct buf *out, const char *name, bool value)
{
    key(out, name);
    buf_add_text(out, value ? "true" : "false");
}

// Left out when there is none.
static void tree(struct buf *out, const char *name, const cJSON *node)
{
    if (node != NULL) {
        key(out, name);
        json_print(out, node);
    }
}

static void operation(struct buf *out, const struct scenario *s, const char *profile)
{
    text(out, "operation", s->operation);
    if (span_is(span_of(s->operation), "metering")) {
        text(out, "metering_operation", operation_name(scenario_metering(profile)));
    }
}

static void requires(struct buf *out, const cJSON *list)
{
    key(out, "requires");
    if (list == NULL) {
        buf_add_text(out, "[]");
    } else {
        json_print(out, list);
    }
}

static void limits(struct buf *out, const struct scenario *s)
{
    key(out, "limits");
    buf_add_char(out, '{');
    number(out, "deadline_s", s->deadline_s);
    truth(out, "alone", s->alone);
    buf_add_char(out, '}');
}

static void step(struct buf *out, const struct step *s)
{
    buf_add_char(out, '{');
    number(out, "n", s->n);
    text(out, "verb", step_name(s->verb));
    tree(out, "args", s->args);
    truth(out, "await", s->await);
    if (s->id != NULL) {
        text(out, "id", s->id);
    }
    number(out, "instance", s->instance);
    number(out, "line", s->place.line);
    buf_add_char(out, '}');
}

// As it was written; rules without `match` act on all.
static void match(struct buf *out, const struct rule *rule)
{
    key(out, "match");
    if (rule->match == MATCH_EVERY) {
        buf_addf(out, "\"every %llu\"", (unsigned long long)rule->period);
    } else if (rule->match == MATCH_ALL) {
        buf_add_text(out, "\"all\"");
    } else {
        buf_add_json_string(out, rule->list);
    }
}

static void actions(struct buf *out, const struct rule *rule)
{
    key(out, "then");
    buf_add_char(out, '[');
    for (size_t i = 0; i < rule->action_count; i++) {
        buf_add_text(out, i == 0 ? "{" : ",{");
        tree(out, action_name(rule->actions[i].verb), rule->actions[i].args);
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

static void rule(struct buf *out, const struct rule *r)
{
    buf_add_char(out, '{');
    text(out, "name", r->name);
    tree(out, "when", r->when);
    text(out, "phase", phase_name(r->phase));
    match(out, r);
    text(out, "per", per_name(r->per));
    key(out, "probability");
    buf_addf(out, "%.12g", r->probability);
    text(out, "kind", fault_kind_name(r->kind));
    truth(out, "executes", r->executes);
    actions(out, r);
    truth(out, "armed", r->armed);
    number(out, "line", r->place.line);
    buf_add_char(out, '}');
}

static void expect(struct buf *out, const struct expect *e)
{
    buf_add_char(out, '{');
    text(out, "id", e->id);
    text(out, "verb", expect_name(e->verb));
    tree(out, "args", e->args);
    text(out, "level", e->level);
    text(out, "basis", e->basis);
    truth(out, "timing", e->timing);
    tree(out, "at", json_get(e->node, "at"));
    tree(out, "within_s", json_get(e->node, "within_s"));
    number(out, "line", e->place.line);
    number(out, "column", e->place.column);
    buf_add_char(out, '}');
}

static void begin_list(struct buf *out, const char *name)
{
    key(out, name);
    buf_add_char(out, '[');
}

static void comma(struct buf *out, size_t i)
{
    if (i > 0) {
        buf_add_char(out, ',');
    }
}

static void lists(struct buf *out, const struct scenario *s)
{
    begin_list(out, "steps");
    for (size_t i = 0; i < s->step_count; i++) {
        comma(out, i);
        step(out, &s->steps[i]);
    }
    buf_add_char(out, ']');
    begin_list(out, "rules");
    for (size_t i = 0; i < s->rule_count; i++) {
        comma(out, i);
        rule(out, &s->rules[i]);
    }
    buf_add_char(out, ']');
    begin_list(out, "expect");
    for (size_t i = 0; i < s->expect_count; i++) {
        comma(out, i);
        expect(out, &s->expects[i]);
    }
    buf_add_char(out, ']');
}

void scenario_render(const struct scenario *s, const char *profile, struct buf *out)
{
    buf_add_char(out, '{');
    number(out, "scenario", 1);
    text(out, "id", s->id);
    text(out, "file", s->file);
    text(out, "title", s->title);
    operation(out, s, profile);
    text(out, "profile", profile);
    tree(out, "requirement", s->requirement);
    truth(out, "money", s->money);
    requires(out, s->requires);
    limits(out, s);
    if (s->seed != NULL) {
        text(out, "seed", s->seed);
    }
    tree(out, "time", s->time);
    tree(out, "client", s->client);
    tree(out, "world", s->world);
    lists(out, s);
    tree(out, "waive", s->waive);
    tree(out, "exercised", s->exercised);
    tree(out, "avoided", s->avoided);
    buf_add_char(out, '}');
}
