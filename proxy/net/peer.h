// SPDX-License-Identifier: Apache-2.0
// A peer is one connected socket with a buffer each way, on plain events with our own recv and
// send: three system calls a request, and full control of how the connection ends.
#ifndef PROXY_NET_PEER_H
#define PROXY_NET_PEER_H

#include "proxy/base/buf.h"
#include "proxy/net/loop.h"
#include "proxy/net/tls.h"

struct peer;

// How the other side ended it.
enum peer_end {
    PEER_EOF, // FIN, or close_notify
    PEER_RESET,
    PEER_FAILED,
    PEER_TLS // TLS broke: peer_tls says by whose alert
};

struct peer_handler {
    // Bytes came. What is used is cut off *bytes; the rest is kept and comes again, with more, at
    // the next read or at peer_pump.
    void (*input)(void *arg, struct span *bytes);
    // Everything given to peer_send has reached the kernel.
    void (*sent)(void *arg);
    // The other side sent FIN (it may still read), or RST, or sending failed. Called once for each;
    // behind what it had sent before, if that is being read.
    void (*ended)(void *arg, enum peer_end how);
    // The client's hello is read; the handshake goes on when this returns. NULL without TLS, as the
    // next.
    void (*hello)(void *arg);
    // The handshake of TLS is done.
    void (*secured)(void *arg);
    void *arg;
};

// Takes fd. The callbacks never run inside a call of the owner's, except `sent` and `ended` within
// peer_send: the owner must not free the peer there, but on the loop's next turn.
struct peer *peer_new(struct loop *loop, int fd, const struct peer_handler *handler);
// Closes without ceremony (unread data makes the kernel send RST) and frees; under TLS after
// close_notify, unless it is reset, broken or finished. Accepts NULL, nulls.
void peer_free(struct peer **p);

// Speaks TLS from here on: what goes through the calls and callbacks of a peer is plain, and what
// is on the wire is not. Before any byte came or went, or within `input`, which leaves what is TLS
// already. The context is borrowed.
void peer_secure(struct peer *p, struct tls_context *context);
// The same as a client of that host (tls_client_new): the handshake begins at once.
void peer_secure_towards(struct peer *p, struct tls_context *context, const char *host);
// What is known of its TLS; NULL without. Borrowed.
const struct tls_facts *peer_tls(const struct peer *p);

// Within `hello`: which certificate the client gets.
void peer_show(struct peer *p, enum leaf_kind kind);
// Within `hello`: the handshake stops here; what comes is discarded. raw: what goes on the wire as
// it is, then FIN; empty: nothing, and the connection stays open.
void peer_stall(struct peer *p, struct span raw);
// No close_notify before FIN from here on.
void peer_leave_silently(struct peer *p);

// Hands the kept bytes to `input` once more; does nothing when there are none.
void peer_pump(struct peer *p);
bool peer_has_input(const struct peer *p);
// Hands over what has come until now, from within any other callback of the loop, so that what the
// other side said first is known first. Not within a callback of this peer.
void peer_read_now(struct peer *p);
// Stops or resumes reading, so that a client is held back by TCP itself.
void peer_read(struct peer *p, bool wanted);
// Sends at once what the kernel takes, keeps the rest.
void peer_send(struct peer *p, struct span bytes);
// Bytes of the wire that the kernel has not taken.
size_t peer_unsent(const struct peer *p);
// Whether the kernel holds bytes (or a FIN) that the other side has not acknowledged (SIOCOUTQ).
bool peer_is_acknowledged(const struct peer *p);
// Whether the connection is over for the kernel (the other side reset it after its FIN, say): no
// event tells so once the FIN was read.
bool peer_is_gone(const struct peer *p);
// FIN, under TLS after close_notify: ends our direction, reads and discards what still comes (so
// that no RST overtakes the FIN) and then reports `ended`. Only when nothing is unsent.
void peer_finish(struct peer *p);
// FIN alone, without TLS: ends our direction and goes on reading. Only when nothing is unsent.
void peer_shut(struct peer *p);
// RST: on the wire when this returns (SO_LINGER 0 and close). Only peer_free may follow.
void peer_reset(struct peer *p);
bool peer_is_open(const struct peer *p);

#endif
