// SPDX-License-Identifier: Apache-2.0
// What rules of the phase `tls` do to a connection's handshake.
#ifndef PROXY_HANDSHAKE_H
#define PROXY_HANDSHAKE_H

#include "proxy/net/peer.h"
#include "proxy/scenario/rules.h"

struct lane;
struct port;
struct handshake_row;

struct handshake {
    const struct rule *rule; // NULL: none met it
    const struct handshake_row
        *act;     // what is done to it, by the rule or a recording; NULL: nothing
    bool is_told; // its fault
};

// Whether this version can do that action to a handshake.
bool handshake_exists(enum action_verb verb);
// Whether it can do what the rule of the phase `tls` says; else RC_UNSUPPORTED, and d says why not.
MUST_USE enum rc handshake_supports(const struct scenario *s, const struct rule *rule,
                                    struct diag *d);

// The client's hello is read: chooses the rule and begins to act on it. nth: the connection's
// number among those to that port. Gives how the connection ends by it: "" when it goes on.
const char *handshake_begin(struct handshake *h, const struct port *port, struct peer *peer,
                            uint64_t nth);
// The client has acted on the certificate that it was shown: it went on, sent an alert, or closed.
void handshake_seen(struct handshake *h, struct lane *lane);

#endif
