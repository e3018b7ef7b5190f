// SPDX-License-Identifier: Apache-2.0
// A server that the user named, on the command line, by URL or by host and port, and its addresses.
#ifndef PROXY_NET_ORIGIN_H
#define PROXY_NET_ORIGIN_H

#include <stdbool.h>
#include <sys/socket.h>

#include "proxy/base/diag.h"
#include "proxy/base/span.h"

#define ORIGIN_ADDRESSES 8

struct origin {
    char *text; // owned: "https://api.example.com:8443"; the port is left out where it is usual
    char *host; // owned: a name in small letters, or a numeric address without brackets
    unsigned port;
    bool is_secure;
    struct {
        struct sockaddr_storage at;
        socklen_t len;
    } addresses[ORIGIN_ADDRESSES]; // in the order in which the system prefers them
    size_t count;                  // 0 until origin_find
};

// Reads "http://HOST[:PORT]" or "https://HOST[:PORT]"; nothing but "/" may follow. HOST is a name,
// an IPv4 address or an IPv6 address in brackets. RC_USAGE with a sentence. Asks nobody.
MUST_USE enum rc origin_read(struct origin *out, const char *url, struct diag *d);
// Reads "HOST[:PORT]"; otherwise is the port when none is written.
MUST_USE enum rc origin_read_host(struct origin *out, const char *text, unsigned otherwise,
                                  struct diag *d);
// Finds its addresses. Asks a name server where it must, and waits for it: only before the loop
// runs. RC_UNKNOWN with a sentence.
MUST_USE enum rc origin_find(struct origin *o, struct diag *d);
// Whether that authority of a request ("api.example.com:443", "[::1]:80") is this host and port;
// otherwise: the port when it names none.
bool origin_is(const struct origin *o, struct span authority, unsigned otherwise);
void origin_clear(struct origin *o);

#endif
