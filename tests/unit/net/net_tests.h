// SPDX-License-Identifier: Apache-2.0
// The suites of this program, and what they share.
#ifndef TESTS_UNIT_NET_NET_TESTS_H
#define TESTS_UNIT_NET_NET_TESTS_H

#include <openssl/types.h>

#include "proxy/base/buf.h"
#include "tests/unit/unit.h"

extern const struct unit_test AUTHORITY_TESTS[];
extern const struct unit_test ORIGIN_TESTS[];
extern const struct unit_test TLS_TESTS[];
extern const struct unit_test TLS_CLIENT_TESTS[];

// A client with both its ends in memory.
struct memory_client {
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *out; // belong to ssl
};

// trusted: a file with certificates, or NULL for none. host: which name is asked for and must be
// the certificate's ("" for the address 127.0.0.1, which no name is asked for).
void client_open(struct memory_client *c, const char *trusted, const char *host, int version);
void client_close(struct memory_client *c);
// Everything that it wants to send, appended.
void client_take(struct memory_client *c, struct buf *out);
void client_give(struct memory_client *c, struct span bytes);

#endif
