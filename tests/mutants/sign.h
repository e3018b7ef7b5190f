// SPDX-License-Identifier: Apache-2.0
// Signs requests as AWS Signature Version 4 has it; written apart from the proxy's verifier on
// purpose, so that each proves the other.
#ifndef TESTS_MUTANTS_SIGN_H
#define TESTS_MUTANTS_SIGN_H

#include <stdbool.h>

#include "proxy/base/buf.h"

struct sign_key {
    const char *access_key_id;
    const char *secret_access_key;
    const char *session_token; // NULL for long-term keys
    const char *region;
    const char *service;
};

struct sign_request {
    const char *host;
    const char *path;
    const char *content_type;
    const char *target;
    struct span body;
    bool with_content_hash; // x-amz-content-sha256 is sent and signed
    long long at_s;         // wire time
};

// What the signature adds to the request's headers.
struct sign_result {
    char date[17]; // "20261118T101500Z"
    char hash[65]; // of the body, lower-case hexadecimal
    struct buf authorization;
};

// *out is released with buf_clear(&out->authorization).
void sign(struct sign_result *out, const struct sign_request *request, const struct sign_key *key);

#endif
