// SPDX-License-Identifier: Apache-2.0
// What a request means: its operation, who signed it, whether it keeps to protocol and model, and
// its records by our symbols.
#ifndef PROXY_DECODE_H
#define PROXY_DECODE_H

#include "proxy/exchange.h"

// What the head says of the call: x->operation, invocation and attempt.
void decode_head(struct exchange *x);
// Whom the head names as its signer, in x->signature, which nobody has verified.
void decode_claim(struct exchange *x);
// The whole of it: x->request, violation, signature, records and payers.
void decode_request(struct exchange *x);

#endif
