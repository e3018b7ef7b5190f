// SPDX-License-Identifier: Apache-2.0
// What the stand-ins share; only the files of this folder include it.
#ifndef PROXY_IDENTITY_IDENTITY_INSIDE_H
#define PROXY_IDENTITY_IDENTITY_INSIDE_H

#include "proxy/base/instant.h"
#include "proxy/identity/identity.h"
#include "proxy/identity/proof.h"

#define IDENTITY_ROLE "meterprover"

struct identity {
    char *case_id, *account, *role_arn, *role_id, *instance_id, *container_path;
    const struct sigv4_credential *served; // borrowed
    int64_t served_us;                     // since when
    struct proofs *proofs;
};

// When the credential runs out, as documents state it.
int64_t identity_expiry_us(const struct sigv4_credential *credential, int64_t now_us);
// A refusal in the error's own words, or with that message (NULL: its own).
void identity_fail(struct identity_reply *out, const struct identity_request *request,
                   enum identity_error error, const char *message);

// One file each: fills out for a request to that target, and says what is asked.
void imds_answer(struct identity *id, const struct identity_request *request,
                 struct identity_reply *out);
const char *imds_asks(const struct identity_request *request);
const char *container_asks(const struct identity_request *request);
void container_answer(struct identity *id, const struct identity_request *request,
                      struct identity_reply *out);
void sts_answer(struct identity *id, const struct identity_request *request,
                struct identity_reply *out);
const char *sts_asks(const struct identity_request *request);

// How each words a refusal.
void imds_word(struct buf *body, int status, const char *message);
void container_word(struct buf *body, const char *name, int status, const char *message);
void sts_word(struct buf *body, const char *name, int status, const char *message,
              const char *request_id);

#endif
