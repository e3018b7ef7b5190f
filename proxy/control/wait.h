// SPDX-License-Identifier: Apache-2.0
// A call that is answered when something has happened often enough, or its time is over. It looks
// at the journal's lines in slices, so that a long journal holds nobody up. Pure.
#ifndef PROXY_CONTROL_WAIT_H
#define PROXY_CONTROL_WAIT_H

#include "proxy/control/filter.h"

// How long a call may wait, at most and unless it says so.
enum { WAIT_MAX_S = 60, WAIT_USUAL_S = 10 };

enum wait_state {
    WAIT_QUIET, // nothing more to look at until the journal has a new line
    WAIT_MORE,  // there is more to look at: go on at the next turn
    WAIT_OVER   // reached, or it can be no more
};

struct wait;

// Accepts NULL in *w and nulls it.
void wait_free(struct wait **w);
int64_t wait_within_us(const struct wait *w);
// Reads about so many bytes of the journal's lines.
enum wait_state wait_look(struct wait *w, const struct desk *desk, size_t work);
// The answer as it is now; waited_us: how long it took.
void wait_tell(const struct wait *w, const struct desk *desk, int64_t waited_us,
               struct reply *reply);

#endif
