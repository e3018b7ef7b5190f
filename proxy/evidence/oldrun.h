// SPDX-License-Identifier: Apache-2.0
// Takes away what an older run left in a directory, and nothing else.
#ifndef PROXY_EVIDENCE_OLDRUN_H
#define PROXY_EVIDENCE_OLDRUN_H

#include "proxy/base/diag.h"

// dir holds a run.json. Removes the cases that it lists and the reports beside it; run.json itself
// is left to be replaced. RC_CONFLICT, and nothing is removed, when run.json is not a run of ours
// or something that the run did not write stands among its cases. Other files beside run.json stay.
MUST_USE enum rc oldrun_remove(const char *dir, struct diag *d);

// Removes a directory of files; RC_CONFLICT, and nothing is removed, when it holds a directory.
// A directory that is not there is fine.
MUST_USE enum rc oldrun_remove_case(const char *dir, struct diag *d);

#endif
