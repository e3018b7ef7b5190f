// SPDX-License-Identifier: Apache-2.0
// The Signature of RegisterUsage: a JSON Web Token (RFC 7519) signed as PS256, and what a client
// must not take for one.
#ifndef PROXY_SERVICE_JWT_H
#define PROXY_SERVICE_JWT_H

#include "proxy/base/buf.h"

enum jwt_forgery {
    JWT_AS_IT_IS,
#define JWT_FORGERY(id, name) JWT_##id,
#include "proxy/service/jwt.def"
    JWT_FORGERY_COUNT
};

enum jwt_algorithm { JWT_WITH_PSS, JWT_WITH_PKCS1 };

// Keys are made and used elsewhere, so that the service stays pure.
struct jwt_signer {
    // Appends the signature of text, as bytes; false when it cannot be made. NULL: nobody signs.
    bool (*sign)(void *arg, enum jwt_algorithm algorithm, struct span text, struct buf *out);
    // The public key as PEM; borrowed. For the forgery that uses it as a secret.
    const char *(*public_pem)(void *arg);
    void *arg;
};

struct jwt_claims {
    struct span product_code;
    int64_t public_key_version;
    struct span nonce; // at is NULL when the client gave none
    int64_t issued_us;
    bool capital; // ProductCode for productCode, as some documents have it
};

// JWT_AS_IT_IS when there is no forgery of that name.
enum jwt_forgery jwt_forgery_find(struct span name);

// Appends the token; it may be empty, when that is the forgery. False when nothing could be signed.
bool jwt_add(struct buf *out, const struct jwt_claims *claims, enum jwt_forgery forgery,
             const struct jwt_signer *signer);

#endif
