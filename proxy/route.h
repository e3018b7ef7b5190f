// SPDX-License-Identifier: Apache-2.0
// Requests to us as a forward proxy: which of them go on, are opened, are tunnelled, are refused.
#ifndef PROXY_ROUTE_H
#define PROXY_ROUTE_H

#include "proxy/exchange.h"

// Whether the request is for us as a proxy alone (CONNECT), so that no rule sees it.
bool route_is_ours(const struct exchange *x);
// Does what is to be done with a request that is not simply answered here: gives false when it is.
// Where CONNECT succeeds x->becomes says what the connection is after the reply.
bool route_take(struct exchange *x);
// Of an exchange that is over; accepts one without a tunnel.
void route_clear(struct exchange *x);

#endif
