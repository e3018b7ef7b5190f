// SPDX-License-Identifier: Apache-2.0
// Every rule keeps its name, its `when` and what arms it, so that it counts the same requests; its
// `match` is the list of those on which it won, its drawn delays stand beside their index, and the
// seed decides the rest (the bytes of garbage, the order of results) as it did.
#include "proxy/recording/schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/base/own.h"
#include "proxy/fault/fault.h"
#include "proxy/recording/gaps.h"
#include "proxy/scenario/vocabulary.h"

// A case on its way to its schedule.
struct schedule {
    const cJSON *scenario;
    const struct event *events;
    size_t count;
    uint64_t seed;
    const char *case_id;
};

static void copy(cJSON *to, const char *key, const cJSON *value)
{
    if (value != NULL) {
        (void)cJSON_AddItemToObject(to, key, cJSON_Duplicate(value, 1));
    }
}

static void copy_all(cJSON *to, const cJSON *from, const char *const *keys)
{
    for (size_t i = 0; keys[i] != NULL; i++) {
        copy(to, keys[i], json_get(from, keys[i]));
    }
}

// Steps and expectations: {"verb": v, "args": a} becomes {v: a}.
static cJSON *unfolded(const cJSON *node)
{
    cJSON *object = cJSON_CreateObject();
    copy(object, json_get_text(node, "verb"), json_get(node, "args"));
    return object;
}

static cJSON *step_of(const cJSON *node)
{
    cJSON *step = unfolded(node);
    const char *id = json_get_text(node, "id");
    const cJSON *args = json_get(node, "args");
    if (id != NULL && json_get_text(args, "id") == NULL) {
        copy(step, "id", json_get(node, "id"));
    }
    if (cJSON_IsFalse(json_get(node, "await"))) {
        copy(step, "await", json_get(node, "await"));
    }
    if (json_get_int(node, "instance", 1) != 1) {
        copy(step, "instance", json_get(node, "instance"));
    }
    return step;
}

// What differs from the requirement's alone is said.
static cJSON *expect_of(const cJSON *node, const cJSON *requirement)
{
    static const char *const KEYS[] = {"id", "at", "within_s", NULL};
    static const char *const INHERITED[] = {"level", "basis"};
    cJSON *expect = unfolded(node);
    copy_all(expect, node, KEYS);
    for (size_t i = 0; i < 2; i++) {
        struct span own = json_span(json_get(node, INHERITED[i]));
        if (!span_equal(own, json_span(json_get(requirement, INHERITED[i])))) {
            copy(expect, INHERITED[i], json_get(node, INHERITED[i]));
        }
    }
    if (json_is_true(json_get(node, "timing"))) {
        copy(expect, "timing", json_get(node, "timing"));
    }
    return expect;
}

// Whether the event is the rule's winning of a match, and which.
static bool is_win(const struct event *e, struct span rule, uint64_t *index)
{
    int64_t n = 0;
    bool is_one = e->kind == EVENT_MATCH && json_is_true(json_get(e->json, "won")) &&
                  span_equal(json_span(json_get(e->json, "rule")), rule) &&
                  json_int(json_get(e->json, "index"), 1, INT64_MAX, &n);
    *index = (uint64_t)n;
    return is_one;
}

// The indexes on which a rule won, in order, each once (with `per` one comes often).
struct wins {
    uint64_t *at; // owned
    size_t count, capacity;
};

static int by_value(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static struct wins wins_of(const struct schedule *s, struct span rule)
{
    struct wins wins = {.count = 0};
    for (size_t i = 0; i < s->count; i++) {
        uint64_t index = 0;
        if (is_win(&s->events[i], rule, &index)) {
            X_GROW(wins.at, wins.count, wins.capacity);
            wins.at[wins.count++] = index;
        }
    }
    size_t kept = wins.count == 0 ? 0 : 1;
    if (wins.count > 0) {
        qsort(wins.at, wins.count, sizeof *wins.at, by_value);
    }
    for (size_t i = 1; i < wins.count; i++) {
        if (wins.at[i] != wins.at[i - 1]) {
            wins.at[kept++] = wins.at[i];
        }
    }
    wins.count = kept;
    return wins;
}

// "1-3,7", or "none".
static char *match_of(const struct wins *wins)
{
    struct buf text = {0};
    for (size_t i = 0; i < wins->count;) {
        size_t last = i;
        while (last + 1 < wins->count && wins->at[last + 1] == wins->at[last] + 1) {
            last++;
        }
        buf_addf(&text, i == 0 ? "%" PRIu64 : ",%" PRIu64, wins->at[i]);
        if (last > i) {
            buf_addf(&text, "-%" PRIu64, wins->at[last]);
        }
        i = last + 1;
    }
    buf_add_text(&text, text.len == 0 ? "none" : "");
    return buf_take_text(&text);
}

// A delay that is drawn, as it was for each match.
static cJSON *drawn(const struct schedule *s, struct span rule, const struct wins *wins,
                    const struct action *action)
{
    cJSON *delays = cJSON_CreateObject();
    for (size_t i = 0; i < wins->count; i++) {
        OWN_BUF struct buf text = {0};
        OWN(json) cJSON *resolved = NULL;
        char key[24];
        struct draw draw = {
            .seed = s->seed, .case_id = span_of(s->case_id), .rule = rule, .index = wins->at[i]};
        fault_resolve(&text, action, &draw);
        (void)snprintf(key, sizeof key, "%" PRIu64, wins->at[i]);
        if (json_read(&resolved, NULL, buf_span(&text), NULL, NULL) == RC_OK) {
            copy(delays, key, json_get(resolved, action_name(action->verb)));
        }
    }
    cJSON *object = cJSON_CreateObject();
    cJSON *wrapped = cJSON_CreateObject();
    (void)cJSON_AddItemToObject(object, "by_match", delays);
    (void)cJSON_AddItemToObject(wrapped, action_name(action->verb), object);
    return wrapped;
}

static cJSON *action_of(const struct schedule *s, struct span rule, const struct wins *wins,
                        const cJSON *node)
{
    const cJSON *args = node->child;
    struct action action = {.verb = ACTION_DELAY, .args = args};
    bool is_drawn = strcmp(args->string, action_name(ACTION_DELAY)) == 0 && cJSON_IsObject(args) &&
                    wins->count > 0;
    return is_drawn ? drawn(s, rule, wins, &action) : cJSON_Duplicate(node, 1);
}

// From the start, or as the control interface had it before anybody came.
static bool is_armed(const struct schedule *s, const cJSON *rule)
{
    struct span name = json_span(json_get(rule, "name"));
    bool is_armed = !cJSON_IsFalse(json_get(rule, "armed"));
    for (size_t i = 0; i < s->count; i++) {
        const cJSON *json = s->events[i].json;
        if (gaps_is_early(s->events, i) && span_equal(json_span(json_get(json, "rule")), name)) {
            is_armed = span_is(json_span(json_get(json, "what")), "arm");
        }
    }
    return is_armed;
}

// Where connections are refused nothing is counted: such a window is as wide as it is armed.
static bool is_counted(const cJSON *rule)
{
    return !span_is(json_span(json_get(rule, "phase")), phase_name(PHASE_CONNECT));
}

static cJSON *rule_of(const struct schedule *s, const cJSON *node)
{
    static const char *const KEYS[] = {"name", "when", NULL};
    struct span name = json_span(json_get(node, "name"));
    struct wins wins = wins_of(s, name);
    cJSON *rule = cJSON_CreateObject();
    copy_all(rule, node, KEYS);
    if (is_counted(node)) {
        OWN(text) char *match = match_of(&wins);
        (void)cJSON_AddStringToObject(rule, "match", match);
    }
    if (!span_is(json_span(json_get(node, "per")), per_name(PER_REQUEST))) {
        copy(rule, "per", json_get(node, "per"));
    }
    if (!is_armed(s, node)) {
        (void)cJSON_AddFalseToObject(rule, "armed");
    }
    cJSON *then = cJSON_AddArrayToObject(rule, "then");
    const cJSON *action = NULL;
    cJSON_ArrayForEach(action, json_get(node, "then"))
    {
        (void)cJSON_AddItemToArray(then, action_of(s, name, &wins, action));
    }
    x_free(wins.at);
    return rule;
}

// NOLINTNEXTLINE(misc-no-recursion): depth is bounded by JSON_MAX_DEPTH
static bool mentions(const cJSON *node, struct span name)
{
    if (cJSON_IsString(node)) {
        return span_equal(json_span(node), name);
    }
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, node)
    {
        if (mentions(child, name)) {
            return true;
        }
    }
    return false;
}

// Whether anything but the rule itself speaks of it: then it cannot be left out.
static bool is_named(const struct schedule *s, struct span name)
{
    static const char *const WHERE[] = {"steps", "expect", "exercised", "avoided"};
    for (size_t i = 0; i < sizeof WHERE / sizeof WHERE[0]; i++) {
        if (mentions(json_get(s->scenario, WHERE[i]), name)) {
            return true;
        }
    }
    const cJSON *rule = NULL;
    cJSON_ArrayForEach(rule, json_get(s->scenario, "rules"))
    {
        if (mentions(json_get(rule, "then"), name)) {
            return true;
        }
    }
    return false;
}

static bool is_kept(const struct schedule *s, const cJSON *rule)
{
    struct span name = json_span(json_get(rule, "name"));
    struct wins wins = wins_of(s, name);
    x_free(wins.at);
    return !is_counted(rule) || wins.count > 0 || is_named(s, name);
}

static void add_rules(const struct schedule *s, cJSON *file)
{
    cJSON *rules = cJSON_AddArrayToObject(file, "rules");
    const cJSON *all = json_get(s->scenario, "rules");
    const cJSON *node = NULL;
    bool is_any_kept = false;
    cJSON_ArrayForEach(node, all)
    {
        is_any_kept = is_any_kept || is_kept(s, node);
    }
    cJSON_ArrayForEach(node, all)
    {
        if (!is_any_kept || is_kept(s, node)) { // a case without any rule would be another case
            (void)cJSON_AddItemToArray(rules, rule_of(s, node));
        }
    }
}

static void add_limits(cJSON *file, const cJSON *limits)
{
    cJSON *own = cJSON_AddObjectToObject(file, "limits");
    copy(own, "deadline_s", json_get(limits, "deadline_s"));
    if (json_is_true(json_get(limits, "alone"))) {
        copy(own, "alone", json_get(limits, "alone"));
    }
}

static cJSON *file_of(const struct schedule *s)
{
    static const char *const FIRST[] = {"scenario", "id", "title", "operation", NULL};
    static const char *const LAST[] = {"time",      "client",  "world", "waive",
                                       "exercised", "avoided", NULL};
    const cJSON *requirement = json_get(s->scenario, "requirement");
    cJSON *file = cJSON_CreateObject();
    copy_all(file, s->scenario, FIRST);
    cJSON *profiles = cJSON_AddArrayToObject(file, "profiles");
    (void)cJSON_AddItemToArray(profiles, cJSON_Duplicate(json_get(s->scenario, "profile"), 1));
    copy(file, "requirement", requirement);
    if (cJSON_GetArraySize(json_get(s->scenario, "requires")) > 0) {
        copy(file, "requires", json_get(s->scenario, "requires"));
    }
    OWN_BUF struct buf seed = {0};
    buf_add_u64(&seed, s->seed);
    OWN(text) char *text = buf_take_text(&seed);
    (void)cJSON_AddStringToObject(file, "seed", text);
    add_limits(file, json_get(s->scenario, "limits"));
    copy_all(file, s->scenario, LAST);
    cJSON *steps = cJSON_AddArrayToObject(file, "steps");
    const cJSON *node = NULL;
    cJSON_ArrayForEach(node, json_get(s->scenario, "steps"))
    {
        (void)cJSON_AddItemToArray(steps, step_of(node));
    }
    add_rules(s, file);
    cJSON *expects = cJSON_AddArrayToObject(file, "expect");
    cJSON_ArrayForEach(node, json_get(s->scenario, "expect"))
    {
        (void)cJSON_AddItemToArray(expects, expect_of(node, requirement));
    }
    return file;
}

// One key a line, and one step, rule and expectation: enough for a person to read and change.
static void print(struct buf *out, const cJSON *file)
{
    const cJSON *item = NULL;
    buf_add_text(out, "{");
    cJSON_ArrayForEach(item, file)
    {
        buf_add_text(out, item == file->child ? "\n  " : ",\n  ");
        buf_add_json_string(out, span_of(item->string));
        buf_add_text(out, ": ");
        const cJSON *element = NULL;
        bool is_list = cJSON_IsArray(item) && cJSON_IsObject(item->child);
        if (!is_list) {
            json_print(out, item);
            continue;
        }
        cJSON_ArrayForEach(element, item)
        {
            buf_add_text(out, element == item->child ? "[\n    " : ",\n    ");
            json_print(out, element);
        }
        buf_add_text(out, "\n  ]");
    }
    buf_add_text(out, "\n}\n");
}

enum rc schedule_write(struct buf *out, const cJSON *scenario, const struct event *events,
                       size_t count, struct diag *d)
{
    struct schedule s = {
        .scenario = scenario, .events = events, .count = gaps_first_played(events, count)};
    const cJSON *open = count > 0 && events[0].kind == EVENT_OPEN ? events[0].json : NULL;
    s.case_id = json_get_text(open, "case");
    if (s.case_id == NULL || !span_to_u64(json_span(json_get(open, "seed")), UINT64_MAX, &s.seed)) {
        return diag_fail(d, RC_MISSING, "the journal does not begin with the case and its seed");
    }
    OWN(json) cJSON *file = file_of(&s);
    print(out, file);
    return RC_OK;
}
