// SPDX-License-Identifier: Apache-2.0
// Whether what a case is about did happen: every fault delivered and observed, `exercised` held.
#ifndef SUITES_ORACLE_EXERCISED_H
#define SUITES_ORACLE_EXERCISED_H

#include "reports/result.h"
#include "suites/oracle/oracle.h"

// PASS when it did, else AVOIDED, NOT EXERCISED or (in evidence that was cut) INCONCLUSIVE, with
// sentences that say why.
enum verdict exercised_judge(struct findings *out, const struct facts *f);
// Whether the expectation names a step that arms, disarms or waits for a rule that was not
// delivered.
bool exercised_refers(const struct facts *f, const struct expectation *e);

#endif
