// SPDX-License-Identifier: Apache-2.0
// Bytes become lines, of bounded length, however they are cut. Pure.
#ifndef SUITES_CLIENT_LINES_H
#define SUITES_CLIENT_LINES_H

#include "proxy/base/buf.h"

struct lines {
    size_t max_bytes;
    struct buf held;  // the beginning of a line whose end has not come
    bool is_overlong; // that line is longer than max_bytes; what is beyond them is dropped
};

// Gets a line without its newline; false ends the feeding.
typedef bool lines_fn(void *arg, struct span line, bool is_overlong);

// Gives each line that the bytes complete. line is borrowed for the call. fn must not feed.
void lines_feed(struct lines *l, struct span bytes, lines_fn *fn, void *arg);
// What came after the last newline.
struct span lines_rest(const struct lines *l);
// Releases the memory.
void lines_clear(struct lines *l);

#endif
