// SPDX-License-Identifier: Apache-2.0
// notice: what became of a notice of AWS Marketplace. Who says nothing but done has taken it.
#include "suites/oracle/oracle.h"

#include <string.h>

void oracle_notice(struct findings *out, const struct facts *f, const struct expectation *e)
{
    const cJSON *wanted = NULL;
    cJSON_ArrayForEach(wanted, e->args)
    {
        const char *id = wanted->string;
        const struct step_fact *step = oracle_reached(out, f, id);
        const struct event *done = oracle_done(f, id);
        const struct event *answer = oracle_answer(f, "notice", id);
        const char *state = answer == NULL ? "done" : fact_text(answer->json, "state");
        if (step == NULL) {
            continue;
        }
        if (done == NULL) {
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
