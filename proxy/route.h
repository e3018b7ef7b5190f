// SPDX-License-Identifier: Apache-2.0
// Requests to us as a forward proxy: which of them go on, are opened, are tunnelled, are refused.
#ifndef PROXY_ROUTE_H
#define PROXY_ROUTE_H

#include "proxy/exchange.h"

// Whom a request asks that begins with that head on that port: the port's target, or us as a proxy.
enum target route_target(const struct port *port, const struct h1_head *head);
// Answers a CONNECT. Where it succeeds x->becomes says what the connection is after the reply.
void route_connect(struct exchange *x);
// Refuses a request whose absolute target leads to where we do not answer; false when it goes on.
bool route_refuses(struct exchange *x);
// Whether that rule, whose target is the proxy, can be played; else d names what cannot, and its
// place.
MUST_USE enum rc route_supports(const struct scenario *s, const struct rule *rule, struct diag *d);
// Of an exchange that is over; accepts one without a tunnel.
void route_clear(struct exchange *x);

#endif
