// SPDX-License-Identifier: Apache-2.0
// A good run to read, and to spoil.
#ifndef TESTS_UNIT_EVIDENCE_GOOD_RUN_H
#define TESTS_UNIT_EVIDENCE_GOOD_RUN_H

#include "proxy/evidence/reader.h"
#include "proxy/evidence/run.h"
#include "tests/unit/evidence/scratch.h"

// Opens a run in dir with the cases BMU-R02, CRD-01/imds and NET-15.
struct run_writer *scratch_open_run(const char *dir);
// Opens the journal of a case of the run and writes three lines into it.
struct journal *scratch_journal(struct run_writer *w, const char *case_id);
// Writes scenario, ledger and client output of a case.
void scratch_case_files(struct run_writer *w, const char *case_id);
// All of it: a run of two cases that ended and one that was not run, closed.
void scratch_good_run(const char *dir);

#endif
