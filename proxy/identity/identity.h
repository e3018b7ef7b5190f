// SPDX-License-Identifier: Apache-2.0
// The stand-ins for those that an SDK asks for credentials and region: EC2 instance metadata, the
// endpoint of container credentials, and STS. Pure: a request and the wire time go in, a reply
// comes out. One credential at a time is handed out, by all of them.
#ifndef PROXY_IDENTITY_IDENTITY_H
#define PROXY_IDENTITY_IDENTITY_H

#include "proxy/aws/sigv4.h"
#include "proxy/base/buf.h"
#include "proxy/http/message.h"
#include "proxy/identity/target.h"

struct identity;

enum identity_error {
    IDENTITY_ERROR_NONE,
#define IDENTITY_ERROR(id, target, name, status, message) IDENTITY_##id,
#include "proxy/identity/error.def"
    IDENTITY_ERROR_COUNT
};

struct identity_options {
    const char *region;  // where it begins
    const char *account; // in which the role is
    uint64_t seed;       // of the case, so that each has its own tokens
    struct span case_id;
    int64_t now_us; // wire time
};

struct identity_request {
    enum target target; // any but the service
    const struct h1_head *head;
    struct span body;
    int64_t now_us;         // wire time
    const char *region;     // as it is now
    bool imds_v1;           // instance metadata is given without a token, too
    const char *request_id; // of the reply, which STS writes into its body
};

struct identity_reply {
    const char *asks; // what was asked for: "token" "credentials" …; "" when that is not known
    int status;
    const char *error; // its name; "" for none
    const char *content_type;
    struct buf body;
    unsigned token_ttl_s;                  // of the metadata token that is given; else 0
    const struct sigv4_credential *served; // handed out in this reply; NULL: none
    bool is_version_1;                     // by instance metadata, to who showed no token
};

// Everything in options is copied.
struct identity *identity_new(const struct identity_options *options);
// Accepts NULL in *id and nulls it.
void identity_free(struct identity **id);

// The credential is handed out from now on; it is borrowed, has a session token, and must outlive
// the identity.
void identity_serve(struct identity *id, const struct sigv4_credential *credential, int64_t now_us);
// The tokens by which clients prove who they are are given anew, those in files as well: the old
// ones are refused from now on.
void identity_rotate(struct identity *id, int64_t now_us);

// What a client is told where it begins; borrowed, until identity_rotate.
const char *identity_container_path(const struct identity *id); // "/v2/credentials/…"
const char *identity_container_token(const struct identity *id);
const char *identity_web_token(const struct identity *id);
const char *identity_role_arn(const struct identity *id);
// Every text that must not appear in evidence, by name; once more after identity_rotate.
void identity_tell_secrets(const struct identity *id,
                           void (*tell)(void *arg, const char *name, struct span value), void *arg);

// The reply must be cleared. Nothing was handed out before, or something was served.
void identity_answer(struct identity *id, const struct identity_request *request,
                     struct identity_reply *out);
void identity_reply_clear(struct identity_reply *reply);

// What that request asks for, as in a reply; for journals, before there is one.
const char *identity_asks(const struct identity_request *request);
// IDENTITY_ERROR_NONE when the target has no error of that name.
enum identity_error identity_error_find(enum target target, struct span name);
int identity_error_status(enum identity_error error);
// Writes an error as that target words it into the reply. name, message: NULL for the error's own;
// status: 0 for its own (400 for an error that is not known).
struct identity_refusal {
    enum identity_error error;
    const char *name, *message;
    int status;
    bool empty_body;
};
void identity_refuse(struct identity_reply *out, const struct identity_request *request,
                     const struct identity_refusal *refusal);

#endif
