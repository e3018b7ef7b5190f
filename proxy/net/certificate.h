// SPDX-License-Identifier: Apache-2.0
// X.509 certificates as this program needs them: an authority that can vouch for nothing but the
// service's hosts and this machine, and the certificates that it gives to servers. Pure, but for
// OpenSSL's random numbers.
#ifndef PROXY_NET_CERTIFICATE_H
#define PROXY_NET_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/types.h>

#include "proxy/base/diag.h"
#include "proxy/base/span.h"

// What is wrong with a server's certificate.
enum leaf_kind {
    LEAF_GOOD,
    LEAF_EXPIRED,    // its life ended yesterday
    LEAF_WRONG_HOST, // it is good for another host of the service
    LEAF_UNTRUSTED   // the same in all, but another authority signed it
};
#define LEAF_KINDS 4

// The longest name of a host (RFC 1035 2.3.4).
#define HOST_MAX 253

// Records OpenSSL's sentence with what was tried, and empties its queue of errors, which later
// calls on other things would find. Gives RC_INTERNAL.
enum rc certificate_fail(struct diag *d, const char *what);

// A P-256 key: it takes a fraction of a millisecond. The caller frees it (EVP_PKEY_free).
MUST_USE enum rc certificate_key_new(EVP_PKEY **out, struct diag *d);
// A certificate of that key by itself: an authority for a year, constrained to the hosts of the
// service (those of its endpoint rules), localhost and the loopback. The caller frees it
// (X509_free).
MUST_USE enum rc certificate_authority_new(X509 **out, EVP_PKEY *key, int64_t now_us,
                                           struct diag *d);
// A server's certificate. host: "" or a name of which certificate_covers is true; the loopback's
// names and addresses stand beside it.
MUST_USE enum rc certificate_leaf_new(X509 **out, EVP_PKEY *key, const char *host,
                                      enum leaf_kind kind, X509 *issuer, EVP_PKEY *issuer_key,
                                      int64_t now_us, struct diag *d);

// Whether that is a host's name, in small letters, for which the authority may vouch.
bool certificate_covers(const char *host);
// How long it is still good; negative when it has expired.
int64_t certificate_left_us(const X509 *certificate, int64_t now_us);

#endif
