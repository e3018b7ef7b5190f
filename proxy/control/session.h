// SPDX-License-Identifier: Apache-2.0
// A session is one connection to the control interface. What it may cost is bounded: so many of
// them, one request at a time each, of a bounded size, within a bounded time; an answer that is not
// taken ends it.
#ifndef PROXY_CONTROL_SESSION_H
#define PROXY_CONTROL_SESSION_H

#include "proxy/control/desk.h"
#include "proxy/control/guard.h"
#include "proxy/net/loop.h"

struct session;

// What the sessions of one control share.
struct sessions {
    struct loop *loop;
    struct desk *desk;         // borrowed
    const struct guard *guard; // borrowed
    struct session *live, *dead;
    size_t count, waiting;
    struct loop_timer reap; // brings the loop to the end of a turn when something died
    struct loop_timer wake; // the waiting look at the journal again
    struct loop_turn turn;
};

void sessions_init(struct sessions *all, struct loop *loop, struct desk *desk,
                   const struct guard *guard);
// Ends and frees all.
void sessions_clear(struct sessions *all);
// Takes fd.
void session_open(struct sessions *all, int fd);
// The journal has a new line.
void sessions_line(struct sessions *all);

#endif
