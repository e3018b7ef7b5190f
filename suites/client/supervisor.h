// SPDX-License-Identifier: Apache-2.0
// The process between us and the client: it starts it, adopts its orphans, and ends all of them
// when asked, when the client has ended, and when we die.
#ifndef SUITES_CLIENT_SUPERVISOR_H
#define SUITES_CLIENT_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

enum supervisor_word {
    // To us.
    SUPERVISOR_STARTED, // value: the client's pid
    SUPERVISOR_FAILED,  // value: errno; stage: what failed
    SUPERVISOR_EXITED,  // value: the client's wait status
    SUPERVISOR_ENDED,   // value: how many descendants had to be killed; nothing is left
    SUPERVISOR_DID,     // value: an enum rc; id: of the request
    // To the supervisor.
    SUPERVISOR_SIGNAL, // value: the signal; answered by DID
    SUPERVISOR_STOP,   // value: how long to wait, in microseconds; answered by DID
    SUPERVISOR_END     // kill everything; answered by ENDED
};

// What was being done when a start failed.
enum supervisor_stage {
    STAGE_SUPERVISE, // making the supervisor what it is
    STAGE_FORK,
    STAGE_STREAMS, // giving the client its stdin, stdout and stderr
    STAGE_DIRECTORY,
    STAGE_EXEC
};

// One datagram of the control socket.
struct supervisor_message {
    enum supervisor_word word;
    enum supervisor_stage stage;
    int32_t value;
    uint32_t id;
};

// Descriptors are above 2 and close on exec.
struct supervisor_plan {
    int control;      // SOCK_SEQPACKET
    int in, out, err; // the client's ends
    const char *const *argv;
    const char *const *env;
    const char *dir; // may be NULL
    bool spares;     // what the client leaves behind when it ends by itself lives on
};

// What the supervisor does after the fork. Never returns.
_Noreturn void supervisor_run(const struct supervisor_plan *plan);

#endif
