// SPDX-License-Identifier: Apache-2.0
#include "suites/oracle/oracle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/instant.h"

static const struct oracle ORACLES[] = {
    {.verb = "resubmits",
     .judge = oracle_resubmits,
     .is_money = true,
     .takes_within = true,
     .falls_when_not_exercised = true,
     .may_lack_when_avoided = true,
     .help = "usages are sent again, with what is said to be unchanged"},
    {.verb = "ledger",
     .judge = oracle_ledger,
     .is_money = true,
     .help = "what is billed is what was asked"},
    {.verb = "states",
     .judge = oracle_states,
     .is_money = true,
     .falls_when_not_exercised = true,
     .help = "the client's last word about usages"},
    {.verb = "requests",
     .judge = oracle_requests,
     .takes_within = true,
     .falls_when_not_exercised = true,
     .help = "how many requests of a kind there are, and how fast they come"},
    {.verb = "resolve",
     .judge = oracle_resolve,
     .takes_within = true,
     .falls_when_not_exercised = true,
     .help = "how a registration token was answered"},
    {.verb = "register",
     .judge = oracle_register,
     .takes_within = true,
     .falls_when_not_exercised = true,
     .help = "how a registration was answered"},
    {.verb = "alert",
     .judge = oracle_alert,
     .takes_within = true,
     .falls_when_not_exercised = true,
     .help = "an operator was told"},
    {.verb = "exit",
     .judge = oracle_exit,
     .takes_within = true,
     .falls_when_not_exercised = true,
     .help = "how the client ended"},
    {.verb = "jitter",
     .judge = oracle_jitter,
     .falls_when_not_exercised = true,
     .help = "the pauses before a client's own retries vary"},
    {.verb = "pause",
     .judge = oracle_pause,
     .falls_when_not_exercised = true,
     .help = "a client's own retries come no sooner than they may"},
    {.verb = "answers",
     .judge = oracle_answers,
     .help = "a step was answered done, or unsupported; in `exercised` only"},
};

static const struct invariant INVARIANTS[] = {
    {.id = "well-formed",
     .judge = invariant_well_formed,
     .basis = "documented",
     .help = "every request follows the service model, its limits and its types"},
    {.id = "signature",
     .judge = invariant_signature,
     .basis = "documented",
     .help = "every signature is valid for its own date, with the right scope and token"},
    {.id = "money",
     .judge = invariant_money,
     .is_money = true,
     .basis = "documented",
     .help = "nothing is billed twice, lost, hidden or claimed too early"},
    {.id = "final-words",
     .judge = invariant_final_words,
     .is_money = true,
     .basis = "derived",
     .help = "metered and rejected are final"},
    {.id = "contract",
     .judge = invariant_contract,
     .basis = "derived",
     .help = "what the client says follows the client contract"},
    {.id = "no-hang",
     .judge = invariant_no_hang,
     .basis = "derived",
     .help = "the client answers within the deadline"},
    {.id = "no-crash",
     .judge = invariant_no_crash,
     .basis = "derived",
     .help = "the client does not end but when it is told to"},
    {.id = "no-secret",
     .judge = invariant_no_secret,
     .basis = "derived",
     .help = "no secret stands in the client's output"},
    {.id = "no-bypass",
     .judge = invariant_no_bypass,
     .basis = "derived",
     .help = "the client never reaches for a real metering host"},
};

const struct oracle *oracle_find(const char *verb)
{
    for (size_t i = 0; verb != NULL && i < sizeof ORACLES / sizeof ORACLES[0]; i++) {
        if (strcmp(ORACLES[i].verb, verb) == 0) {
            return &ORACLES[i];
        }
    }
    return NULL;
}

bool oracle_exists(const char *verb)
{
    return oracle_find(verb) != NULL;
}

const struct oracle *oracle_all(size_t *count)
{
    *count = sizeof ORACLES / sizeof ORACLES[0];
    return ORACLES;
}

const struct invariant *invariant_all(size_t *count)
{
    *count = sizeof INVARIANTS / sizeof INVARIANTS[0];
    return INVARIANTS;
}

bool within_bounds(const cJSON *bounds, int64_t value)
{
    return value >= json_get_int(bounds, "min", INT64_MIN) &&
           value <= json_get_int(bounds, "max", INT64_MAX);
}

void bounds_text(char *out, size_t size, const cJSON *bounds)
{
    int64_t min = json_get_int(bounds, "min", 0);
    int64_t max = json_get_int(bounds, "max", INT64_MAX);
    if (max == INT64_MAX) {
        (void)snprintf(out, size, "at least %" PRId64, min);
    } else if (max == 0) {
        (void)snprintf(out, size, "none");
    } else if (min == max) {
        (void)snprintf(out, size, "exactly %" PRId64, min);
    } else if (min <= 0) {
        (void)snprintf(out, size, "at most %" PRId64, max);
    } else {
        (void)snprintf(out, size, "%" PRId64 " to %" PRId64, min, max);
    }
}

bool oracle_step(struct findings *out, const struct facts *f, const cJSON *object, const char *key,
                 const struct step_fact **step)
{
    const char *name = json_get_text(object, key);
    *step = NULL;
    if (name == NULL) {
        return true;
    }
    *step = facts_step(f, name);
    if (*step == NULL) {
        findings_add(out, FINDING_MISSED, facts_last_line(f), "The step \"%s\" was never reached.",
                     name);
    }
    if (*step != NULL && (*step)->never_came) {
        findings_add(out, FINDING_MISSED, (*step)->line, "The restart of line %u never came about.",
                     (*step)->line);
        *step = NULL;
    }
    return *step != NULL;
}

int64_t oracle_until(const struct expectation *e, const struct step_fact *after)
{
    int64_t within_s = json_get_int(e->json, "within_s", -1);
    return within_s < 0 ? INT64_MAX : (after == NULL ? 0 : after->t_us) + within_s * US_PER_S;
}

const struct usage_fact *oracle_usage(struct findings *out, const struct facts *f, const char *id)
{
    const struct usage_fact *u = facts_usage(f, id);
    if (u == NULL) {
        findings_add(out, FINDING_MISSED, facts_last_line(f),
                     "The client was never asked to meter %s: %s.", id,
                     f->is_moment ? "that came later, if at all" : "the case ended before");
        return NULL;
    }
    return u->is_void ? NULL : u;
}

void oracle_judged(struct findings *out, bool any)
{
    if (!any && out->said[FINDING_MISSED] == 0) {
        findings_add(out, FINDING_MISSED, 0,
                     "Nothing is left to judge: the client acknowledged none of the usages that "
                     "this is about.");
    }
}

unsigned facts_last_line(const struct facts *f)
{
    return f->evidence->count == 0 ? 0 : f->evidence->events[f->evidence->count - 1].line;
}
