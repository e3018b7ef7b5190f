// SPDX-License-Identifier: Apache-2.0
// What one check found: sentences, the journal lines that show them, and of what nature they are.
#ifndef SUITES_ORACLE_FINDINGS_H
#define SUITES_ORACLE_FINDINGS_H

#include <stdarg.h>

#include "proxy/base/buf.h"

// The nature decides what a finding means when evidence is incomplete or the case was not
// exercised.
enum finding {
    FINDING_NOTE,    // worth saying, nothing is wrong
    FINDING_BAD,     // something wrong happened: no later event can undo it
    FINDING_LACK,    // something due did not happen: later events might have brought it
    FINDING_MISSED,  // the question never arose, so nothing is proved
    FINDING_HARNESS, // two accounts of our own contradict each other
    FINDING_COUNT
};

struct findings {
    struct buf text;
    unsigned said[FINDING_COUNT];
    unsigned *lines; // of the journal, in the order found, each once
    size_t count, capacity;
};

// Adds a sentence, with the journal line that shows it (0: none). After twelve sentences only the
// number of further ones is kept.
void findings_add(struct findings *f, enum finding kind, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// A further line that shows what was said.
void findings_line(struct findings *f, unsigned line);
// The text as an owned string, NULL when nothing was said; the findings stay usable for their
// counts.
char *findings_take_text(struct findings *f);
unsigned *findings_take_lines(struct findings *f, size_t *count);
void findings_clear(struct findings *f);

#endif
