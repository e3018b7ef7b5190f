// SPDX-License-Identifier: Apache-2.0
// exit: how the client's process ended.
#include "suites/oracle/oracle.h"

#include <inttypes.h>

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
        if ((after != NULL && x->seq < after->seq) || x->t_us > until_us || !is_clients(x)) {
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
