// SPDX-License-Identifier: Apache-2.0
// Where one output stream of the client is kept: a file, written line by line after secrets are
// replaced.
#ifndef SUITES_CLIENT_SINK_H
#define SUITES_CLIENT_SINK_H

#include "proxy/base/buf.h"
#include "proxy/base/diag.h"

// Renders text as it may be kept into out.
typedef void sink_scrub_fn(void *arg, struct span text, struct buf *out);

struct sink {
    int fd; // below 0: nothing is kept
    size_t max_hold_bytes;
    sink_scrub_fn *scrub; // NULL: text is kept as it is
    void *arg;
    struct buf
        held; // the beginning of a line; a secret could be cut in two by the border of a read
    struct buf scrubbed;
    enum rc record; // the first failure to write
};

// Opens the file for appending; path NULL: nothing is kept. RC_IO with a sentence.
MUST_USE enum rc sink_open(struct sink *s, const char *path, struct diag *d);
void sink_add(struct sink *s, struct span bytes);
// Writes what is held, closes and releases. Harmless twice.
void sink_close(struct sink *s);

#endif
