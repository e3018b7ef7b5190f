// SPDX-License-Identifier: Apache-2.0
// From evidence to verdicts and reports: what test and judge share.
#ifndef SUITES_COMMAND_VERDICT_H
#define SUITES_COMMAND_VERDICT_H

#include "proxy/base/diag.h"
#include "reports/result.h"

// Judges the evidence in dir and writes its reports there. live: what went wrong while it was
// gathered, or NULL; then the run's verdict is HARNESS ERROR. *out is owned. It is set also when
// only the reports could not be written: the verdicts are there to be told.
MUST_USE enum rc verdict_of(struct result_run **out, const char *dir, const char *live,
                            struct diag *d);

// Prints the table to stdout and gives the exit code.
int verdict_tell(const struct result_run *run);

#endif
