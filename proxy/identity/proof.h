// SPDX-License-Identifier: Apache-2.0
// The tokens by which a client proves who it is, and whether one that is shown is good: a web
// identity token (a JWT in a file), a container's authorization token, and tokens of the metadata
// service. Each generation of them ends when they are given anew.
#ifndef PROXY_IDENTITY_PROOF_H
#define PROXY_IDENTITY_PROOF_H

#include "proxy/base/buf.h"

// EKS: how long a projected service account token is good, unless the pod asks otherwise.
#define PROOF_WEB_LIFE_S 86400

enum proof { PROOF_GOOD, PROOF_EXPIRED, PROOF_UNKNOWN };

struct proofs;

struct proofs_options {
    uint64_t seed;
    struct span case_id; // borrowed; must outlive the proofs
    const char *issuer, *subject;
    int64_t now_us;
};

struct proofs *proofs_new(const struct proofs_options *options);
// Accepts NULL in *p and nulls it.
void proofs_free(struct proofs **p);
// Begins the next generation.
void proofs_renew(struct proofs *p, int64_t now_us);

const char *proofs_container(const struct proofs *p);
const char *proofs_web(const struct proofs *p);
// What every metadata token begins with.
const char *proofs_imds_stem(const struct proofs *p);
// Appends a new metadata token, good for so long.
void proofs_issue_imds(struct proofs *p, struct buf *out, int64_t now_us, unsigned ttl_s);

enum proof proofs_check_container(const struct proofs *p, struct span token);
// *expired_us gets the end of an expired token's life.
enum proof proofs_check_web(const struct proofs *p, struct span token, int64_t now_us,
                            int64_t *expired_us);
enum proof proofs_check_imds(const struct proofs *p, struct span token, int64_t now_us);

#endif
