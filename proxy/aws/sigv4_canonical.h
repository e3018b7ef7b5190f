// SPDX-License-Identifier: Apache-2.0
// The canonical request and the string to sign of Signature Version 4.
#ifndef PROXY_AWS_SIGV4_CANONICAL_H
#define PROXY_AWS_SIGV4_CANONICAL_H

#include "proxy/aws/sigv4_parts.h"
#include "proxy/base/digest.h"

// SHA-256 of the body in hex: the caller's, or made in scratch.
const char *sigv4_body_sha256(char scratch[SHA256_HEX], const struct sigv4_request *request);
// Appends the canonical request. redacted: the security token is replaced by its length, so that
// the text can be shown.
void sigv4_add_canonical(struct buf *b, const struct sigv4_request *request,
                         const struct sigv4_parts *parts, bool redacted);
// Appends the string to sign for a canonical request.
void sigv4_add_string_to_sign(struct buf *b, const struct sigv4_parts *parts,
                              struct span canonical_request);

// True when the list of signed headers names that header.
bool sigv4_is_signed(const struct sigv4_parts *parts, struct span name);
// True when the names are in lower case, none empty, and each after the one before it.
bool sigv4_names_are_ordered(const struct sigv4_parts *parts);

#endif
