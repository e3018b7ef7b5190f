// SPDX-License-Identifier: Apache-2.0
// Many run directories, read once.
#ifndef TESTS_MUTATION_RUNS_H
#define TESTS_MUTATION_RUNS_H

#include "proxy/evidence/reader.h"
#include "reports/result.h"

#define MOST_RUNS 1024

struct runs {
    struct evidence_run *list[MOST_RUNS];
    size_t count;
};

// list: a file of directories, one a line. False, told on stderr, when one cannot be read.
bool runs_read(struct runs *out, const char *list);
void runs_clear(struct runs *runs);

// One letter for a verdict: P i a w u n c F H.
char verdict_letter(enum verdict verdict);

#endif
