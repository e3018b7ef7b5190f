// SPDX-License-Identifier: Apache-2.0
// ledger: what is billed per key is what was asked, at the end or until a moment.
#include "suites/oracle/money.h"

#include <inttypes.h>
#include <string.h>

#include "proxy/base/own.h"

// Beyond that many usages that may or may not be billed, a range is judged instead of their sums.
#define MAX_OPTIONAL 12

// What one key must hold: all that is required, and any selection of what is optional.
struct demand {
    int64_t required, billed;
    unsigned required_count, billed_count;
    int64_t optional[MAX_OPTIONAL];
    unsigned optional_count;
    int64_t optional_sum;
};

static bool is_excepted(const cJSON *except, const char *id)
{
    return json_array_has(except, id) || json_get(except, id) != NULL;
}

static bool is_selected(const cJSON *usages, const char *id)
{
    return !cJSON_IsArray(usages) || json_array_has(usages, id);
}

static void demand_usage(struct demand *d, const struct usage_fact *u, const cJSON *args)
{
    bool wanted = is_selected(json_get(args, "usages"), u->id);
    if (wanted && !u->is_void && !is_excepted(json_get(args, "except"), u->id)) {
        d->required += u->quantity;
        d->required_count++;
        return;
    }
    d->optional_sum += u->quantity;
    if (d->optional_count < MAX_OPTIONAL) {
        d->optional[d->optional_count] = u->quantity;
    }
    d->optional_count++;
}

static struct demand demand_of(const struct facts *f, size_t key, const cJSON *args,
                               int64_t until_us)
{
    struct demand d = {.billed = f->keys[key].preloaded,
                       .billed_count = f->keys[key].was_preloaded ? 1 : 0};
    for (size_t i = 0; i < f->usages_count; i++) {
        if (f->usages[i].key == key) {
            demand_usage(&d, &f->usages[i], args);
        }
    }
    for (size_t i = 0; i < f->bills_count; i++) {
        if (f->bills[i].key == key && f->bills[i].service_us <= until_us) {
            d.billed += f->bills[i].quantity;
            d.billed_count++;
        }
    }
    return d;
}

// Whether rest is the sum of some of the optional quantities.
static bool is_sum_of_optional(const struct demand *d, int64_t rest)
{
    if (d->optional_count > MAX_OPTIONAL) {
        return rest >= 0 && rest <= d->optional_sum;
    }
    for (unsigned chosen = 0; chosen < 1U << d->optional_count; chosen++) {
        int64_t sum = 0;
        for (unsigned i = 0; i < d->optional_count; i++) {
            sum += (chosen >> i & 1U) != 0 ? d->optional[i] : 0;
        }
        if (sum == rest) {
            return true;
        }
    }
    return false;
}

static unsigned key_line(const struct facts *f, size_t key)
{
    for (size_t i = 0; i < f->bills_count; i++) {
        if (f->bills[i].key == key) {
            return f->bills[i].line;
        }
    }
    for (size_t i = 0; i < f->usages_count; i++) {
        if (f->usages[i].key == key) {
            return f->usages[i].line;
        }
    }
    return 0;
}

static void judge_key(struct findings *out, const struct facts *f, size_t key,
                      const struct demand *d, const char *until)
{
    if (d->required_count == 0 ||
        (d->billed_count > 0 && is_sum_of_optional(d, d->billed - d->required))) {
        return;
    }
    OWN_BUF struct buf name = {0};
    money_name_key(&name, f, key);
    buf_add_char(&name, '\0');
    enum finding kind = d->billed > d->required + d->optional_sum ? FINDING_BAD : FINDING_LACK;
    if (d->billed_count == 0) {
        findings_add(out, kind, key_line(f, key), "%s: asked %" PRId64 ", nothing was billed%s%s.",
                     name.data, d->required, until == NULL ? "" : " until ",
                     until == NULL ? "" : until);
    } else {
        findings_add(out, kind, key_line(f, key), "%s: asked %" PRId64 ", billed %" PRId64 "%s%s.",
                     name.data, d->required, d->billed, until == NULL ? "" : " until ",
                     until == NULL ? "" : until);
    }
}

// The long form of `except` says which last words the usage may have.
static void judge_excepted(struct findings *out, const struct facts *f, const cJSON *except)
{
    const cJSON *states = NULL;
    if (!cJSON_IsObject(except)) {
        return;
    }
    cJSON_ArrayForEach(states, except)
    {
        const struct usage_fact *u = oracle_usage(out, f, states->string);
        if (u != NULL && cJSON_IsArray(states) && cJSON_GetArraySize(states) > 0 &&
            !states_allow(states, u->last)) {
            bool is_final = u->last == WORD_METERED || u->last == WORD_REJECTED;
            findings_add(out, is_final ? FINDING_BAD : FINDING_LACK,
                         u->last == WORD_NONE ? u->line : u->last_line,
                         "%s may stay unbilled only with a word that the case allows; there is %s.",
                         u->id, word_name(u->last));
        }
    }
}

// What the selected usages of the scenario are, whether or not the case came as far.
static void miss_unasked(struct findings *out, const struct facts *f, const cJSON *args)
{
    const cJSON *step = NULL;
    const cJSON *steps = json_get(f->scenario, "steps");
    bool any = false;
    cJSON_ArrayForEach(step, steps)
    {
        const char *id = json_get_text(step, "id");
        if (strcmp(fact_text(step, "verb"), "usage") == 0 && id != NULL &&
            is_selected(json_get(args, "usages"), id) &&
            !is_excepted(json_get(args, "except"), id)) {
            any = oracle_usage(out, f, id) != NULL || any;
        }
    }
    oracle_judged(out, any);
}

void oracle_ledger(struct findings *out, const struct facts *f, const struct expectation *e)
{
    const char *until = json_get_text(e->args, "until");
    int64_t until_us = INT64_MAX;
    if (until != NULL && !oracle_moment(out, f, until, &until_us)) {
        return;
    }
    miss_unasked(out, f, e->args);
    for (size_t key = 0; key < f->keys_count; key++) {
        struct demand demand = demand_of(f, key, e->args, until_us);
        judge_key(out, f, key, &demand, until);
    }
    judge_excepted(out, f, json_get(e->args, "except"));
}
