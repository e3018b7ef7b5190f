// SPDX-License-Identifier: Apache-2.0
// Heads as an intermediary passes them on (RFC 9110 7.6): every field as it was written and in its
// order, but for those that end at this connection.
#ifndef PROXY_HTTP_FORWARDED_H
#define PROXY_HTTP_FORWARDED_H

#include "proxy/base/buf.h"
#include "proxy/http/message.h"

// Our name in Via (RFC 9110 7.6.3).
#define H1_VIA "meterprover"

// The request of a client as a server gets it: version 1.1, a target in origin form, Host as the
// client wrote it (of an absolute target: its authority), its own framing, Via. A request of
// HTTP/1.0 without Host gets that of the server.
void h1_forward_request(struct buf *out, const struct h1_head *head, struct span server);

// How the body of a reply is passed on.
enum h1_passing {
    H1_PASS_AS_IS,  // in the framing that it has
    H1_PASS_LENGTH, // its chunks were taken apart; length says how long it is
    H1_PASS_CLOSE   // its chunks are taken apart; it ends with the connection
};

struct h1_passed {
    enum h1_passing passing;
    uint64_t length;
    bool close;       // writes Connection: close
    struct span date; // is added where a final reply has none (RFC 9110 6.6.1)
};
// A reply, also an interim one, as a client gets it.
void h1_forward_response(struct buf *out, const struct h1_head *head,
                         const struct h1_passed *passed);

// RFC 9110 9.2.2: whether to send it twice is the same as once.
bool h1_is_idempotent(struct span method);

#endif
