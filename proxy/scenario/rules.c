// SPDX-License-Identifier: Apache-2.0
// A rule meets a request when it is armed, looks in this phase, and its `when` holds. It then
// counts one further request (or none, when `per` counts invocations or connections that it has
// met), and wins if no rule before it did, its `match` holds and its draw hits.
#include "proxy/scenario/rules.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/draw.h"
#include "proxy/base/instant.h"
#include "proxy/scenario/build.h"

// What a rule has met, in order: numbers of connections, or of invocations.
struct met {
    uint64_t *keys;
    size_t count, capacity;
};

struct rule_state {
    bool armed;
    uint64_t requests;
    struct met met;
};

struct rules {
    struct rules_options options;
    struct rule_state *states; // one per rule of the scenario
    char **invocations;        // every id seen, in order of appearance
    size_t invocation_count, invocation_capacity;
    uint64_t nameless; // requests without an invocation id: each is its own
};

struct rules *rules_new(const struct rules_options *options)
{
    struct rules *r = x_alloc(sizeof *r);
    r->options = *options;
    r->states = x_alloc(options->scenario->rule_count * sizeof *r->states);
    for (size_t i = 0; i < options->scenario->rule_count; i++) {
        r->states[i].armed = options->scenario->rules[i].armed;
    }
    return r;
}

void rules_free(struct rules **r)
{
    if (*r == NULL) {
        return;
    }
    for (size_t i = 0; i < (*r)->options.scenario->rule_count; i++) {
        x_free((*r)->states[i].met.keys);
    }
    for (size_t i = 0; i < (*r)->invocation_count; i++) {
        x_free((*r)->invocations[i]);
    }
    x_free((*r)->invocations);
    x_free((*r)->states);
    x_free(*r);
    *r = NULL;
}

bool count_matches(const cJSON *range, uint64_t n)
{
    uint64_t first = 0;
    uint64_t last = 0;
    int64_t number = 0;
    if (json_int(range, 0, INT64_MAX, &number)) {
        return n == (uint64_t)number;
    }
    range_parse(json_span(range), &first, &last);
    return first <= n && n <= last;
}

static bool text_matches(const cJSON *selector, const char *key, struct span value)
{
    const cJSON *wanted = json_get(selector, key);
    return wanted == NULL || span_equal(json_span(wanted), value);
}

static bool quantity_matches(const cJSON *selector, int64_t quantity)
{
    const cJSON *wanted = json_get(selector, "quantity");
    return wanted == NULL || (quantity >= 0 && count_matches(wanted, (uint64_t)quantity));
}

static bool matches_but_for_hour(const cJSON *selector, const struct subject_record *record)
{
    return text_matches(selector, "customer", record->customer) &&
           text_matches(selector, "dimension", record->dimension) &&
           text_matches(selector, "product", record->product) &&
           text_matches(selector, "usage", record->usage) &&
           quantity_matches(selector, record->quantity);
}

bool record_matches(const cJSON *selector, const struct subject_record *record)
{
    return json_get(selector, "hour") == NULL && matches_but_for_hour(selector, record);
}

// False while the moment counts from a step that has not begun.
static bool moment(const struct rules *r, const cJSON *text, int64_t *at_us)
{
    struct moment_context context = {.now_us = r->options.start_us,
                                     .start_us = r->options.start_us,
                                     .step_time = r->options.step_time,
                                     .arg = r->options.step_arg};
    return moment_resolve(at_us, json_span(text), &context, NULL) == RC_OK;
}

bool rules_record_matches(const struct rules *r, const cJSON *selector,
                          const struct subject_record *record)
{
    const cJSON *hour = json_get(selector, "hour");
    int64_t at_us = 0;
    bool hour_holds = hour == NULL || (moment(r, hour, &at_us) &&
                                       instant_hour(at_us) == instant_hour(record->hour_us));
    return hour_holds && matches_but_for_hour(selector, record);
}

static bool records_match(const struct rules *r, const cJSON *selector,
                          const struct subject *subject)
{
    if (selector == NULL) {
        return true;
    }
    uint64_t count = 0;
    for (size_t i = 0; i < subject->record_count; i++) {
        count += rules_record_matches(r, selector, &subject->records[i]) ? 1 : 0;
    }
    const cJSON *wanted = json_get(selector, "count");
    return wanted == NULL ? count > 0 : count_matches(wanted, count);
}

// Until a step that `until` counts from has begun, the end has not come; likewise for `from`.
static bool time_matches(const struct rules *r, const cJSON *window, int64_t service_us)
{
    const cJSON *from = json_get(window, "from");
    const cJSON *until = json_get(window, "until");
    int64_t at_us = 0;
    if (from != NULL && (!moment(r, from, &at_us) || service_us < at_us)) {
        return false;
    }
    return until == NULL || !moment(r, until, &at_us) || service_us < at_us;
}

static bool operation_matches(const struct rules *r, const cJSON *when, enum operation operation)
{
    const char *word = json_get_text(when, "operation");
    if (word == NULL) {
        return true;
    }
    enum operation wanted =
        strcmp(word, "metering") == 0 ? r->options.metering : operation_find(span_of(word));
    return operation == wanted;
}

static bool target_matches(const cJSON *when, struct span target)
{
    const char *wanted = json_get_text(when, "target");
    // An exchange whose target nobody named is the service's.
    return span_is(target.len == 0 ? SPAN("service") : target, wanted == NULL ? "service" : wanted);
}

static bool flag_matches(const cJSON *when, const char *key, bool value)
{
    const cJSON *wanted = json_get(when, key);
    return wanted == NULL || json_is_true(wanted) == value;
}

static bool number_matches(const cJSON *when, const char *key, uint64_t n)
{
    const cJSON *wanted = json_get(when, key);
    return wanted == NULL || count_matches(wanted, n);
}

static bool when_holds(const struct rules *r, const cJSON *when, const struct subject *subject,
                       uint64_t invocation)
{
    return target_matches(when, subject->target) &&
           operation_matches(r, when, subject->operation) &&
           text_matches(when, "region", subject->region) &&
           text_matches(when, "credential", subject->credential) &&
           text_matches(when, "token", subject->token) &&
           flag_matches(when, "dry_run", subject->is_dry_run) &&
           flag_matches(when, "nonce", subject->has_nonce) &&
           number_matches(when, "attempt", subject->attempt) &&
           number_matches(when, "invocation", invocation) &&
           number_matches(when, "connection", subject->connection) &&
           time_matches(r, json_get(when, "time"), subject->service_us) &&
           records_match(r, json_get(when, "records"), subject);
}

// The number, from 1, of an invocation in order of appearance; 0 when the client names none.
static uint64_t invocation_number(struct rules *r, struct span id)
{
    if (id.len == 0) {
        return 0;
    }
    for (size_t i = 0; i < r->invocation_count; i++) {
        if (span_is(id, r->invocations[i])) {
            return i + 1;
        }
    }
    X_GROW(r->invocations, r->invocation_count, r->invocation_capacity);
    r->invocations[r->invocation_count++] = span_dup(id);
    return r->invocation_count;
}

static uint64_t ordinal(struct met *met, uint64_t key)
{
    for (size_t i = 0; i < met->count; i++) {
        if (met->keys[i] == key) {
            return i + 1;
        }
    }
    X_GROW(met->keys, met->count, met->capacity);
    met->keys[met->count++] = key;
    return met->count;
}

static uint64_t count_one(struct rules *r, const struct rule *rule, struct rule_state *state,
                          const struct subject *subject, uint64_t invocation)
{
    if (rule->per == PER_CONNECTION) {
        return ordinal(&state->met, subject->connection);
    }
    if (rule->per == PER_INVOCATION) {
        return ordinal(&state->met, invocation != 0 ? invocation : UINT64_MAX - r->nameless++);
    }
    return ++state->requests;
}

static bool match_holds(const struct rule *rule, uint64_t n)
{
    struct span rest = rule->list;
    bool is_listed = false;
    while (rule->match == MATCH_LIST && rest.len > 0 && !is_listed) {
        uint64_t first = 0;
        uint64_t last = 0;
        range_parse(span_cut(&rest, ','), &first, &last);
        is_listed = first <= n && n <= last;
    }
    bool is_due = rule->match == MATCH_EVERY && n % rule->period == 0;
    return rule->match == MATCH_ALL || is_due || is_listed;
}

// Draws only where chance decides; *drew is below zero when it does not.
static bool draw_hits(const struct rules *r, const struct rule *rule, uint64_t n, double *drew)
{
    *drew = -1;
    if (rule->probability >= 1) {
        return true;
    }
    struct draw draw = {.seed = r->options.seed,
                        .case_id = span_of(r->options.scenario->id),
                        .rule = span_of(rule->name),
                        .index = n};
    *drew = draw_unit(&draw, 0);
    return *drew < rule->probability;
}

const struct rule *rules_choose(struct rules *r, const struct subject *subject,
                                rules_witness_fn *witness, void *arg, uint64_t *index)
{
    const struct scenario *s = r->options.scenario;
    const struct rule *winner = NULL;
    uint64_t invocation = invocation_number(r, subject->invocation);
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct rule *rule = &s->rules[i];
        struct rule_state *state = &r->states[i];
        bool is_here = state->armed && rule->phase == subject->phase;
        if (!is_here || !when_holds(r, rule->when, subject, invocation)) {
            continue;
        }
        uint64_t n = count_one(r, rule, state, subject, invocation);
        double drew = -1;
        bool won = winner == NULL && match_holds(rule, n) && draw_hits(r, rule, n, &drew);
        if (won) {
            winner = rule;
            *index = n;
        }
        if (witness != NULL) {
            witness(arg, rule, n, drew, won);
        }
    }
    return winner;
}

bool rules_when_holds(const struct rules *r, const cJSON *when, const struct subject *subject)
{
    return when_holds(r, when, subject, 0);
}

enum rc rules_arm(struct rules *r, struct span name, bool armed)
{
    for (size_t i = 0; i < r->options.scenario->rule_count; i++) {
        if (span_is(name, r->options.scenario->rules[i].name)) {
            r->states[i].armed = armed;
            return RC_OK;
        }
    }
    return RC_UNKNOWN;
}

bool rules_is_armed(const struct rules *r, const struct rule *rule)
{
    return r->states[rule - r->options.scenario->rules].armed;
}
