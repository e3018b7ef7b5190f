// SPDX-License-Identifier: Apache-2.0
// The table of oracles: what an expectation or an invariant is called, and the function that judges
// it.
#ifndef SUITES_ORACLE_ORACLE_H
#define SUITES_ORACLE_ORACLE_H

#include "suites/oracle/facts.h"
#include "suites/oracle/findings.h"

// One expectation as scenario.json has it.
struct expectation {
    const cJSON *json; // the whole object: id, verb, args, at, within_s
    const cJSON *args;
};

typedef void oracle_fn(struct findings *out, const struct facts *facts,
                       const struct expectation *expectation);

struct oracle {
    const char *verb;
    oracle_fn *judge;
    bool is_money;     // lag never excuses it
    bool takes_within; // `within_s` has a meaning for it
    // In a case whose fault never came, the client may rightly have done otherwise.
    bool falls_when_not_exercised;
    // What it waits for cannot come where the client avoids the situation.
    bool may_lack_when_avoided;
    // It asks how the client answered a situation, which is no question where that cannot arise.
    bool is_moot_when_avoided;
};

// NULL when there is no oracle for that verb yet.
const struct oracle *oracle_find(const char *verb);
// For the run command: a case with another verb is refused before it is run.
bool oracle_exists(const char *verb);
const struct oracle *oracle_all(size_t *count);

// What holds in every case unnamed, unless the case waives it.
struct invariant {
    const char *id;
    void (*judge)(struct findings *out, const struct facts *facts);
    bool is_money;
    const char *basis;
    const char *help;
    // Ids of scenarios/statements.json that it proves in whatever case it is judged; ends with
    // NULL; NULL: none. What only some cases give occasion to is theirs to cite.
    const char *const *sources;
};

const struct invariant *invariant_all(size_t *count);

oracle_fn oracle_resubmits, oracle_ledger, oracle_states, oracle_requests, oracle_resolve,
    oracle_register, oracle_alert, oracle_exit, oracle_answers, oracle_page, oracle_notice,
    oracle_coverage, oracle_jitter, oracle_pause, oracle_nonces, oracle_elsewhere;

typedef void invariant_fn(struct findings *out, const struct facts *facts);
invariant_fn invariant_well_formed, invariant_signature, invariant_money, invariant_final_words,
    invariant_contract, invariant_no_hang, invariant_no_crash, invariant_no_secret,
    invariant_no_bypass, invariant_registration, invariant_secured;

// Whether a request is what `requests` describes (operation, records, token, …, accepted, status,
// not).
bool request_matches(const struct facts *f, const struct exchange_fact *x, const cJSON *wanted);

// Whether a list of states allows that word; where pending is allowed, unknown is too.
bool states_allow(const cJSON *states, enum word word);

// A number within {"min":…,"max":…}; each bound may be absent.
bool within_bounds(const cJSON *bounds, int64_t value);
// "at least 1", "1 to 3", "none", "at most 2".
void bounds_text(char *out, size_t size, const cJSON *bounds);

// The step of that name, as facts_step. NULL, with a finding MISSED, when it never began.
const struct step_fact *oracle_reached(struct findings *out, const struct facts *f,
                                       const char *name);
// The step named by member `key` of object. False, with a finding MISSED, when it never began; true
// with *step NULL when the member is absent.
bool oracle_step(struct findings *out, const struct facts *f, const cJSON *object, const char *key,
                 const struct step_fact **step);
// The moment (t_us) until which `within_s` counts from that step, or from the case's start;
// INT64_MAX when the expectation has none.
int64_t oracle_until(const struct expectation *e, const struct step_fact *after);
// A moment of the scenario. False, with a finding MISSED, when it counts from a step that never
// began.
bool oracle_moment(struct findings *out, const struct facts *f, const char *text, int64_t *at_us);
// The client's last answer of that kind to the step of that id; NULL when there is none.
const struct event *oracle_answer(const struct facts *f, const char *mp, const char *id);
// The client's first `done` to the step of that id; NULL when there is none.
const struct event *oracle_done(const struct facts *f, const char *id);
// Holds the time between the step and its answer against `within_s`.
void oracle_judge_delay(struct findings *out, const struct expectation *e, const char *id,
                        const struct step_fact *step, const struct event *answer);
// Whether an expectation of the case looks at that end of the client.
bool exit_is_judged(const struct facts *f, const struct exit_fact *x);
// The usage of that id. NULL when it leaves every expectation (not acknowledged before a restart),
// and, with a finding MISSED, when it was never asked.
const struct usage_fact *oracle_usage(struct findings *out, const struct facts *f, const char *id);
// Says MISSED when a check had nothing to judge and did not say why.
void oracle_judged(struct findings *out, bool any);
// The line of the end, for what lacks; 0 when there is none.
unsigned facts_last_line(const struct facts *f);

#endif
