// SPDX-License-Identifier: Apache-2.0
// Writes a run: the directory, run.json, and the files of each case. The layout is in README.md.
#ifndef PROXY_EVIDENCE_RUN_H
#define PROXY_EVIDENCE_RUN_H

#include "proxy/evidence/journal.h"

struct run_writer;

// Creates dir (its parent must exist) or takes it when it is empty; an old run in it is refused
// unless it holds run.json, in which case everything that run wrote is removed first. header is a
// JSON object: client, versions, seed, profile, rule set, tolerances, and the list of cases with the
// digest of each scenario; run.json is written with it at once.
MUST_USE enum rc run_writer_open(struct run_writer **out, const char *dir, struct span header,
                                 struct diag *d);
// "OUT/cases/BMU-R02"; made with the case's first file. A '/' in a case id becomes '~'.
// Gives an owned path of `file` (or of the directory when NULL) and creates the directory.
MUST_USE enum rc run_writer_path(struct run_writer *w, const char *case_id, const char *file,
                                 char **path, struct diag *d);
// Writes a file of a case in one go.
MUST_USE enum rc run_writer_file(struct run_writer *w, const char *case_id, const char *file,
                                 struct span bytes, struct diag *d);
// Writes the `end` line into the case's journal (why and text as given, members appended from
// `more`, which may be empty) with the digest of the journal so far and of every file of the case's
// directory, closes the journal and remembers the end for run.json. Takes the journal.
MUST_USE enum rc run_writer_end_case(struct run_writer *w, const char *case_id,
                                     struct journal **journal, const char *why, const char *text,
                                     struct span more, struct diag *d);
// Writes the closing record of run.json: every case's end, and the digest of run.json itself.
// interrupted: the run was stopped by a person.
MUST_USE enum rc run_writer_close(struct run_writer *w, bool interrupted, struct diag *d);
// Accepts NULL in *w and nulls it. Without a close before, the run reads as cut.
void run_writer_free(struct run_writer **w);

#endif
