// SPDX-License-Identifier: Apache-2.0
// Who may ask at all, and in what form: decided by the head of a request, before its body is read.
// Pure.
#ifndef PROXY_CONTROL_GUARD_H
#define PROXY_CONTROL_GUARD_H

#include "proxy/base/digest.h"
#include "proxy/control/route.h"
#include "proxy/http/message.h"

struct guard {
    bool has_token;
    unsigned char token[SHA256_BYTES]; // its digest
};

// The token must be 16 to 512 characters of RFC 6750 (b64token) with white space around at most;
// RC_USAGE otherwise.
MUST_USE enum rc guard_set_token(struct guard *g, struct span text, struct diag *d);

// A token as it stands in its file, without the white space around it.
struct span guard_trim(struct span text);

// The route of a request that may be answered; else NULL, and the reply says what is wrong.
const struct route *guard_admit(const struct guard *g, const struct h1_head *head,
                                struct reply *reply);

#endif
