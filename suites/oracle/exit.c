// SPDX-License-Identifier: Apache-2.0
// exit: how the client's process ended.
#include "suites/oracle/oracle.h"

#include <inttypes.h>
#include <string.h>

// An end that we brought about by a signal says nothing of the client.
static bool is_clients(const struct exit_fact *x)
{
    return !(x->expected && x->by_signal);
}

static void judge_signal(struct findings *out, const struct exit_fact *x, const cJSON *signal)
{
    if (cJSON_IsFalse(signal) && x->by_signal) {
        findings_add(out, FINDING_BAD, x->line, "The client was ended by a signal (line %u).",
                     x->line);
    } else if (cJSON_IsTrue(signal) && !x->by_signal) {
        findings_add(out, FINDING_BAD, x->line,
                     "The client exited with %" PRId64 " (line %u), expected an end by a signal.",
                     x->code, x->line);
    }
}

// A number, or a list of numbers.
static bool is_code(const cJSON *codes, int64_t code)
{
    const cJSON *item = NULL;
    int64_t number = 0;
    cJSON_ArrayForEach(item, codes)
    {
        if (json_int(item, INT64_MIN, INT64_MAX, &number) && number == code) {
            return true;
        }
    }
    return json_int(codes, INT64_MIN, INT64_MAX, &number) && number == code;
}

static bool is_within(const struct exit_fact *x, const struct step_fact *after, int64_t until_us)
{
    return (after == NULL || x->seq >= after->seq) && x->t_us <= until_us;
}

static bool looks_at(const struct facts *f, const struct expectation *e, const struct exit_fact *x)
{
    const char *after = json_get_text(e->args, "after");
    const char *at = json_get_text(e->json, "at");
    const struct step_fact *first = facts_step(f, after);
    const struct step_fact *last = facts_step(f, at);
    return (after == NULL || first != NULL) &&
           (at == NULL || (last != NULL && x->seq < last->seq)) &&
           is_within(x, first, oracle_until(e, first));
}

bool exit_is_judged(const struct facts *f, const struct exit_fact *x)
{
    const cJSON *item = NULL;
    const cJSON *expects = json_get(f->scenario, "expect");
    cJSON_ArrayForEach(item, expects)
    {
        struct expectation e = {.json = item, .args = json_get(item, "args")};
        if (strcmp(fact_text(item, "verb"), "exit") == 0 && looks_at(f, &e, x)) {
            return true;
        }
    }
    return false;
}

void oracle_exit(struct findings *out, const struct facts *f, const struct expectation *e)
{
    const struct step_fact *after = NULL;
    const cJSON *codes = json_get(e->args, "code");
    const cJSON *signal = json_get(e->args, "signal");
    if (!oracle_step(out, f, e->args, "after", &after)) {
        return;
    }
    int64_t until_us = oracle_until(e, after);
    unsigned ends = 0;
    for (size_t i = 0; i < f->exits_count; i++) {
        const struct exit_fact *x = &f->exits[i];
        if (!is_within(x, after, until_us) || !is_clients(x)) {
            continue;
        }
        ends++;
        judge_signal(out, x, signal);
        if (codes != NULL && (x->by_signal || !is_code(codes, x->code))) {
            findings_add(out, FINDING_BAD, x->line,
                         x->by_signal ? "The client was ended by a signal (line %u), expected an "
                                        "exit code."
                                      : "The client exited with another code than expected (line "
                                        "%u).",
                         x->line);
        }
    }
    if (ends == 0 && (codes != NULL || cJSON_IsTrue(signal))) {
        findings_add(out, FINDING_LACK, facts_last_line(f), "The client did not end by itself.");
    }
}
