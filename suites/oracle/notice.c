// SPDX-License-Identifier: Apache-2.0
// notice: what became of a notice of AWS Marketplace. Who says nothing but done has taken it.
#include "suites/oracle/oracle.h"

#include <string.h>

// When the step's line was answered done; 0: not yet.
static uint64_t done_of(const struct facts *f, const char *id)
{
    for (size_t i = 0; i < f->sents_count; i++) {
        if (strcmp(f->sents[i].id, id) == 0 && f->sents[i].done_seq != 0) {
            return f->sents[i].done_seq;
        }
    }
    return 0;
}

static const struct event *event_at(const struct facts *f, uint64_t seq)
{
    for (size_t i = 0; i < f->evidence->count; i++) {
        if (f->evidence->events[i].seq == seq) {
            return &f->evidence->events[i];
        }
    }
    return NULL;
}

void oracle_notice(struct findings *out, const struct facts *f, const struct expectation *e)
{
    const cJSON *wanted = NULL;
    cJSON_ArrayForEach(wanted, e->args)
    {
        const char *id = wanted->string;
        const struct step_fact *step = facts_step(f, id);
        const struct event *done = event_at(f, done_of(f, id));
        const struct event *answer = oracle_answer(f, "notice", id);
        const char *state = answer == NULL ? "done" : fact_text(answer->json, "state");
        if (step == NULL) {
            findings_add(out, FINDING_MISSED, facts_last_line(f),
                         "The step \"%s\" was never reached.", id);
        } else if (done == NULL) {
            findings_add(out, FINDING_LACK, step->line,
                         "%s: the client never took the notice (line %u).", id, step->line);
        } else if (strcmp(state, json_text(wanted)) != 0) {
            findings_add(out, FINDING_BAD, answer == NULL ? done->line : answer->line,
                         "%s: the client answered %s to the notice, expected %s.", id, state,
                         json_text(wanted));
        } else {
            oracle_judge_delay(out, e, id, step, done);
        }
    }
}
