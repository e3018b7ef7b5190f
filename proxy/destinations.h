// SPDX-License-Identifier: Apache-2.0
// Where a forward proxy may lead: to hosts that are named beforehand, and to nobody else.
#ifndef PROXY_DESTINATIONS_H
#define PROXY_DESTINATIONS_H

#include "proxy/net/upstream.h"

enum way {
    WAY_REFUSED,
    WAY_ANSWERED, // here: by the stand-in service or the upstream; CONNECT to it is opened
    WAY_TUNNELLED // its bytes are passed on unseen
};

struct destinations;

// Answered are, from the beginning, the Metering Service's own hosts, and that upstream (may be
// NULL; borrowed). connect_us: how long an address of a tunnelled host may take.
struct destinations *destinations_new(struct loop *loop, const struct upstream *upstream,
                                      int64_t connect_us);
// Accepts NULL in *d and nulls it. Tunnels through it must be freed before.
void destinations_free(struct destinations **d);

// "HOST[:PORT]", port 443 when none is written. RC_USAGE with a sentence: no host, one that is
// named already, or one for which our authority cannot vouch.
MUST_USE enum rc destinations_answer(struct destinations *d, const char *host, struct diag *diag);
// The same, to be tunnelled: its addresses are found now, so only before the loop runs. RC_UNKNOWN
// when there are none.
MUST_USE enum rc destinations_tunnel(struct destinations *d, const char *host, struct diag *diag);

// Which way a request to that authority goes; otherwise: the port when it names none. *tunnel: with
// WAY_TUNNELLED, what to dial; borrowed.
enum way destinations_find(const struct destinations *d, struct span authority, unsigned otherwise,
                           struct upstream **tunnel);

#endif
