// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4) and HMAC over it (RFC 2104), on OpenSSL's EVP.
#ifndef PROXY_BASE_DIGEST_H
#define PROXY_BASE_DIGEST_H

#include "proxy/base/span.h"

#define SHA256_BYTES 32
#define SHA256_HEX 65 // 64 lower-case digits and NUL

void sha256(unsigned char out[SHA256_BYTES], struct span bytes);
void sha256_hex(char out[SHA256_HEX], struct span bytes);
void hmac_sha256(unsigned char out[SHA256_BYTES], struct span key, struct span bytes);
void digest_to_hex(char out[SHA256_HEX], const unsigned char digest[SHA256_BYTES]);

// For text that comes in pieces.
struct sha256_stream;
struct sha256_stream *sha256_stream_new(void);
void sha256_stream_add(struct sha256_stream *s, struct span bytes);
// Gives the digest of everything so far; more may be added afterwards.
void sha256_stream_hex(const struct sha256_stream *s, char out[SHA256_HEX]);
// Accepts NULL in *s and nulls it.
void sha256_stream_free(struct sha256_stream **s);

#endif
