// SPDX-License-Identifier: Apache-2.0
// The control interface: an HTTP/1.1 server of JSON on a port of its own, by which a running lane
// is told what to play, and asked what it saw. See README.md beside it.
#ifndef PROXY_CONTROL_CONTROL_H
#define PROXY_CONTROL_CONTROL_H

#include "proxy/evidence/journal.h"
#include "proxy/net/loop.h"

struct control;
struct lane;

struct control_options {
    struct loop *loop;
    const char *listen;     // "127.0.0.1:0"
    const char *token_file; // NULL: no token, and loopback only
    size_t history_bytes;   // of the journal's lines that are kept to be asked for
    int64_t told_start_us;  // where told time begins, unless a scenario says otherwise
};

// Listens; nothing is answered before the loop runs. RC_USAGE when the address is not of the
// loopback and no token is given, or the token is none.
MUST_USE enum rc control_open(struct control **out, const struct control_options *options,
                              struct diag *d);
// The observer of the lane's journal; arg is the control.
void control_line(void *arg, enum event_kind kind, struct span line);
// Answers for that lane, which is borrowed. Before the loop runs.
void control_serve(struct control *c, struct lane *lane);
const char *control_address(const struct control *c);
// Ends all connections and frees; when the loop runs no more, and no line of the journal comes.
// Accepts NULL in *c and nulls it.
void control_free(struct control **c);

// The routes for --help.
void control_help(struct buf *out);

#endif
