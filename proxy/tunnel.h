// SPDX-License-Identifier: Apache-2.0
// A tunnel: two connections whose bytes go from one to the other unseen, with their ends as they
// come: FIN as FIN, RST as RST, and whichever side is slower holds the other back.
#ifndef PROXY_TUNNEL_H
#define PROXY_TUNNEL_H

#include "proxy/net/upstream.h"

struct tunnel;

// None is called within a call of the user's but `over`, which may be within any after tunnel_join.
// The tunnel may be freed in any of them.
struct tunnel_handler {
    void (*ready)(void *arg);
    void (*failed)(void *arg, enum upstream_fault fault, const char *text);
    void (*over)(void *arg, bool is_reset);
    void *arg;
};

// Dials. `ready` or `failed` follows.
struct tunnel *tunnel_new(struct upstream *to, const struct tunnel_handler *handler);
// Accepts NULL in *t and nulls it.
void tunnel_free(struct tunnel **t);

// From here on bytes go both ways; the client's peer is borrowed. over: as above, with its arg.
void tunnel_join(struct tunnel *t, struct peer *client, void (*over)(void *arg, bool is_reset),
                 void *arg);
// Of the client's peer, whose callbacks lead here.
void tunnel_take(struct tunnel *t, struct span *bytes);
void tunnel_client_sent(struct tunnel *t);
void tunnel_client_ended(struct tunnel *t, enum peer_end how);

struct tunnel_facts {
    const char *address;
    uint64_t sent, received; // bytes to the host, and from it
};
struct tunnel_facts tunnel_facts(const struct tunnel *t);

#endif
