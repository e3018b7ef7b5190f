// SPDX-License-Identifier: Apache-2.0
// The list of what is documented, and who holds a client to it: the cases that cite a statement and
// the invariants that prove it in every case.
#ifndef SUITES_COMMAND_STATEMENTS_H
#define SUITES_COMMAND_STATEMENTS_H

#include "reports/table.h"
#include "suites/command/catalogue.h"

// Reads the statements that come with the scenario files. *out is owned by the caller
// (cJSON_Delete), also after a failure.
MUST_USE enum rc statements_read(cJSON **out, struct diag *d);

// Whether a tree read from a file is a list of statements, not a scenario.
bool statements_are(const cJSON *tree);

// Checks such a file against the cases beside it. Each statement needs a case, an invariant, or the
// reason why it has neither; the reason must go when it has one. Every problem is appended to all,
// one a line. Failures to read are told by d alone.
MUST_USE enum rc statements_check(const char *path, struct buf *all, struct diag *d);

// Prints every statement with those that hold a client to it, and every case and invariant with its
// statements. is_choice: only the statements that these cases cite.
void statements_trace(struct page *page, const cJSON *statements, const struct catalogue *catalogue,
                      bool is_choice);

#endif
