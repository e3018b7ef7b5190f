// SPDX-License-Identifier: Apache-2.0
// One signed call to the Metering Service over HTTP/1.1.
#ifndef TESTS_MUTANTS_WIRE_H
#define TESTS_MUTANTS_WIRE_H

#include "proxy/base/buf.h"
#include "tests/mutants/channel.h"
#include "tests/mutants/credentials.h"
#include "tests/mutants/sign.h"
#include "tests/mutants/variant.h"

// Of requests and replies alike (Smithy, awsJson1_1).
#define WIRE_MEDIA_TYPE "application/x-amz-json-1.1"

// What is known of a call afterwards.
enum delivery {
    DELIVERY_NONE,  // the request certainly did not arrive
    DELIVERY_LOST,  // it may have been executed; no whole reply came
    DELIVERY_WHOLE, // a whole reply came
};

struct wire_reply {
    enum delivery delivery;
    int status;
    struct buf error_type;   // X-Amzn-Errortype, where sent
    struct buf media_type;   // Content-Type, where sent
    struct buf location;     // Location, where sent
    struct buf date;         // Date, where sent
    unsigned retry_after_ms; // Retry-After in seconds, or x-amz-retry-after, where sent
    struct buf body;
    bool has_no_keys;  // there were none to sign with, so nothing was sent
    bool is_unled;     // the proxy refused to lead to the service, so nothing was sent
    bool is_untrusted; // TLS was not ready, so nothing was sent
    bool is_believed;  // the bug believes-cut takes it for the acceptance of all
};

struct wire {
    const struct variants *variants;
    char host[256]; // as the Host header has it, port included
    char name[256];
    char port[8];
    char path[256];
    struct sign_key key; // of the last call
    struct credentials credentials;
    int64_t skew_us;        // how far the service's clock is ahead of ours
    bool is_secure;         // https
    struct channel channel; // open while a connection is kept
    struct trust trust;
    unsigned long long calls;
};

// Reads the endpoint and the region from the environment, which lends its text. RC_MISSING without
// them, and where no source of keys is named.
MUST_USE enum rc wire_open(struct wire *w, const struct variants *variants);
void wire_close(struct wire *w);

// Calls one operation, and once more where the refusal showed what to mend. Never waits longer than
// 5 s for the peer's next byte. *reply is released with wire_reply_clear.
void wire_call(struct wire *w, const char *operation, struct span body, struct wire_reply *reply);

// A request that is not signed, to those who are asked for keys.
struct wire_question {
    const char *method, *url;
    const char *headers; // whole lines; NULL for none
    struct span body;
};
void wire_ask(const struct variants *variants, const struct wire_question *question,
              struct wire_reply *reply);
void wire_reply_clear(struct wire_reply *reply);

#endif
