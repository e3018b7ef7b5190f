// SPDX-License-Identifier: Apache-2.0
// The judge: evidence in, verdicts out. Pure; the same evidence gives the same result anywhere.
#ifndef SUITES_ORACLE_JUDGE_H
#define SUITES_ORACLE_JUDGE_H

#include "proxy/evidence/reader.h"
#include "reports/result.h"
#include "suites/oracle/oracle.h"

struct judge_options {
    bool wire_only;         // the exec contract: what was asked is the first submission of each key
    const cJSON *mandatory; // ids of the cases that the profile demands; NULL: none. Borrowed
};

// Judges one case into *out, which was given by result_add_case and is still empty. options may be
// NULL. RC_OK always but for RC_MISSING, when there is no scenario.json to judge by (the verdict
// then says so too).
MUST_USE enum rc judge_case(struct result_case *out, const struct evidence_case *evidence,
                            const struct judge_options *options);
// Judges every case of a run, and fills in what run.json says of it.
MUST_USE enum rc judge_run(struct result_run *out, const struct evidence_run *evidence);

// Fills in *out but for its cases, as judge_run does.
void judge_head(struct result_run *out, const struct evidence_run *evidence);
// How a run's cases are to be judged.
struct judge_options judge_options_of(const struct evidence_run *evidence);
// False when no check is judged: there is no scenario, the harness failed, or the client said in
// time that it cannot do the case.
bool judge_has_checks(const struct evidence_case *evidence);
// How many checks a case declares: its expectations, the invariants, and being exercised.
size_t judge_declared(const cJSON *scenario);
// The folder of the scenario's file, as an owned string.
char *judge_suite(const cJSON *scenario);
// SHA-256 of the oracles' sources: who judged.
const char *judge_digest(void);

// The best verdict that a client can get which never sends a request, whatever it says: `check`
// demands that it is none that counts as passed. scenario: as in scenario.json.
enum verdict judge_idle(const cJSON *scenario);

#endif
