// SPDX-License-Identifier: Apache-2.0
// Pipes, the control socket and the fork: a client below its supervisor, or a sentence why not.
#ifndef SUITES_CLIENT_LAUNCH_H
#define SUITES_CLIENT_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "proxy/base/diag.h"
#include "suites/client/supervisor.h"

struct launch {
    pid_t supervisor, client;
    int control;
    int in, out, err; // our ends; they do not block
};

struct launch_program {
    const char *const *argv;
    const char *const *env;
    const char *dir; // may be NULL
    bool spares;     // see supervisor_plan
};

// Returns when the client's program was executed. On failure nothing is left, not a process nor a
// descriptor. RC_MISSING, RC_LIMIT or RC_IO with a sentence.
MUST_USE enum rc launch(struct launch *out, const struct launch_program *program, struct diag *d);

// Receives one message; RC_AGAIN when none comes within wait_us, RC_CLOSED when none will.
MUST_USE enum rc launch_receive(const struct launch *l, struct supervisor_message *m,
                                int64_t wait_us);
// Sends one; failures show as RC_CLOSED of the next launch_receive.
void launch_tell(const struct launch *l, struct supervisor_message m);

// Waits for the supervisor, which is about to exit or has lost its control socket, and reaps it.
// false when it had to be killed after wait_us.
bool launch_reap(struct launch *l, int64_t wait_us);

#endif
