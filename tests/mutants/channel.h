// SPDX-License-Identifier: Apache-2.0
// The stream of bytes to a peer: TCP, blocking and with a limit, or TLS above it.
#ifndef TESTS_MUTANTS_CHANNEL_H
#define TESTS_MUTANTS_CHANNEL_H

#include <openssl/ssl.h>

#include "proxy/base/buf.h"
#include "tests/mutants/variant.h"

// Whom TLS trusts, and what it remembers from one connection to the next.
struct trust {
    const struct variants *variants;
    SSL_CTX *context;     // made when it is first needed
    SSL_SESSION *session; // the last one, where sessions are resumed
    bool has_verified;    // a handshake was done
};

struct channel {
    int fd;      // -1 unless it is open
    SSL *ssl;    // NULL over plain TCP
    bool is_cut; // TLS ended without close_notify
};

#define CHANNEL_CLOSED ((struct channel){.fd = -1})

enum channel_failure {
    CHANNEL_OPEN,        // it did not fail
    CHANNEL_UNREACHABLE, // nobody listens there, or takes no bytes
    CHANNEL_UNLED,       // the proxy refuses to lead there
    CHANNEL_UNTRUSTED    // the handshake failed
};

// Connects, within some seconds, under TLS through the proxy that the environment names for it. No
// name is ever asked for: a peer of ours is an address, or is reached through a proxy. Under TLS
// the certificate must be of an authority in the file AWS_CA_BUNDLE or SSL_CERT_FILE names (else of
// one that this machine trusts), of this time, and name's. *c is closed after a failure.
enum channel_failure channel_open(struct channel *c, struct trust *trust, const char *name,
                                  const char *port, bool is_secure);
MUST_USE bool channel_send(const struct channel *c, struct span bytes);
// Appends what comes next; false at the end, on an error and when the peer is silent for too long.
MUST_USE bool channel_receive(struct channel *c, struct buf *in);
// Under TLS by a close_notify. Nothing for a channel that is closed.
void channel_close(struct channel *c);

void trust_clear(struct trust *trust);

#endif
