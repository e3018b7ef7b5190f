// SPDX-License-Identifier: Apache-2.0
// CUnit carries the judgement: a suite per folder of scenarios/, a test per case, an assertion per
// check.
#ifndef SUITES_ORACLE_CUNIT_H
#define SUITES_ORACLE_CUNIT_H

#include "suites/oracle/judge.h"

// What CUnit itself counted, summed over the tests of one run.
struct cunit_count {
    unsigned suites, tests, asserts, failed_tests, failed_asserts;
    size_t declared; // assertions that the cases declare
};

// Judges a run as judge_run does, each case within its CUnit test. Prints nothing. The process must
// have no CUnit registry (there is one per process); none is left. When CUnit did not evaluate
// exactly what is declared, out->problem says so and RC_INTERNAL is returned. *count may be NULL.
MUST_USE enum rc cunit_judge(struct result_run *out, const struct evidence_run *evidence,
                             struct cunit_count *count);

#endif
