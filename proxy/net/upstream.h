// SPDX-License-Identifier: Apache-2.0
// The server behind us: connections to it, which are kept for the next request when they can be.
#ifndef PROXY_NET_UPSTREAM_H
#define PROXY_NET_UPSTREAM_H

#include "proxy/net/origin.h"
#include "proxy/net/peer.h"

enum upstream_fault {
#define UPSTREAM_FAULT(id, name, status, text) UPSTREAM_##id,
#include "proxy/net/upstream_fault.def"
};

const char *upstream_fault_name(enum upstream_fault fault);
const char *upstream_fault_text(enum upstream_fault fault);
// What a gateway answers.
int upstream_fault_status(enum upstream_fault fault);

struct upstream_options {
    struct loop *loop;
    const char *url;     // as origin_read takes it
    const char *ca_file; // trusted beside the system's authorities; may be NULL
    int64_t connect_us;  // for TCP and TLS together, to one address
    int64_t idle_us;     // how long a connection is kept for another request
};

struct upstream;

// Finds the host's addresses, and waits for that: only before the loop runs. RC_USAGE, RC_UNKNOWN
// or RC_IO, with a sentence.
MUST_USE enum rc upstream_new(struct upstream **out, const struct upstream_options *options,
                              struct diag *d);
// Its channels must be freed or given back before. Accepts NULL in *u and nulls it.
void upstream_free(struct upstream **u);
const struct origin *upstream_origin(const struct upstream *u); // borrowed

// One connection to an upstream, of one user at a time.
struct channel;

// All are called from the loop, never within a call of the user's, but `sent` and `ended` within
// channel_send. The channel may be freed or given back in any of them.
struct channel_handler {
    void (*ready)(void *arg);                     // bytes may be sent
    void (*input)(void *arg, struct span *bytes); // as of a peer
    void (*sent)(void *arg);                      // the kernel has taken everything
    // The upstream ended it, by FIN (a channel that was not notified of that under TLS: RESET), or
    // otherwise.
    void (*ended)(void *arg, enum peer_end how);
    // It was never ready. text: what more is known, "" for nothing.
    void (*failed)(void *arg, enum upstream_fault fault, const char *text);
    void *arg;
};

// A connection that was kept, unless is_fresh or when there is none; else a new one. `ready` or
// `failed` follows.
struct channel *channel_take(struct upstream *u, bool is_fresh,
                             const struct channel_handler *handler);
// Ends the connection, at once. Accepts NULL in *c and nulls it.
void channel_free(struct channel **c);
// Keeps the connection for another request, if it can be; all that came must have been used. Nulls
// *c.
void channel_give_back(struct channel **c);

void channel_send(struct channel *c, struct span bytes);
size_t channel_unsent(const struct channel *c);
// Stops or resumes reading.
void channel_read(struct channel *c, bool wanted);
// Hands what was kept of the input to `input` once more.
void channel_pump(struct channel *c);
// FIN; what still comes is read. Only when nothing is unsent.
void channel_shut(struct channel *c);
// RST. Accepts NULL in *c and nulls it.
void channel_reset(struct channel **c);

struct channel_facts {
    uint64_t number; // of the upstream's connections, from 1
    bool is_reused;
    const char *address;  // that was tried last
    int64_t connected_us; // how long TCP took, and TLS after it; 0 when it was reused, or not done
    int64_t secured_us;
    const char *tls; // its version, "" for none
};
struct channel_facts channel_facts(const struct channel *c);

#endif
