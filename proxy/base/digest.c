// SPDX-License-Identifier: Apache-2.0
// One context is kept per program and re-initialised per digest: fetching the algorithm anew costs
// more than hashing a request (OpenSSL 3 provider look-up).
#include "proxy/base/digest.h"

#include <assert.h>
#include <string.h>

#include <openssl/evp.h>

#include "proxy/base/alloc.h"

#define BLOCK_BYTES 64

// Constant after first use: the fetched algorithm and two scratch contexts, no state between calls.
static struct {
    EVP_MD *md;
    EVP_MD_CTX *scratch;
} sha;

static void ready(void)
{
    if (sha.md == NULL) {
        sha.md = EVP_MD_fetch(NULL, "SHA256", NULL);
        sha.scratch = EVP_MD_CTX_new();
        assert(sha.md != NULL && sha.scratch != NULL);
    }
}

static void digest2(unsigned char out[SHA256_BYTES], struct span a, struct span b)
{
    ready();
    int good = EVP_DigestInit_ex2(sha.scratch, sha.md, NULL);
    good &= EVP_DigestUpdate(sha.scratch, a.at, a.len);
    good &= EVP_DigestUpdate(sha.scratch, b.at, b.len);
    good &= EVP_DigestFinal_ex(sha.scratch, out, NULL);
    assert(good == 1);
    (void)good;
}

void sha256(unsigned char out[SHA256_BYTES], struct span bytes)
{
    digest2(out, bytes, (struct span){.at = "", .len = 0});
}

void digest_to_hex(char out[SHA256_HEX], const unsigned char digest[SHA256_BYTES])
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        out[2 * i] = DIGITS[digest[i] >> 4];
        out[2 * i + 1] = DIGITS[digest[i] & 15];
    }
    out[SHA256_HEX - 1] = '\0';
}

void sha256_hex(char out[SHA256_HEX], struct span bytes)
{
    unsigned char digest[SHA256_BYTES];
    sha256(digest, bytes);
    digest_to_hex(out, digest);
}

// RFC 2104 section 2: H(K xor opad, H(K xor ipad, text)).
void hmac_sha256(unsigned char out[SHA256_BYTES], struct span key, struct span bytes)
{
    unsigned char block[BLOCK_BYTES] = {0};
    unsigned char inner[SHA256_BYTES];
    if (key.len > BLOCK_BYTES) {
        sha256(block, key);
    } else if (key.len > 0) {
        memcpy(block, key.at, key.len);
    }
    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        block[i] ^= 0x36;
    }
    struct span pad = {.at = (const char *)block, .len = BLOCK_BYTES};
    digest2(inner, pad, bytes);
    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        block[i] ^= 0x36 ^ 0x5c;
    }
    digest2(out, pad, (struct span){.at = (const char *)inner, .len = SHA256_BYTES});
}

struct sha256_stream {
    EVP_MD_CTX *context;
};

struct sha256_stream *sha256_stream_new(void)
{
    ready();
    struct sha256_stream *s = x_alloc(sizeof *s);
    s->context = EVP_MD_CTX_new();
    int good = s->context != NULL && EVP_DigestInit_ex2(s->context, sha.md, NULL);
    assert(good);
    (void)good;
    return s;
}

void sha256_stream_add(struct sha256_stream *s, struct span bytes)
{
    int good = EVP_DigestUpdate(s->context, bytes.at, bytes.len);
    assert(good == 1);
    (void)good;
}

void sha256_stream_hex(const struct sha256_stream *s, char out[SHA256_HEX])
{
    unsigned char digest[SHA256_BYTES];
    ready();
    int good = EVP_MD_CTX_copy_ex(sha.scratch, s->context);
    good &= EVP_DigestFinal_ex(sha.scratch, digest, NULL);
    assert(good == 1);
    (void)good;
    digest_to_hex(out, digest);
}

void sha256_stream_free(struct sha256_stream **s)
{
    if (*s != NULL) {
        EVP_MD_CTX_free((*s)->context);
        x_free(*s);
        *s = NULL;
    }
}
