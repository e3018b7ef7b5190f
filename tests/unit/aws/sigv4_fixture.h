// SPDX-License-Identifier: Apache-2.0
// What the tests of signatures share: one credential, and requests that are loaded or signed here.
#ifndef TESTS_UNIT_AWS_SIGV4_FIXTURE_H
#define TESTS_UNIT_AWS_SIGV4_FIXTURE_H

#include "proxy/aws/sigv4.h"
#include "proxy/base/json.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define MAX_HEADERS 24

struct keyring {
    struct sigv4_credential credential;
};

struct loaded {
    struct sigv4_header headers[MAX_HEADERS];
    struct sigv4_request request;
};

// A request that is signed here, so that single things can be wrong in it.
struct draft {
    struct loaded l;
    const char *scope; // after the access key
    const char *names, *secret, *key_id;
    char authorization[1024];
    char value[64];
};

#define NAMES "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
#define SCOPE "20261118/us-east-1/aws-marketplace/aws4_request"

// Finds the one credential of the keyring that is arg.
const struct sigv4_credential *keyring_find(void *arg, struct span access_key_id);
struct keyring keyring_with(const char *token);
// The moment that an RFC 3339 text names.
int64_t moment(const char *text);

void add_header(struct loaded *l, struct span name, struct span value);
// Reads a request from a vector's object; spans point into it.
void load(struct loaded *l, const cJSON *json);

// A legal request with a session token, not yet signed; signed; with that signature.
void draft_start(struct draft *d);
void draft_sign(struct draft *d);
void draft_authorize(struct draft *d, const char *signature);
void set_header(struct draft *d, const char *name, const char *value);
void drop_header(struct draft *d, const char *name);

#endif
