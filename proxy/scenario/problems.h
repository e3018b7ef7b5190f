// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong with one file, in the order of the text, each sentence once.
#ifndef PROXY_SCENARIO_PROBLEMS_H
#define PROXY_SCENARIO_PROBLEMS_H

#include "proxy/base/buf.h"
#include "proxy/base/diag.h"

struct problems;

// file is borrowed and names the text in every sentence.
struct problems *problems_new(const char *file);
// Accepts NULL in *p and nulls it.
void problems_free(struct problems **p);

// Notes one problem; the same sentence at the same place counts once (variants share their text).
void problem(struct problems *p, enum rc code, struct place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
size_t problem_count(const struct problems *p);

// Puts the first problem into d and appends all of them to all, one a line; both may be NULL. Gives
// the first one's code, or RC_OK when there is none.
MUST_USE enum rc problems_tell(struct problems *p, struct buf *all, struct diag *d);

#endif
