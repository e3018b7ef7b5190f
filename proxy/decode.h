// SPDX-License-Identifier: Apache-2.0
// What a whole request to the service says: its members by the model, whether its signature is
// good, and whom and what its records mean by our symbols.
#ifndef PROXY_DECODE_H
#define PROXY_DECODE_H

#include "proxy/exchange.h"

// Sets x->request, violation, signature, records and payers.
void exchange_decode(struct exchange *x);

#endif
