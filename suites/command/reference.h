// SPDX-License-Identifier: Apache-2.0
// The words of scenario files as tables for a reader, each from the table that the harness itself
// works by, so that what is printed cannot differ from what is played.
#ifndef SUITES_COMMAND_REFERENCE_H
#define SUITES_COMMAND_REFERENCE_H

#include "reports/table.h"

// What a client can be asked, what the wire can do, what can be demanded (expectations and
// invariants), and all other keys of a file. What the vocabulary knows and this version does not
// play is marked.
void reference_steps(struct page *page);
void reference_actions(struct page *page);
void reference_oracles(struct page *page);
void reference_keys(struct page *page);

#endif
