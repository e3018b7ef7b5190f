// SPDX-License-Identifier: Apache-2.0
#include "proxy/scenario/build.h"

#include "proxy/base/alloc.h"

#define USUAL_DEADLINE_S 30

// What an action makes of the request: whether the service executes it.
enum effect {
    EFFECT_GOES_ON,  // the service answers; its answer may be altered or cut
    EFFECT_REPLACES, // no answer of the service, hence no execution
    EFFECT_COMMITS,  // executes, whatever follows
    EFFECT_CUTS      // depends on where
};

static const enum effect EFFECTS[ACTION_COUNT] = {
    [ACTION_ERROR] = EFFECT_REPLACES,
    [ACTION_RESPOND] = EFFECT_REPLACES,
    [ACTION_REDIRECT] = EFFECT_REPLACES,
    [ACTION_GARBAGE] = EFFECT_REPLACES,
    [ACTION_EMPTY_REPLY] = EFFECT_REPLACES,
    [ACTION_REFUSE] = EFFECT_REPLACES,
    [ACTION_EXPIRED_CERTIFICATE] = EFFECT_REPLACES,
    [ACTION_WRONG_HOST] = EFFECT_REPLACES,
    [ACTION_UNTRUSTED] = EFFECT_REPLACES,
    [ACTION_HANDSHAKE_STALL] = EFFECT_REPLACES,
    [ACTION_HANDSHAKE_RST] = EFFECT_REPLACES,
    [ACTION_TLS_GARBAGE] = EFFECT_REPLACES,
    [ACTION_COMMIT] = EFFECT_COMMITS,
    [ACTION_HANG] = EFFECT_CUTS,
    [ACTION_FIN] = EFFECT_CUTS,
    [ACTION_RST] = EFFECT_CUTS,
};

static bool keeps_from_executing(const struct action *action)
{
    enum effect effect = EFFECTS[action->verb];
    return effect == EFFECT_REPLACES ||
           (effect == EFFECT_CUTS &&
            span_starts(json_span(json_get(action->args, "at")), SPAN("before-")));
}

// An answer in the service's place, or a cut before it: not executed; `commit` executes first.
static bool executes(const struct rule *rule)
{
    bool is_executed = true;
    for (size_t i = 0; i < rule->action_count; i++) {
        if (EFFECTS[rule->actions[i].verb] == EFFECT_COMMITS) {
            return true;
        }
        is_executed = is_executed && !keeps_from_executing(&rule->actions[i]);
    }
    return is_executed;
}

bool rule_answers(const struct rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        enum action_verb verb = rule->actions[i].verb;
        if (verb == ACTION_ERROR || verb == ACTION_RESPOND) {
            return true;
        }
    }
    return false;
}

// What is done to the wire decides when the rule counts as delivered, the last such action if there
// are several; else the answer does; state alone is state.
static enum fault_kind kind_of(const struct rule *rule)
{
    enum fault_kind kind = FAULT_STATE;
    for (size_t i = 0; i < rule->action_count; i++) {
        enum fault_kind next = action_kind(rule->actions[i].verb);
        bool is_wire = next != FAULT_STATE && next != FAULT_ANSWER;
        if (is_wire || (next == FAULT_ANSWER && kind == FAULT_STATE)) {
            kind = next;
        }
    }
    return kind;
}

const cJSON *verb_of(const cJSON *node, enum form form, size_t *verb)
{
    const struct verb_table *table = verb_table_of(form);
    for (const cJSON *item = node->child; item != NULL; item = item->next) {
        *verb = verb_find(table, span_of(item->string));
        if (*verb < table->count) {
            return item;
        }
    }
    return NULL;
}

void range_parse(struct span text, uint64_t *first, uint64_t *last)
{
    struct span rest = text;
    bool is_open = text.len > 0 && text.at[text.len - 1] == '+';
    struct span from = span_cut(&rest, is_open ? '+' : '-');
    // A number beyond 64 bits is never reached, and neither is the largest one.
    *first = UINT64_MAX;
    *last = UINT64_MAX;
    (void)span_to_u64(from, UINT64_MAX, first);
    if (!is_open) {
        (void)span_to_u64(rest.at == NULL ? from : rest, UINT64_MAX, last);
    }
}

// "1", "1-3", "4+", "every 3"; NULL is all.
static void read_match(struct rule *rule, const char *text)
{
    const struct span every = SPAN("every ");
    struct span rest = span_of(text);
    if (text == NULL) {
        rule->match = MATCH_ALL;
    } else if (span_starts(rest, every)) {
        rule->match = MATCH_EVERY;
        (void)span_to_u64(span_slice(rest, every.len, rest.len), UINT64_MAX, &rule->first);
    } else {
        rule->match = MATCH_RANGE;
        range_parse(rest, &rule->first, &rule->last);
    }
}

static void build_step(struct step *step, const cJSON *node, const struct json_places *places)
{
    size_t verb = 0;
    step->args = verb_of(node, FORM_STEP, &verb);
    step->verb = (enum step_verb)verb;
    step->id = json_get_text(node, "id");
    if (step->id == NULL) {
        step->id = json_get_text(step->args, "id");
    }
    step->await = !cJSON_IsFalse(json_get(node, "await"));
    step->instance = (unsigned)json_get_int(node, "instance", 1);
    step->place = json_place(places, node);
}

static void build_steps(struct built *b, const cJSON *list)
{
    b->steps = x_alloc((size_t)cJSON_GetArraySize(list) * sizeof *b->steps);
    size_t count = 0;
    for (const cJSON *node = list->child; node != NULL; node = node->next) {
        struct step *step = &b->steps[count++];
        build_step(step, node, b->scenario.places);
        step->n = (unsigned)count;
    }
    b->scenario.steps = b->steps;
    b->scenario.step_count = count;
}

static size_t build_actions(struct action *actions, const cJSON *list,
                            const struct json_places *places)
{
    size_t count = 0;
    for (const cJSON *node = list->child; node != NULL; node = node->next) {
        size_t verb = 0;
        actions[count].args = verb_of(node, FORM_ACTION, &verb);
        actions[count].verb = (enum action_verb)verb;
        actions[count].place = json_place(places, node);
        count++;
    }
    return count;
}

static void build_rule(struct rule *rule, const cJSON *node, const struct json_places *places)
{
    rule->name = json_get_text(node, "name");
    rule->when = json_get(node, "when");
    rule->phase = phase_find(json_span(json_get(rule->when, "phase")));
    read_match(rule, json_get_text(node, "match"));
    for (unsigned i = 0; i < PER_COUNT; i++) {
        if (span_is(json_span(json_get(node, "per")), per_name(i))) {
            rule->per = i;
        }
    }
    const cJSON *probability = json_get(node, "probability");
    rule->probability = probability == NULL ? 1 : probability->valuedouble;
    rule->armed = !cJSON_IsFalse(json_get(node, "armed"));
    rule->place = json_place(places, node);
}

static void build_rules(struct built *b, const cJSON *list)
{
    size_t count = 0;
    for (const cJSON *node = list->child; node != NULL; node = node->next) {
        count += (size_t)cJSON_GetArraySize(json_get(node, "then"));
    }
    b->actions = x_alloc(count * sizeof *b->actions);
    b->rules = x_alloc((size_t)cJSON_GetArraySize(list) * sizeof *b->rules);
    struct action *next = b->actions;
    count = 0;
    for (const cJSON *node = list->child; node != NULL; node = node->next) {
        struct rule *rule = &b->rules[count++];
        build_rule(rule, node, b->scenario.places);
        rule->actions = next;
        rule->action_count = build_actions(next, json_get(node, "then"), b->scenario.places);
        next += rule->action_count;
        rule->kind = kind_of(rule);
        rule->executes = executes(rule);
    }
    b->scenario.rules = b->rules;
    b->scenario.rule_count = count;
}

static const char *text_or(const char *text, const char *otherwise)
{
    return text == NULL ? otherwise : text;
}

static void build_expects(struct built *b, const cJSON *list)
{
    const cJSON *requirement = b->scenario.requirement;
    b->expects = x_alloc((size_t)cJSON_GetArraySize(list) * sizeof *b->expects);
    size_t count = 0;
    for (const cJSON *node = list->child; node != NULL; node = node->next) {
        struct expect *expect = &b->expects[count++];
        size_t verb = 0;
        expect->args = verb_of(node, FORM_EXPECT, &verb);
        expect->verb = (enum expect_verb)verb;
        expect->node = node;
        expect->id = json_get_text(node, "id");
        expect->level = text_or(json_get_text(node, "level"), json_get_text(requirement, "level"));
        expect->basis = text_or(json_get_text(node, "basis"), json_get_text(requirement, "basis"));
        expect->timing = json_is_true(json_get(node, "timing"));
        expect->place = json_place(b->scenario.places, node);
    }
    b->scenario.expects = b->expects;
    b->scenario.expect_count = count;
}

void build(struct built *out, cJSON *tree, const struct json_places *places, const char *file)
{
    const cJSON *limits = json_get(tree, "limits");
    *out = (struct built){
        .scenario = {
            .file = file,
            .id = json_get_text(tree, "id"),
            .title = json_get_text(tree, "title"),
            .operation = json_get_text(tree, "operation"),
            .profiles = json_get(tree, "profiles"),
            .requirement = json_get(tree, "requirement"),
            .requires = json_get(tree, "requires"),
            .client = json_get(tree, "client"),
            .time = json_get(tree, "time"),
            .world = json_get(tree, "world"),
            .waive = json_get(tree, "waive"),
            .exercised = json_get(tree, "exercised"),
            .avoided = json_get(tree, "avoided"),
            .deadline_s = (unsigned)json_get_int(limits, "deadline_s", USUAL_DEADLINE_S),
            .alone = json_is_true(json_get(limits, "alone")),
            .tree = tree,
            .places = places,
        }};
    out->scenario.money = json_is_true(json_get(out->scenario.requirement, "money"));
    build_steps(out, json_get(tree, "steps"));
    build_rules(out, json_get(tree, "rules"));
    build_expects(out, json_get(tree, "expect"));
}

void build_clear(struct built *b)
{
    cJSON_Delete(b->scenario.tree);
    x_free(b->steps);
    x_free(b->rules);
    x_free(b->actions);
    x_free(b->expects);
    *b = (struct built){0};
}
