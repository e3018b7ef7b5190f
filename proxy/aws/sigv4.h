// SPDX-License-Identifier: Apache-2.0
// Verification of AWS Signature Version 4, headers form (IAM User Guide, "Create a signed AWS API
// request"). Time and keys are passed in; signing keys are cached per (credential, date, scope).
#ifndef PROXY_AWS_SIGV4_H
#define PROXY_AWS_SIGV4_H

#include "proxy/aws/error.h"
#include "proxy/base/buf.h"

struct sigv4_header {
    struct span name;  // any case
    struct span value; // as received, blanks at both ends removed
};

// A request as it was received.
struct sigv4_request {
    struct span method;
    struct span target; // path and query as received
    const struct sigv4_header *headers;
    size_t header_count;
    struct span body;
    const char *body_sha256; // in hex, where the caller knows it; NULL: it is made when needed
};

struct sigv4_credential {
    const char *name; // our symbol: "k1"
    const char *access_key_id;
    const char *secret_access_key;
    const char *session_token; // NULL for long-term keys
    int64_t expires_us;        // wire time; 0: never
};

// Gives the credential of that access key, or NULL. Borrowed until the verifier is freed.
typedef const struct sigv4_credential *sigv4_find_fn(void *arg, struct span access_key_id);

struct sigv4_result {
    enum aws_error error; // AWS_ERROR_NONE: signed by a known key, rightly, fresh, in scope
    char text[512];       // AWS's sentence for the error, without secrets
    // What could be read, whatever the verdict:
    const struct sigv4_credential *credential; // NULL when unknown
    char access_key_id[129];
    char region[64], service[64];
    int64_t signed_us; // X-Amz-Date; 0 when absent or unreadable
    bool is_valid;     // the signature is right for its own date and scope, whatever the rest
    bool scope_ok;     // service is aws-marketplace and region is the one expected
    bool fresh;        // within 15 minutes of now, credential not expired
    bool token_ok;     // the session token is the credential's (absent where it has none)
};

struct sigv4_verifier;

struct sigv4_verifier *sigv4_verifier_new(sigv4_find_fn *find, void *arg);
// Accepts NULL in *v and nulls it.
void sigv4_verifier_free(struct sigv4_verifier **v);

// Whether the address holds a signature (a presigned URL), which this service does not take.
bool sigv4_is_presigned(struct span target);
// region: the one that the request should be signed for; empty for any. now_us: wire time.
void sigv4_verify(struct sigv4_verifier *v, const struct sigv4_request *request, struct span region,
                  int64_t now_us, struct sigv4_result *result);
// Only what the request says of itself, as long as its body is not there: access key, region,
// service, date, and whose key that is. Nothing is verified; the rest of *result is zero.
void sigv4_claim(struct sigv4_verifier *v, const struct sigv4_request *request,
                 struct sigv4_result *result);
// After a mismatch: our canonical request and string to sign, as AWS shows them in its error, for a
// person to compare. Never holds a secret (session tokens are replaced by their length).
void sigv4_explain(struct sigv4_verifier *v, const struct sigv4_request *request, struct buf *out);

#endif
