// SPDX-License-Identifier: Apache-2.0
// Connections that we open: names become addresses before the loop runs, and the loop is never held
// up by a connection that takes its time.
#ifndef PROXY_NET_CONNECT_H
#define PROXY_NET_CONNECT_H

#include <sys/socket.h>

#include "proxy/base/diag.h"
#include "proxy/base/span.h"
#include "proxy/net/loop.h"

// The first address of that host (a name, an IPv4 address, or an IPv6 address without brackets).
// Asks a name server where it must, and waits for it: only before the loop runs. RC_UNKNOWN with a
// sentence.
MUST_USE enum rc address_lookup(struct sockaddr_storage *out, socklen_t *len, struct span host,
                                unsigned port, struct diag *d);

struct connecting;

// fd >= 0: connected; it does not block and belongs to the callee. Below: why is its errno. The
// attempt may be freed here, as anywhere else.
typedef void connect_fn(void *arg, int fd, int why);

// Begins to connect. fn is called once, from the loop, never from within this call.
struct connecting *connect_start(struct loop *loop, const struct sockaddr_storage *to,
                                 socklen_t len, connect_fn *fn, void *arg);
// Gives the attempt up when it is still under way, and frees. Accepts NULL in *c and nulls it.
void connect_free(struct connecting **c);

#endif
