// SPDX-License-Identifier: Apache-2.0
// The client's stdin: lines wait here until the client reads, so that one that does not never
// stalls the loop.
#ifndef SUITES_CLIENT_FEED_H
#define SUITES_CLIENT_FEED_H

#include "proxy/base/buf.h"
#include "proxy/net/loop.h"

struct feed {
    int fd; // owned; below 0 once closed
    size_t max_bytes;
    struct loop_watch watch;
    struct loop_timer told; // on_broken is never called from within feed_send
    struct buf unsent;
    size_t sent; // the bytes of unsent that the pipe has taken
    bool is_closing;
    loop_fn *on_broken; // the reader has closed; once
    void *arg;
};

// Takes over fd, which must not block.
void feed_init(struct feed *f, struct loop *loop, int fd, size_t max_bytes, loop_fn *on_broken,
               void *arg);
// Appends a newline. RC_LIMIT when too much would wait, RC_CLOSED when closed or closing.
MUST_USE enum rc feed_send(struct feed *f, struct span line);
size_t feed_waiting(const struct feed *f);
// Closes as soon as everything has been taken.
void feed_close_when_taken(struct feed *f);
// Closes at once and releases. Harmless twice.
void feed_clear(struct feed *f);

#endif
