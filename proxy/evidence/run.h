// SPDX-License-Identifier: Apache-2.0
// Writes a run: the directory, run.json, and the files of each case. The layout is in README.md.
#ifndef PROXY_EVIDENCE_RUN_H
#define PROXY_EVIDENCE_RUN_H

#include "proxy/evidence/journal.h"

struct run_writer;

// Creates dir (its parent must exist) or takes it when it is empty; an old run in it is refused
// unless it holds run.json, in which case everything that run wrote is removed first (and nothing
// else: what a person put among its cases is named and the directory refused). header is a JSON
// object: client, versions, seed, profile, rule set, tolerances, and "cases", a list of {"id",
// "scenario"} with the SHA-256 of each scenario.json ("scenario" may be absent). It must not have
// members "closing" and "digest". run.json is written with it at once.
MUST_USE enum rc run_writer_open(struct run_writer **out, const char *dir, struct span header,
                                 struct diag *d);
// "OUT/cases/BMU-R02"; made with the case's first file. A '/' in a case id becomes '~'. The case
// must be one of the header's list (RC_UNKNOWN). Gives an owned path of `file` (or of the directory
// when NULL) and creates the directory.
MUST_USE enum rc run_writer_path(struct run_writer *w, const char *case_id, const char *file,
                                 char **path, struct diag *d);
// Writes a file of a case in one go; the file must not exist.
MUST_USE enum rc run_writer_file(struct run_writer *w, const char *case_id, const char *file,
                                 struct span bytes, struct diag *d);
// Writes the `end` line into the case's journal (why and text as given, members appended from
// `more`, which may be empty) with the digest of the journal so far and of every file of the case's
// directory, closes the journal and remembers the end for run.json. Takes the journal, also when it
// fails. more: a JSON object, or its members alone. From here on nothing in the directory may
// change.
MUST_USE enum rc run_writer_end_case(struct run_writer *w, const char *case_id,
                                     struct journal **journal, const char *why, const char *text,
                                     struct span more, struct diag *d);
// Removes a case's directory and forgets its end, so that the case can be run again. Its journal
// must be closed.
MUST_USE enum rc run_writer_drop_case(struct run_writer *w, const char *case_id, struct diag *d);
// Writes the closing record of run.json: every case's end, and the digest of run.json itself.
// interrupted: the run was stopped by a person. After any failed write of this run it refuses with
// that failure, so that the run reads as cut.
MUST_USE enum rc run_writer_close(struct run_writer *w, bool interrupted, struct diag *d);
// Accepts NULL in *w and nulls it. Without a close before, the run reads as cut.
void run_writer_free(struct run_writer **w);

#endif
