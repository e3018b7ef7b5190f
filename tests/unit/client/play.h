// SPDX-License-Identifier: Apache-2.0
// One client on a loop of its own, with everything it caused written down.
#ifndef TESTS_UNIT_CLIENT_PLAY_H
#define TESTS_UNIT_CLIENT_PLAY_H

#include "proxy/net/loop.h"
#include "suites/client/client.h"

struct play {
    struct loop *loop;
    struct client *client;
    struct client_options options; // changed by the test before play_start
    const char *argv[8];
    struct loop_timer guard;
    bool timed_out;
    struct buf log; // one line for each call of the observer
    unsigned answers;
    struct client_exit how;
    bool has_exited;
    // Called with each answer, after it was logged; may be NULL.
    void (*on_answer)(struct play *p, const struct answer *answer);
    size_t descriptors; // open before the play
};

// A play of that part of the puppet, ready for play_start.
void play_init(struct play *p, const char *part);
// False (and a failed check) when the client did not start.
bool play_start(struct play *p);
// Runs the loop until the client's exit, at most half a minute.
void play_run(struct play *p);
// Runs the loop until it is stopped by the test (loop_stop), for at most half a minute.
void play_wait(struct play *p);
// Frees all, and checks that neither a process nor a descriptor is left.
void play_end(struct play *p);
// The log so far, terminated. Valid until the next call.
const char *play_log(struct play *p);
// Whether a text stands in the log.
bool play_logged(struct play *p, const char *text);

// Living descendants of this process.
size_t count_descendants(void);
size_t count_descriptors(void);
// A path in a directory that is removed at the program's end; name is a plain file name.
const char *play_path(char out[256], const char *name);

#endif
