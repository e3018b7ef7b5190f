// SPDX-License-Identifier: Apache-2.0
// The authority that signs what our servers show: made at first use, kept in a directory, and the
// same for every process that uses that directory.
#ifndef PROXY_NET_AUTHORITY_H
#define PROXY_NET_AUTHORITY_H

#include "proxy/base/clock.h"
#include "proxy/net/certificate.h"

struct authority;

// $XDG_STATE_HOME/meterprover, or ~/.local/state/meterprover; owned. RC_MISSING when the
// environment names neither.
MUST_USE enum rc authority_usual_dir(char **out, struct diag *d);
// Opens the authority of that directory, and makes both where there is none, or when it expires
// within three months (clients then are given the old one beside the new). One process at a time
// does so; the others wait. Holds everything up for some milliseconds: before the loop runs.
// Refuses a key that others can read, or that is none of ours, with a sentence. The clock is
// copied.
MUST_USE enum rc authority_open(struct authority **out, const char *dir, const struct clock *clock,
                                struct diag *d);
// Accepts NULL in *a and nulls it.
void authority_free(struct authority **a);

// The file with the certificate (PEM) that clients must trust. Borrowed.
const char *authority_path(const struct authority *a);
// The certificate that a server called host shows; made at the first call, which takes less than a
// millisecond, and again when it gets old. A host for which the authority may not vouch gets the
// loopback's. NULL when OpenSSL fails. Borrowed until the next call; all have authority_leaf_key.
X509 *authority_leaf(struct authority *a, const char *host, enum leaf_kind kind);
EVP_PKEY *authority_leaf_key(const struct authority *a);

#endif
