// SPDX-License-Identifier: Apache-2.0
// resolve and register: how the client answered a registration token, or a registration.
#include "suites/oracle/oracle.h"

#include <inttypes.h>
#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"

const struct event *oracle_answer(const struct facts *f, const char *mp, const char *id)
{
    int64_t step = -1;
    const struct event *found = NULL;
    for (size_t i = 0; i < f->sents_count; i++) {
        if (strcmp(f->sents[i].id, id) == 0) {
            step = f->sents[i].step;
        }
    }
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *e = &f->evidence->events[i];
        if (e->kind != EVENT_ANSWER || strcmp(fact_text(e->json, "mp"), mp) != 0) {
            continue;
        }
        if (strcmp(fact_text(e->json, "id"), id) == 0 ||
            (step >= 0 && json_get_int(e->json, "step", -1) == step)) {
            found = e;
        }
    }
    return found;
}

const struct event *oracle_done(const struct facts *f, const char *id)
{
    for (size_t i = 0; i < f->sents_count; i++) {
        if (strcmp(f->sents[i].id, id) == 0 && f->sents[i].done_seq != 0) {
            return facts_event_at(f, f->sents[i].done_seq);
        }
    }
    return NULL;
}

// A list of states, or one state bare.
static bool has_state(const cJSON *states, const char *state)
{
    const char *bare = json_text(states);
    return bare != NULL ? strcmp(bare, state) == 0 : json_array_has(states, state);
}

// A program that was only seen through its registration page, and names nobody there.
static bool is_unnamed(const struct event *answer)
{
    return json_is_true(json_get(json_get(answer->json, "line"), "inferred")) &&
           *fact_text(answer->json, "customer") == '\0';
}

static void judge_answer(struct findings *out, const char *id, const struct event *answer,
                         const cJSON *wanted)
{
    const cJSON *states = cJSON_IsObject(wanted) ? json_get(wanted, "state") : wanted;
    const char *state = fact_text(answer->json, "state");
    const char *customer = json_get_text(wanted, "customer");
    if (states != NULL && !has_state(states, state)) {
        OWN_BUF struct buf allowed = {0};
        json_print(&allowed, states);
        findings_add(out, FINDING_BAD, answer->line, "%s: the client answered %s, expected %.*s.",
                     id, state, (int)allowed.len, allowed.data);
    } else if (customer != NULL && is_unnamed(answer)) {
        findings_add(out, FINDING_MISSED, answer->line,
                     "%s: the page does not tell whom it registered (by the header "
                     "X-Meterprover-Customer), so nobody knows whether it is %s.",
                     id, customer);
    } else if (customer != NULL && strcmp(fact_text(answer->json, "customer"), customer) != 0) {
        const char *said = fact_text(answer->json, "customer");
        findings_add(out, FINDING_BAD, answer->line,
                     "%s: the client resolved it to %s, expected customer %s.", id,
                     *said == '\0' ? "no customer" : said, customer);
    }
}

void oracle_judge_delay(struct findings *out, const struct expectation *e, const char *id,
                        const struct step_fact *step, const struct event *answer)
{
    int64_t within_s = json_get_int(e->json, "within_s", -1);
    if (within_s >= 0 && answer->t_us - step->t_us > within_s * US_PER_S) {
        findings_add(out, FINDING_BAD, answer->line,
                     "%s: answered %" PRId64 " ms after it was asked, at most %" PRId64
                     " s are allowed.",
                     id, (answer->t_us - step->t_us) / US_PER_MS, within_s);
    }
}

static const struct exit_fact *exit_after(const struct facts *f, uint64_t seq)
{
    for (size_t i = 0; i < f->exits_count; i++) {
        if (f->exits[i].seq > seq && !f->exits[i].expected) {
            return &f->exits[i];
        }
    }
    return NULL;
}

static void judge_steps(struct findings *out, const struct facts *f, const struct expectation *e,
                        const char *mp)
{
    const cJSON *wanted = NULL;
    cJSON_ArrayForEach(wanted, e->args)
    {
        const char *id = wanted->string;
        const struct step_fact *step = oracle_reached(out, f, id);
        const struct event *answer = oracle_answer(f, mp, id);
        if (step == NULL) {
            continue;
        }
        if (answer != NULL) {
            judge_answer(out, id, answer, wanted);
            oracle_judge_delay(out, e, id, step, answer);
        } else if (!(has_state(wanted, "exited") && exit_after(f, step->seq) != NULL)) {
            findings_add(out, FINDING_LACK, step->line,
                         "%s: the client never said what came of it (line %u).", id, step->line);
        }
    }
}

// Every step named was answered in that way: done, or unsupported.
void oracle_answers(struct findings *out, const struct facts *f, const struct expectation *e)
{
    const cJSON *wanted = NULL;
    cJSON_ArrayForEach(wanted, e->args)
    {
        const char *id = wanted->string;
        bool is_unsupported = has_state(wanted, "unsupported");
        const struct event *answer =
            is_unsupported ? oracle_answer(f, "unsupported", id) : oracle_done(f, id);
        if (answer == NULL) {
            findings_add(out, FINDING_LACK, facts_last_line(f), "%s was not answered %s.", id,
                         is_unsupported ? "unsupported" : "done");
        }
    }
}

void oracle_resolve(struct findings *out, const struct facts *f, const struct expectation *e)
{
    judge_steps(out, f, e, "resolve");
}

void oracle_register(struct findings *out, const struct facts *f, const struct expectation *e)
{
    judge_steps(out, f, e, "register");
}
