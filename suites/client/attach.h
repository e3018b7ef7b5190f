// SPDX-License-Identifier: Apache-2.0
// A client that runs already, elsewhere: the lines of the contract are carried to it, each by the
// way that fits what it asks, and what comes back is turned into answers.
//
// - page: posted to the registration page, as a buyer's browser does
// - resolve: the same with the token in the form, unless the trigger supports it
// - notice: posted to the notice URL, as Amazon SNS does, or an API destination of EventBridge
// - all the rest: given to the trigger; the line is the body of a POST, or the stdin of a command,
//   and lines of the reply that are JSON objects with "mp" are the answers
// - a signal: left to a command, which ends the program and starts it again (attach_restart.h)
//
// A page is not asked who registered: its status says what became of the buyer, and the header
// X-Meterprover-Customer, if there is one, who it was.
//
// A page or a notice for which no URL was named goes to the trigger, too. What is said in hello of
// page, notice and restart follows from the ways there are; without a trigger there is nothing
// else, and we say hello in its stead.
#ifndef SUITES_CLIENT_ATTACH_H
#define SUITES_CLIENT_ATTACH_H

#include "suites/client/client.h"
#include "suites/client/url.h"

// How the program is reached; NULL: not in that way. At most one of the triggers.
struct attach_ways {
    const char *trigger; // a command, for sh -c
    const struct url *trigger_url;
    const struct url *registration_url;
    const struct url *notice_url;
    const char *restart; // a command, for sh -c; finds the signal in METERPROVER_SIGNAL
};

// As in client_options where nothing else is said.
struct attach_options {
    struct loop *loop;
    const struct attach_ways *ways; // borrowed; must outlive the client
    const char *const *env;         // of the commands; borrowed; must outlive the client
    // Stands before every usage id that the program is given, so that ids of different cases
    // differ. Answers have it taken off again; those about other ids speak of other cases and are
    // dropped.
    const char *prefix;
    char **life;             // what the last hello said of it, kept by the owner; NULL: nowhere
    bool was_restarted;      // since then
    const char *restart_log; // the output of the restart command, which may outlive it
    int64_t patience_us;     // how long hello is repeated while nobody answers
    const char *out_path, *err_path; // the replies; what commands write to stderr
    void (*scrub)(void *arg, enum client_stream stream, struct span text, struct buf *out);
    // on_exit tells CLIENT_DETACHED, CLIENT_SIGNALED after a restart, or CLIENT_UNREACHABLE when
    // the program cannot be spoken to (any more), or the restart failed. The client must not be
    // freed inside the observer's functions.
    struct client_observer observer;
};

// Nothing is sent yet. RC_IO when the files cannot be opened. The client is used through client.h;
// it has no pid, cannot be stopped, and client_signal takes only what a restart needs.
MUST_USE enum rc client_attach(struct client **out, const struct attach_options *options,
                               struct diag *d);

#endif
