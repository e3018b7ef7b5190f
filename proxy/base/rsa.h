// SPDX-License-Identifier: Apache-2.0
// An RSA key pair and the two signatures over SHA-256 that JSON Web Algorithms have for it (RFC
// 7518, sections 3.3 and 3.5), on OpenSSL's EVP.
#ifndef PROXY_BASE_RSA_H
#define PROXY_BASE_RSA_H

#include "proxy/base/buf.h"
#include "proxy/base/diag.h"

struct rsa_key;

enum rsa_padding {
    RSA_PSS,  // PS256: RSASSA-PSS, salt as long as the digest
    RSA_PKCS1 // RS256: RSASSA-PKCS1-v1_5
};

// Makes a key of 2048 bits, the least that RFC 7518 allows. It takes a tenth of a second or more:
// do it before the loop runs. RC_INTERNAL with OpenSSL's sentence.
MUST_USE enum rc rsa_key_new(struct rsa_key **out, struct diag *d);
// Accepts NULL in *key and nulls it.
void rsa_key_free(struct rsa_key **key);

// The public half as PEM (SubjectPublicKeyInfo). Borrowed; lives as long as the key.
const char *rsa_key_public_pem(const struct rsa_key *key);
// Appends the signature of text, as bytes.
MUST_USE enum rc rsa_key_sign(const struct rsa_key *key, enum rsa_padding padding, struct span text,
                              struct buf *out);

#endif
