// SPDX-License-Identifier: Apache-2.0
// The one result model: what judging gives, and what every report shows.
#ifndef REPORTS_RESULT_H
#define REPORTS_RESULT_H

#include "proxy/base/rc.h"
#include "proxy/base/span.h"

// From best to worst; a case is the worst of its checks, a run the worst of its cases.
enum verdict {
#define VERDICT(id, name, help) VERDICT_##id,
#include "reports/verdict.def"
    VERDICT_COUNT
};

const char *verdict_name(enum verdict verdict); // "NOT EXERCISED"
const char *verdict_help(enum verdict verdict); // one sentence
enum verdict verdict_worse(enum verdict a, enum verdict b);
// False when no verdict has that name.
MUST_USE bool verdict_find(enum verdict *out, struct span name);

// One expectation or invariant, judged.
struct result_check {
    char *id; // "billed-once", "money"
    enum verdict verdict;
    char *level; // "must" "should" "may"
    char *basis; // "documented" "derived" "observed"
    bool money;
    bool is_invariant;
    bool advice;     // failed, but would not fail a certificate
    char *text;      // the finding in one or more sentences; NULL when there is nothing to say
    unsigned *lines; // lines of journal.jsonl that show it
    size_t line_count;
    char *file; // the scenario's file, with the place of the expectation; NULL for invariants
    unsigned line, column;
};

struct result_case {
    char *id;
    char *title;
    char *suite; // folder of scenarios/: "batch-meter-usage"
    char *operation;
    char *requirement; // the sentence
    char *level, *basis;
    bool money;
    char **sources; // keys into scenarios/statements.json
    size_t source_count;
    enum verdict verdict;
    bool mandatory; // the profile demands it: UNSUPPORTED is then no way out
    char *why; // for verdicts that come from no check (UNSUPPORTED, NOT EXERCISED, …); or NULL
    int64_t duration_us; // from the journal
    struct result_check *checks;
    size_t check_count;
};

struct result_run {
    char *client; // the command, for a person
    char *contract; // how the client was driven: "script", "exec" …
    char *profile;
    char *rule_set;
    uint64_t seed;
    char *harness; // version
    char *judge;   // digest of the oracles
    bool interrupted;
    char *problem;                // what is wrong with the run as a whole; NULL
    enum verdict problem_verdict; // its weight; unset (PASS) weighs as HARNESS ERROR
    struct result_case *cases;
    size_t count;
};

struct result_run *result_run_new(void);
// Accepts NULL in *r and nulls it; frees everything.
void result_run_free(struct result_run **r);
struct result_case *result_add_case(struct result_run *r);
struct result_check *result_add_check(struct result_case *c);

// Makes the case's verdict the worst of what it has and of its checks.
void result_settle(struct result_case *c);

// The run's verdict: the worst of all cases and of its problem. A run that was interrupted is
// INCONCLUSIVE at best; one without cases is NOT EXERCISED at best.
enum verdict result_verdict(const struct result_run *r);
// How many cases have that verdict.
size_t result_count(const struct result_run *r, enum verdict verdict);
// Without a baseline: 3 harness error; 1 failed; 2 inconclusive, not exercised, interrupted, or a
// mandatory case unsupported; 5 nothing was selected; 0 all passed. The first that applies.
int result_exit_code(const struct result_run *r);

#endif
