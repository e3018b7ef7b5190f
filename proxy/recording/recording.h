// SPDX-License-Identifier: Apache-2.0
// A recording: a line of JSON that says so, then one for each exchange, in order (see README.md).
// What was asked stands in `when`, and what became of it in `then`, in the words of a scenario's
// rules. What was done before a request was read has a line of its own: its `when` has a phase, and
// says which connection, or which head, it was.
#ifndef PROXY_RECORDING_RECORDING_H
#define PROXY_RECORDING_RECORDING_H

#include "proxy/aws/operation.h"
#include "proxy/base/draw.h"
#include "proxy/base/json.h"
#include "proxy/http/message.h"
#include "proxy/scenario/scenario.h"

// How `when` names a request that names no operation of the service's.
#define RECORDING_NO_OPERATION "other"

struct recorded {
    uint64_t n;
    int64_t at_us;    // of the client's clock
    enum phase phase; // PHASE_REQUEST: an exchange; else what was done before there was one
    // TLS: the connection's number, from 1; HEAD: the request's, among those that name that
    // operation (OPERATION_NONE: none of the service's).
    uint64_t nth;
    enum operation operation;
    uint64_t ends; // CONNECT: the number of the window that it closes; 0: it opens one
    bool is_drawn; // what was left to chance was drawn so:
    struct draw drawn;
    const cJSON *when;
    struct action *actions; // owned
    size_t action_count;
    const char *left_out; // why there is nothing to replay; else NULL
    cJSON *tree;
};

struct recording {
    struct recorded *items;
    size_t count, capacity;
    size_t exchanges; // of them; the others were done before a request was read
    int64_t at_us;    // when it began; 0: it does not say so
    bool is_cut; // its last line is not whole: whoever wrote it was killed, or the disk was full
};

// Whether the text begins as recordings do.
bool recording_is(struct span text);
// RC_SYNTAX and the like with the line; a last line that is not whole is passed over.
MUST_USE enum rc recording_read(struct recording **out, struct span text, const char *path,
                                struct diag *d);
MUST_USE enum rc recording_read_file(struct recording **out, const char *path, struct diag *d);
// Accepts NULL in *r and nulls it.
void recording_free(struct recording **r);

// An exchange as it is written. All is borrowed.
struct told {
    uint64_t n;
    int64_t at_us;
    const cJSON *when;    // content_of
    const char *left_out; // why it cannot be replayed; else NULL
    bool is_answered;     // else nothing of a reply was made: `then` only breaks the connection
    int status;
    const struct h1_field *fields; // of the reply, all of them
    size_t field_count;
    struct span body;
    struct span actions;      // what was done to the reply: ,{"delay":"3ms"},… or empty
    const struct draw *drawn; // what bytes of garbage are drawn from; else NULL
    uint64_t ends;            // closes that window: there is no `then`; else 0
};

// A line each, with its newline.
void recording_write_head(struct buf *out, const char *program, int64_t at_us);
void recording_write(struct buf *out, const struct told *told);
// `when` of what was done before a request was read. nth: 0 for none (CONNECT). Owned.
cJSON *recording_when(enum phase phase, enum operation operation, uint64_t nth);
// Whether that action may be replayed in that phase, in PHASE_REQUEST and HEAD beside a reply.
bool recording_holds(enum action_verb verb, enum phase phase);

#endif
