// SPDX-License-Identifier: Apache-2.0
// A signal for a program that runs already is left to a command, which ends the program and starts
// it again.
#ifndef SUITES_CLIENT_ATTACH_RESTART_H
#define SUITES_CLIENT_ATTACH_RESTART_H

#include "suites/client/attach.h"

// A command, the trigger's too, has had all that it will be told; the deadline of the case is what
// bounds it.
#define ATTACH_COMMAND_US (INT64_C(3600) * 1000000)

// why is a sentence why the restart has failed, borrowed; NULL when it has not.
typedef void attach_restart_fn(void *arg, const char *why);

struct attach_restart {
    const struct attach_options *options;
    struct client *command;
    bool is_under_way;
    attach_restart_fn *over;
    void *arg;
};

// Starts the restart command for that signal. over is called once, perhaps from within this
// function; r must not be cleared inside it. options is borrowed and must outlive the restart.
void attach_restart_begin(struct attach_restart *r, const struct attach_options *options,
                          int signal, attach_restart_fn *over, void *arg);
// Ends the command if it still runs, without calling over. Harmless twice, and before begin.
void attach_restart_clear(struct attach_restart *r);

#endif
