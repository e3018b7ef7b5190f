// SPDX-License-Identifier: Apache-2.0
// Reads the lines of a journal and says at which line it stops being one.
#ifndef PROXY_EVIDENCE_EVENTS_H
#define PROXY_EVIDENCE_EVENTS_H

#include "proxy/evidence/reader.h"

// Lowers the integrity of c. The first problem of the worst kind keeps the word.
void evidence_spoil(struct evidence_case *c, enum integrity integrity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Reads text into the events of c; file names it in problems. *end is the end line without its
// newline, or empty when the journal has none.
void events_read(struct evidence_case *c, struct span text, const char *file, struct span *end);

#endif
