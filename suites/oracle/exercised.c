// SPDX-License-Identifier: Apache-2.0
// Delivered and observed (suites/README.md, "How it is judged"). A pass of a case whose fault never
// reached the client would be vacuous, so every rule must have been delivered, and the client must
// have acted after it.
#include "suites/oracle/exercised.h"

#include <string.h>

#include "proxy/base/own.h"

// Whether the event is something the client did.
static bool is_act(const struct event *e)
{
    switch (e->kind) {
    case EVENT_CONNECT:
    case EVENT_TLS:
    case EVENT_REQUEST:
    case EVENT_ANSWER:
    case EVENT_ALERT:
        return true;
    case EVENT_CLOSE:
        return strcmp(fact_text(e->json, "by"), "client") == 0;
    case EVENT_EXIT: // by a signal of ours it is no act of the client
        return json_get(e->json, "code") != NULL || !json_is_true(json_get(e->json, "expected"));
    case EVENT_OPEN:
    case EVENT_MATCH:
    case EVENT_DRAW:
    case EVENT_REPLAY:
    case EVENT_COMMIT:
    case EVENT_ROUTE:
    case EVENT_UPSTREAM:
    case EVENT_RESPONSE:
    case EVENT_FAULT:
    case EVENT_REFUSE:
    case EVENT_CLIENT:
    case EVENT_STEP:
    case EVENT_CREDENTIAL:
    case EVENT_CLOCK:
    case EVENT_CONTROL:
    case EVENT_LEAK:
    case EVENT_END:
    case EVENT_COUNT:
        break;
    }
    return false;
}

static bool acts_after(const struct facts *f, size_t at)
{
    for (size_t i = at + 1; i < f->evidence->count; i++) {
        if (is_act(&f->evidence->events[i])) {
            return true;
        }
    }
    return false;
}

// The window of refused connections that ended with the fault at that event: from and to are its
// edges. False when our own connections were not refused at both.
static bool find_window(const struct facts *f, size_t fault, const char *rule, uint64_t *from,
                        uint64_t *to)
{
    *to = 0;
    for (size_t i = fault; i > 0; i--) {
        const struct event *e = &f->evidence->events[i - 1];
        if (e->kind != EVENT_REFUSE || strcmp(fact_text(e->json, "rule"), rule) != 0) {
            continue;
        }
        const char *edge = *to == 0 ? "end" : "begin";
        if (strcmp(fact_text(e->json, "edge"), edge) != 0 ||
            !json_is_true(json_get(e->json, "refused"))) {
            return false;
        }
        if (*to != 0) {
            *from = e->seq;
            return true;
        }
        *to = e->seq;
    }
    return false;
}

static bool is_awaited(const struct facts *f, const struct sent_fact *sent)
{
    const struct event *e = facts_event_at(f, sent->seq);
    return e != NULL && !cJSON_IsFalse(json_get(e->json, "await"));
}

// While connections are refused nothing can be seen on the wire: what counts is that the client
// went on with a step, and did not call anything metered.
static bool is_refusal_observed(const struct facts *f, size_t fault, const char *rule)
{
    uint64_t from = 0;
    uint64_t to = 0;
    bool went_on = false;
    if (!find_window(f, fault, rule, &from, &to)) {
        return false;
    }
    for (size_t i = 0; i < f->sents_count && !went_on; i++) {
        const struct sent_fact *s = &f->sents[i];
        went_on = s->seq > from && s->done_seq != 0 && s->done_seq < to && is_awaited(f, s);
    }
    for (size_t i = 0; i < f->words_count; i++) {
        const struct word_fact *w = &f->words[i];
        if (w->seq > from && w->seq < to && w->word == WORD_METERED && w->usage != NOWHERE &&
            facts_word_before(f, &f->usages[w->usage], w->seq) != WORD_METERED) {
            return false;
        }
    }
    return went_on;
}

static bool is_observed(const struct facts *f, size_t at, const char *rule)
{
    const char *kind = fact_text(f->evidence->events[at].json, "kind");
    if (strcmp(kind, "refuse") == 0) {
        return is_refusal_observed(f, at, rule);
    }
    // A client that still waits in silence at the deadline has observed it; "no hang" decides.
    return acts_after(f, at) || (strcmp(kind, "silence") == 0 && strcmp(f->why, "deadline") == 0);
}

// The first fault of the rule, NOWHERE when there is none; *observed says whether any was.
static size_t find_fault(const struct facts *f, const char *rule, bool *observed)
{
    size_t first = NOWHERE;
    *observed = false;
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *e = &f->evidence->events[i];
        if (e->kind == EVENT_FAULT && strcmp(fact_text(e->json, "rule"), rule) == 0) {
            first = first == NOWHERE ? i : first;
            *observed = *observed || is_observed(f, i, rule);
        }
    }
    return first;
}

// Whether every verb of an object of expectations holds.
static bool all_hold(struct findings *out, const struct facts *f, const cJSON *object)
{
    const cJSON *args = NULL;
    bool holds = cJSON_IsObject(object);
    cJSON_ArrayForEach(args, object)
    {
        const struct oracle *oracle = oracle_find(args->string);
        struct findings found = {0};
        struct expectation e = {.json = NULL, .args = args};
        if (oracle == NULL) {
            findings_add(out, FINDING_HARNESS, 0, "This judge has no oracle \"%s\".", args->string);
            return false;
        }
        oracle->judge(&found, f, &e);
        if (found.said[FINDING_BAD] + found.said[FINDING_LACK] + found.said[FINDING_MISSED] > 0) {
            OWN(text) char *text = findings_take_text(&found);
            findings_add(out, FINDING_NOTE, 0, "%s: %s", args->string, text == NULL ? "" : text);
            holds = false;
        }
        findings_clear(&found);
    }
    return holds;
}

static bool has_requests(const struct facts *f)
{
    for (size_t i = 0; i < f->exchanges_count; i++) {
        if (*f->exchanges[i].operation != '\0') {
            return true;
        }
    }
    return false;
}

static bool is_avoided(struct findings *out, const struct facts *f, const char *rule)
{
    const cJSON *avoided = json_get(f->scenario, "avoided");
    if (strcmp(fact_text(avoided, "rule"), rule) != 0 || !has_requests(f)) {
        return false;
    }
    struct findings silent = {0};
    bool holds = all_hold(&silent, f, json_get(avoided, "when"));
    if (silent.said[FINDING_HARNESS] > 0) {
        OWN(text) char *text = findings_take_text(&silent);
        findings_add(out, FINDING_HARNESS, 0, "%s", text);
    }
    findings_clear(&silent);
    if (holds) {
        findings_add(out, FINDING_NOTE, 0, "The situation of rule \"%s\" cannot arise: %s.", rule,
                     fact_text(avoided, "because"));
    }
    return holds;
}

static enum verdict judge_rule(struct findings *out, const struct facts *f, const char *rule)
{
    enum verdict missing = f->is_cut ? VERDICT_INCONCLUSIVE : VERDICT_NOT_EXERCISED;
    bool observed = false;
    size_t at = find_fault(f, rule, &observed);
    if (at != NOWHERE && observed) {
        return VERDICT_PASS;
    }
    if (at == NOWHERE) {
        if (!f->is_cut && is_avoided(out, f, rule)) {
            return VERDICT_AVOIDED;
        }
        findings_add(out, FINDING_MISSED, facts_last_line(f),
                     "Rule \"%s\" was never delivered: no request met it, or it could not be "
                     "carried out.",
                     rule);
        return missing;
    }
    unsigned line = f->evidence->events[at].line;
    findings_add(out, FINDING_MISSED, line,
                 "Rule \"%s\" was delivered at line %u, but the client did nothing afterwards that "
                 "shows that it noticed.",
                 rule, line);
    return missing;
}

enum verdict exercised_judge(struct findings *out, const struct facts *f)
{
    enum verdict worst = VERDICT_PASS;
    const cJSON *rule = NULL;
    const cJSON *rules = json_get(f->scenario, "rules");
    const cJSON *exercised = json_get(f->scenario, "exercised");
    cJSON_ArrayForEach(rule, rules)
    {
        worst = verdict_worse(worst, judge_rule(out, f, fact_text(rule, "name")));
    }
    bool is_given = cJSON_IsObject(exercised) && cJSON_GetArraySize(exercised) > 0;
    if (!is_given && cJSON_GetArraySize(rules) == 0) {
        findings_add(out, FINDING_HARNESS, 0,
                     "The case has neither rules nor `exercised`: nothing could prove a pass.");
        return VERDICT_HARNESS_ERROR;
    }
    if (is_given && !all_hold(out, f, exercised)) {
        findings_add(out, FINDING_MISSED, facts_last_line(f),
                     "What shows that the case was exercised did not happen.");
        worst = verdict_worse(worst, f->is_cut ? VERDICT_INCONCLUSIVE : VERDICT_NOT_EXERCISED);
    }
    return out->said[FINDING_HARNESS] > 0 ? VERDICT_HARNESS_ERROR : worst;
}

static const char *rule_of_step(const cJSON *step)
{
    const char *verb = fact_text(step, "verb");
    if (strcmp(verb, "arm") == 0 || strcmp(verb, "disarm") == 0) {
        return json_get_text(step, "args");
    }
    return strcmp(verb, "wait") == 0 ? json_get_text(json_get(step, "args"), "rule") : NULL;
}

bool exercised_refers(const struct facts *f, const struct expectation *e)
{
    const char *names[] = {json_get_text(e->json, "at"), json_get_text(e->args, "after"),
                           json_get_text(e->args, "before"), json_get_text(e->args, "across")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *rule = names[i] == NULL ? NULL : rule_of_step(facts_step_json(f, names[i]));
        if (rule != NULL && !facts_delivered(f, rule)) {
            return true;
        }
    }
    return false;
}
