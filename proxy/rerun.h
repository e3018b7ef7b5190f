// SPDX-License-Identifier: Apache-2.0
// What a recording holds beside exchanges, done again: to handshakes, to requests before they are
// read, and to the service's port.
#ifndef PROXY_RERUN_H
#define PROXY_RERUN_H

#include "proxy/base/draw.h"
#include "proxy/net/loop.h"

struct exchange;
struct lane;
struct recorded;

// The windows in which the port refuses connections.
struct rerun {
    struct loop_timer timer; // to the next edge of one
    bool is_shut;            // within one
};

// Before all others.
void rerun_init(struct lane *lane);
// The lane begins to listen, and ends.
void rerun_begin(struct lane *lane);
void rerun_end(struct lane *lane);
// An exchange of the recording was replayed: a window may be due after it.
void rerun_follow(struct lane *lane);
// The request's head was read: makes the early answer, or the plan, that was recorded of it. Where
// a rule acts on it, nothing but that it is spent.
void rerun_head(struct exchange *x);
// What was done to the handshake of that connection of the port; NULL: nothing. Borrowed. Where a
// rule acts on it (is_met), nothing but that it is spent.
const struct recorded *rerun_handshake(struct lane *lane, uint64_t nth, bool is_met);
// What is drawn where that line left something to chance: as it was then, if it says so.
struct draw rerun_draw(const struct lane *lane, const struct recorded *e);

#endif
