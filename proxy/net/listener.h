// SPDX-License-Identifier: Apache-2.0
// A listening TCP socket that hands out accepted descriptors.
#ifndef PROXY_NET_LISTENER_H
#define PROXY_NET_LISTENER_H

#include "proxy/base/diag.h"
#include "proxy/net/loop.h"

struct listener;

// fd is non-blocking and close-on-exec, and belongs to the callee.
typedef void listener_accept_fn(void *arg, int fd);

// address: "127.0.0.1:0", "[::1]:8080"; numeric only, port 0 lets the system choose.
MUST_USE enum rc listener_open(struct listener **out, struct loop *loop, const char *address,
                               listener_accept_fn *fn, void *arg, struct diag *d);
// The address it really listens on, with the port; borrowed.
const char *listener_address(const struct listener *l);
// Stops listening; the port stays ours, and who connects is refused (ECONNREFUSED). Connections
// that were not accepted yet are reset. RC_IO when the port was lost. Not within the accept
// callback.
MUST_USE enum rc listener_hold(struct listener *l);
// Listens again, on the same port; RC_IO when that is not possible.
MUST_USE enum rc listener_resume(struct listener *l);
// Whether a connection of our own to the port is refused, tried now.
bool listener_is_refused(const struct listener *l);
// Accepts NULL in *l and nulls it.
void listener_free(struct listener **l);

#endif
