// SPDX-License-Identifier: Apache-2.0
// Writes what was asked of the service and what was answered into a recording (proxy/recording),
// line by line and before the client has the reply: a kill loses nothing that a client has seen.
#ifndef PROXY_RECORDER_H
#define PROXY_RECORDER_H

#include "proxy/base/diag.h"
#include "proxy/exchange.h"

struct recorder;

// Creates the file, which must not exist; at_us is the machine's clock.
MUST_USE enum rc recorder_open(struct recorder **out, const char *path, const char *program,
                               int64_t at_us, struct diag *d);
// A reply as the client gets it, before a fault changes any of it. All is borrowed.
struct recorder_reply {
    bool is_made; // else nothing answered: the rule's actions alone are recorded
    int status;
    const struct h1_field *fields;
    size_t field_count;
    struct span body;     // without its framing
    const char *left_out; // why it cannot be recorded; else NULL
};

// Whether it will be told: who passes a reply on piece by piece need not keep it otherwise.
bool recorder_wants(const struct exchange *x);
// Where the lane of x has a recorder, and x asks the service; else nothing.
void recorder_tell(const struct exchange *x, const struct recorder_reply *reply);
// The same of a reply that stands whole in x->out, as it was made.
void recorder_take(const struct exchange *x);
// What a rule is about to do before the request's body is read, with the answer that is in x->out
// if it answers.
void recorder_tell_head(const struct exchange *x);
// What a rule, met for that time, is about to do to the handshake of the nth connection of the
// service's port.
void recorder_tell_handshake(const struct lane *lane, const struct rule *rule, uint64_t index,
                             uint64_t nth);
// The service's port refuses connections from now on, of which a connection of our own was the
// proof (was_refused); or no more.
void recorder_open_window(const struct lane *lane, bool was_refused);
void recorder_close_window(const struct lane *lane);
// A longer reply is left out.
#define RECORDER_BODY_BYTES ((size_t)4 << 20)
// Accepts NULL in *r and nulls it. RC_IO when not all could be written: nothing was after the first
// failure, and d says how much is there.
MUST_USE enum rc recorder_close(struct recorder **r, struct diag *d);

#endif
