// SPDX-License-Identifier: Apache-2.0
// page: what the seller's registration page replied to a buyer's browser.
#include "suites/oracle/oracle.h"

#include <inttypes.h>
#include <string.h>

// RFC 9110 section 15: a redirection takes the buyer on, to where the seller wants him.
static const char *state_of(int64_t status)
{
    if (status >= 200 && status < 400) {
        return "accepted";
    }
    return status >= 400 && status < 500 ? "refused" : "failed";
}

// The client's log after the page was asked for.
static void judge_log(struct findings *out, const struct facts *f, const char *id, uint64_t seq,
                      const char *token)
{
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *e = &f->evidence->events[i];
        if (e->kind == EVENT_LEAK && e->seq > seq &&
            strcmp(fact_text(e->json, "what"), "token") == 0 &&
            strcmp(fact_text(e->json, "name"), token) == 0) {
            findings_add(out, FINDING_BAD, e->line,
                         "%s: the client's %s bears the registration token %s.", id,
                         fact_text(e->json, "where"), token);
            return;
        }
    }
}

static void judge_cookies(struct findings *out, const char *id, const struct event *answer,
                          const char *token)
{
    const cJSON *tokens = json_get(answer->json, "cookie_tokens");
    if (tokens == NULL) {
        findings_add(out, FINDING_MISSED, answer->line,
                     "%s: the client did not tell the headers of its reply, so nobody knows what "
                     "its cookies bear.",
                     id);
    } else if (json_array_has(tokens, token)) {
        findings_add(out, FINDING_BAD, answer->line,
                     "%s: a cookie of the reply bears the registration token %s.", id, token);
    }
}

static void judge_reply(struct findings *out, const struct facts *f, const char *id,
                        const struct event *answer, const cJSON *wanted)
{
    bool is_bare = cJSON_IsString(wanted);
    const char *state = is_bare ? json_text(wanted) : fact_text(wanted, "state");
    const char *token = is_bare ? NULL : json_get_text(wanted, "without");
    int64_t status = json_get_int(answer->json, "status", 0);
    if (strcmp(state, "answered") != 0 && strcmp(state, state_of(status)) != 0) {
        findings_add(out, FINDING_BAD, answer->line,
                     "%s: the page replied with status %" PRId64 ", which is %s, expected %s.", id,
                     status, state_of(status), state);
    } else if (token != NULL) {
        judge_cookies(out, id, answer, token);
        judge_log(out, f, id, facts_step(f, id)->seq, token);
    }
}

static bool may_lack(const cJSON *wanted)
{
    const cJSON *state = cJSON_IsString(wanted) ? wanted : json_get(wanted, "state");
    return json_text(state) != NULL && strcmp(json_text(state), "failed") == 0;
}

void oracle_page(struct findings *out, const struct facts *f, const struct expectation *e)
{
    const cJSON *wanted = NULL;
    cJSON_ArrayForEach(wanted, e->args)
    {
        const char *id = wanted->string;
        const struct step_fact *step = oracle_reached(out, f, id);
        const struct event *answer = oracle_answer(f, "page", id);
        if (step == NULL) {
            continue;
        }
        if (answer != NULL) {
            judge_reply(out, f, id, answer, wanted);
            oracle_judge_delay(out, e, id, step, answer);
        } else if (!may_lack(wanted)) {
            findings_add(out, FINDING_LACK, step->line, "%s: the page never replied (line %u).", id,
                         step->line);
        }
    }
}
