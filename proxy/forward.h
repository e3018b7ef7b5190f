// SPDX-License-Identifier: Apache-2.0
// One request on its way to the upstream, and the reply on its way back: framed, timed, and sent
// again only where that cannot do a thing twice. It knows nothing of rules.
#ifndef PROXY_FORWARD_H
#define PROXY_FORWARD_H

#include "proxy/http/message.h"
#include "proxy/net/upstream.h"

struct forward;

// All are called from the loop; none within forward_begin, any within the calls after it. The
// forward may be freed in any of them.
struct forward_handler {
    // More of the request may be given, after forward_is_full.
    void (*drained)(void *arg);
    // A head of a reply, also an interim one (1xx) other than 100. Borrowed for the call.
    void (*head)(void *arg, const struct h1_head *head);
    // More of the final reply. raw: as it was sent, with its chunk framing; body: without.
    void (*bytes)(void *arg, struct span raw, struct span body);
    // All that came is handed over for now.
    void (*paused)(void *arg);
    void (*ended)(void *arg); // the reply is whole
    // There will be no reply, or no more of it. is_reset: it was not by a mere FIN.
    void (*failed)(void *arg, enum upstream_fault fault, const char *text, bool is_reset);
    void *arg;
};

// head is borrowed until the forward is freed. reply_us: how long the upstream may be silent when
// it is its turn. body: all of the request's, when is_whole; else the begin of it.
struct forward *forward_begin(struct loop *loop, struct upstream *upstream, int64_t reply_us,
                              const struct h1_head *head, struct span body, bool is_whole,
                              const struct forward_handler *handler);
// More of the body of a request that was not whole.
void forward_add(struct forward *f, struct span body);
void forward_end(struct forward *f); // the request is whole now
// Whether the upstream takes no more of it for now; `drained` follows.
bool forward_is_full(const struct forward *f);
// Stops or resumes reading the reply, so that TCP itself holds the upstream back.
void forward_read(struct forward *f, bool wanted);
// What is not over is given up. Accepts NULL in *f and nulls it.
void forward_free(struct forward **f);

struct forward_facts {
    struct channel_facts channel; // of the last one
    unsigned tries;               // connections used
    uint64_t sent_bytes;          // of the request, with its head
    uint64_t reply_bytes;         // of the final reply's body, with chunk framing
    int64_t first_us; // from the begin until the reply's first byte, and until its last; -1: never
    int64_t whole_us;
};
struct forward_facts forward_facts(const struct forward *f);

#endif
