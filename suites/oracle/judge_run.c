// SPDX-License-Identifier: Apache-2.0
// A whole run: what run.json says of it, and each of its cases.
#include <string.h>

#include "proxy/base/own.h"
#include "suites/oracle/judge.h"

// A text, or a command as a list of words.
static char *command_text(const cJSON *client)
{
    struct buf b = {0};
    const cJSON *word = NULL;
    if (cJSON_IsString(client)) {
        return x_strdup(json_text(client));
    }
    cJSON_ArrayForEach(word, client)
    {
        const char *text = json_text(word);
        buf_addf(&b, "%s%s", word == client->child ? "" : " ", text == NULL ? "" : text);
    }
    return buf_take_text(&b);
}

// Seeds above 2^53 are written as text: JSON numbers do not hold them.
static uint64_t seed_of(const cJSON *run)
{
    uint64_t seed = 0;
    if (span_to_u64(json_span(json_get(run, "seed")), UINT64_MAX, &seed)) {
        return seed;
    }
    return (uint64_t)json_get_int(run, "seed", 0);
}

static char *run_problem(const struct evidence_run *evidence)
{
    if (evidence->integrity == INTEGRITY_WHOLE) {
        return NULL;
    }
    struct buf b = {0};
    buf_addf(&b, "%s%s",
             evidence->integrity == INTEGRITY_BROKEN ? "the evidence is not what was written: "
                                                     : "the run was cut: ",
             *evidence->problem == '\0' ? "it has no closing record" : evidence->problem);
    return buf_take_text(&b);
}

struct judge_options judge_options_of(const struct evidence_run *evidence)
{
    return (struct judge_options){
        .wire_only = strcmp(fact_text(evidence->run, "contract"), "exec") == 0,
        .mandatory = json_get(evidence->run, "mandatory"),
    };
}

void judge_head(struct result_run *out, const struct evidence_run *evidence)
{
    const cJSON *run = evidence->run;
    const char *version = json_get_text(run, "version");
    out->client = command_text(json_get(run, "client"));
    out->contract = x_strdup(fact_text(run, "contract"));
    out->profile = x_strdup(fact_text(run, "profile"));
    out->rule_set = x_strdup(fact_text(run, "rule_set"));
    out->seed = seed_of(run);
    out->harness = x_strdup(version != NULL ? version : fact_text(run, "harness"));
    out->judge = x_strdup(judge_digest());
    out->interrupted = json_is_true(json_get(json_get(run, "closing"), "interrupted")) ||
                       json_is_true(json_get(run, "interrupted"));
    out->problem = run_problem(evidence);
    // Evidence that is cut or was changed proves nothing, but it is no failure of ours either.
    out->problem_verdict = out->problem == NULL ? VERDICT_PASS : VERDICT_INCONCLUSIVE;
}

enum rc judge_run(struct result_run *out, const struct evidence_run *evidence)
{
    struct judge_options options = judge_options_of(evidence);
    judge_head(out, evidence);
    for (size_t i = 0; i < evidence->count; i++) {
        // A case without scenario.json has its verdict, which says so; the others are still judged.
        enum rc rc = judge_case(result_add_case(out), &evidence->cases[i], &options);
        if (rc != RC_OK && rc != RC_MISSING) {
            return rc;
        }
    }
    return RC_OK;
}
