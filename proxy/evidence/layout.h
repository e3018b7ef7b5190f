// SPDX-License-Identifier: Apache-2.0
// Names in a run's directory: which are ours, and how a case's id becomes a directory.
#ifndef PROXY_EVIDENCE_LAYOUT_H
#define PROXY_EVIDENCE_LAYOUT_H

#include "proxy/base/span.h"

#define LAYOUT_ID_MAX 128
#define LAYOUT_RUN "run.json"
#define LAYOUT_CASES "cases"
#define LAYOUT_JOURNAL "journal.jsonl"
#define LAYOUT_SCENARIO "scenario.json"
#define LAYOUT_LEDGER "ledger.json"

// Letters, digits and _.-+:@=,/ ; 1 to LAYOUT_ID_MAX of them, the first no dot. So an id can
// neither leave its directory nor share one with another id ('~' stands for '/' and is itself
// refused).
bool layout_id_is_good(struct span id);
// "BMU-R02" for BMU-R02, "CRD-01~imds" for CRD-01/imds. The id must be good.
void layout_case_dir(char out[LAYOUT_ID_MAX + 1], struct span id);
// A file's name within a case: letters, digits and _.- ; the first no dot.
bool layout_file_is_good(struct span name);

// Whether a run, or its reports, may have left that file in its directory.
bool layout_is_run_file(const char *name);
// The same within the directory of a case.
bool layout_is_case_file(const char *name);

#endif
