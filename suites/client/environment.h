// SPDX-License-Identifier: Apache-2.0
// The environment in which the client runs: the caller's, without anything that could lead a
// request to a real endpoint or sign it with a real key, and with what points at us. Pure.
#ifndef SUITES_CLIENT_ENVIRONMENT_H
#define SUITES_CLIENT_ENVIRONMENT_H

#include "proxy/base/diag.h"
#include "proxy/base/span.h"

// Where the client's SDK finds its credentials. What a source needs is in the options; what they
// hold of another is offered beside it.
enum credential_source {
    CREDENTIALS_STATIC,      // access_key, secret_key, session_token (may be NULL)
    CREDENTIALS_CONTAINER,   // container_uri; container_token or container_token_file (may be NULL)
    CREDENTIALS_IMDS,        // imds_endpoint
    CREDENTIALS_WEB_IDENTITY // web_identity_file, role_arn
};

// Text that is NULL is not set, unless it says otherwise.
struct environment_options {
    const char *const *caller;                  // environ of this process; ends with NULL
    const char *endpoint;                       // "http://127.0.0.1:40123"; required
    const char *sts_endpoint;                   // NULL: endpoint
    const char *region;                         // required
    const char *config_file, *credentials_file; // empty files; required
    // "http://127.0.0.1:40999": the proxy through which the endpoint is reached, or, where that is
    // reached without one, what catches a bypass of it; required.
    const char *proxy;
    const char *ca_file; // PEM bundle with our authority, under TLS
    enum credential_source source;
    const char *access_key, *secret_key, *session_token;
    const char *container_uri, *container_token, *container_token_file;
    const char *imds_endpoint;
    const char *web_identity_file, *role_arn;
    const char *state_dir;  // survives restarts; required
    const char *world;      // JSON; required
    const char *public_key; // PEM, or the path of a file, as the contract has it
    unsigned deadline_s;
    const char *case_id;     // required
    const char *const *add;  // "K=V" of --env; ends with NULL; may be NULL
    const char *const *pass; // names of --pass; ends with NULL; may be NULL
};

struct environment {
    char **vars; // "K=V" each, ends with NULL
    size_t count;
    size_t capacity;
};

// Builds the environment. Refuses with a sentence: a --env that is not K=V (RC_USAGE), a --pass of
// something that the caller does not have (RC_MISSING), either of a name that is protected
// (RC_CONFLICT), a value that is too long for a program's environment (RC_LIMIT), a required option
// that is absent (RC_MISSING). *out is empty then.
MUST_USE enum rc environment_build(struct environment *out,
                                   const struct environment_options *options, struct diag *d);
void environment_clear(struct environment *e);

// The value, or NULL. Borrowed.
const char *environment_get(const struct environment *e, const char *name);
// For client_options.env.
const char *const *environment_vars(const struct environment *e);

// NULL when --env and --pass may set that name, else a sentence that says why not. For checks of
// the command line before anything runs.
const char *environment_refusal(struct span name);

#endif
