// SPDX-License-Identifier: Apache-2.0
// What we say in our own name where the upstream says nothing: nobody can take it for the
// service's.
#ifndef PROXY_GATEWAY_H
#define PROXY_GATEWAY_H

#include "proxy/exchange.h"
#include "proxy/net/upstream.h"

// Adds that reply to x->out, with head_bytes, status, error_name and origin. text: what more is
// known, "" for nothing.
void gateway_answer(struct exchange *x, enum upstream_fault fault, const char *text);

#endif
