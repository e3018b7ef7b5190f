// SPDX-License-Identifier: Apache-2.0
// What the command line says of recordings: one is written, or one is replayed.
#ifndef PROXY_TAPE_H
#define PROXY_TAPE_H

#include "proxy/lane.h"

struct tape {
    struct recorder *recorder; // NULL: nothing is recorded
    struct replay *replay;     // NULL: nothing is replayed
};

// The options as they were given; NULL: not given.
struct tape_options {
    const char *record, *replay, *times; // --record --replay --replay-times
    const char *executes;                // an option that means nothing where nothing is executed
    const char *asks;                    // one that names somebody else to ask
    bool speaks_tls;                     // --tls: handshakes can be replayed
    const struct scenario *scenario;     // whose rules act on what is replayed
    const char *program;                 // who writes the recording
};

// RC_USAGE where options contradict each other. What was opened is in the tape whatever is given
// back; tape_close releases it.
MUST_USE enum rc tape_open(struct tape *tape, const struct tape_options *options, struct diag *d);
void tape_join(const struct tape *tape, struct lane_options *lane);
// RC_IO when not all could be recorded.
MUST_USE enum rc tape_close(struct tape *tape, struct diag *d);

#endif
