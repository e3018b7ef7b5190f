// SPDX-License-Identifier: Apache-2.0
// First the form, then the algorithm (which is ours to choose, never the token's), then the
// signature, and only then what the token says.
#include "tests/mutants/token.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "proxy/base/buf.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"

#define SHA256_LEN 32

// header.payload.signature, and the text that is signed.
struct parts {
    struct span header, payload, signature, signed_text;
};

static bool split(struct parts *out, struct span token)
{
    struct span rest = token;
    out->header = span_cut(&rest, '.');
    out->payload = span_cut(&rest, '.');
    out->signature = rest;
    out->signed_text = span_slice(token, 0, out->header.len + 1 + out->payload.len);
    return rest.at != NULL && !span_has(rest, SPAN("."));
}

// RFC 4648 5, without padding.
static bool decode(struct buf *out, struct span text)
{
    OWN_BUF struct buf padded = {0};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '+' || c == '/' || c == '=') {
            return false;
        }
        buf_add_char(&padded, c == '-' ? '+' : c == '_' ? '/' : c);
    }
    size_t bytes = text.len * 3 / 4;
    while (padded.len % 4 != 0) {
        buf_add_char(&padded, '=');
    }
    if (text.len % 4 == 1 || padded.len > INT_MAX) {
        return false;
    }
    unsigned char *room = (unsigned char *)buf_room(out, padded.len + 1);
    if (EVP_DecodeBlock(room, (const unsigned char *)padded.data, (int)padded.len) < 0) {
        return false;
    }
    buf_grew(out, bytes);
    return true;
}

static cJSON *decode_json(struct span text)
{
    OWN_BUF struct buf bytes = {0};
    cJSON *json = NULL;
    if (!decode(&bytes, text) || json_read(&json, NULL, buf_span(&bytes), NULL, NULL) != RC_OK) {
        return NULL;
    }
    return json;
}

static EVP_PKEY *read_key(struct span pem)
{
    BIO *memory = BIO_new_mem_buf(pem.at, pem.len > INT_MAX ? INT_MAX : (int)pem.len);
    EVP_PKEY *key = memory == NULL ? NULL : PEM_read_bio_PUBKEY(memory, NULL, NULL, NULL);
    BIO_free(memory);
    return key;
}

// padding: RSA_PKCS1_PSS_PADDING, or by the bug any-algorithm RSA_PKCS1_PADDING.
static bool verifies(EVP_MD_CTX *context, EVP_PKEY *key, int padding, struct span text,
                     struct span signature)
{
    EVP_PKEY_CTX *how = NULL; // belongs to context
    if (EVP_DigestVerifyInit(context, &how, EVP_sha256(), NULL, key) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(how, padding) != 1 ||
        (padding == RSA_PKCS1_PSS_PADDING &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) != 1)) {
        return false;
    }
    return EVP_DigestVerify(context, (const unsigned char *)signature.at, signature.len,
                            (const unsigned char *)text.at, text.len) == 1;
}

static bool holds_rsa(const struct parts *p, struct span pem, int padding)
{
    OWN_BUF struct buf signature = {0};
    EVP_PKEY *key = read_key(pem);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool holds = key != NULL && context != NULL && decode(&signature, p->signature) &&
                 verifies(context, key, padding, p->signed_text, buf_span(&signature));
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return holds;
}

// The bug any-algorithm: the public key, taken for a shared secret.
static bool holds_hmac(const struct parts *p, struct span pem)
{
    OWN_BUF struct buf signature = {0};
    unsigned char digest[SHA256_LEN];
    unsigned len = 0;
    return decode(&signature, p->signature) &&
           HMAC(EVP_sha256(), pem.at, (int)pem.len, (const unsigned char *)p->signed_text.at,
                p->signed_text.len, digest, &len) != NULL &&
           span_equal(buf_span(&signature), (struct span){.at = (const char *)digest, .len = len});
}

// The bug any-algorithm: the token says how it wants to be looked at.
static bool holds_as_it_says(const struct parts *p, struct span pem, const char *algorithm)
{
    return strcmp(algorithm, "none") == 0    ? true
           : strcmp(algorithm, "HS256") == 0 ? holds_hmac(p, pem)
           : strcmp(algorithm, "RS256") == 0 ? holds_rsa(p, pem, RSA_PKCS1_PADDING)
                                             : holds_rsa(p, pem, RSA_PKCS1_PSS_PADDING);
}

// Documents write the claims in two ways: `productCode` and `ProductCode`.
static const cJSON *claim(const cJSON *payload, const char *lower, const char *capital,
                          const struct variants *v)
{
    const cJSON *found = v->on[BUG_CAPITAL_CLAIMS] ? NULL : json_get(payload, lower);
    return found == NULL && !v->on[BUG_LOWER_CLAIMS] ? json_get(payload, capital) : found;
}

static bool is_about(const cJSON *payload, const struct token_asked *asked,
                     const struct variants *v)
{
    int64_t version = 0;
    const cJSON *product = claim(payload, "productCode", "ProductCode", v);
    const cJSON *key_version = claim(payload, "publicKeyVersion", "PublicKeyVersion", v);
    const cJSON *nonce = claim(payload, "nonce", "Nonce", v);
    bool is_ours = span_is(json_span(product), asked->product) &&
                   json_int(key_version, 1, INT64_MAX, &version) && version == asked->key_version;
    bool is_fresh = asked->nonce == NULL || span_is(json_span(nonce), asked->nonce);
    return (is_ours || v->on[BUG_ANY_CLAIMS]) && (is_fresh || v->on[BUG_ANY_NONCE]);
}

enum token_fault token_check(struct span token, const struct token_asked *asked,
                             const struct variants *v)
{
    struct parts p;
    bool is_whole = split(&p, token);
    OWN(json) cJSON *header = is_whole ? decode_json(p.header) : NULL;
    OWN(json) cJSON *payload = is_whole ? decode_json(p.payload) : NULL;
    const char *algorithm = json_get_text(header, "alg");
    if (algorithm == NULL || payload == NULL) {
        if (v->on[BUG_TOKEN_CRASH]) {
            abort();
        }
        return TOKEN_MALFORMED;
    }
    if (strcmp(algorithm, "PS256") != 0 && !v->on[BUG_ANY_ALGORITHM]) {
        return TOKEN_ALGORITHM;
    }
    if (!v->on[BUG_ANY_SIGNATURE] && !holds_as_it_says(&p, asked->pem, algorithm)) {
        return TOKEN_SIGNATURE;
    }
    return is_about(payload, asked, v) ? TOKEN_HOLDS : TOKEN_CLAIMS;
}

const char *token_fault_text(enum token_fault fault)
{
    static const char *const texts[] = {
        [TOKEN_HOLDS] = "the signature holds",
        [TOKEN_MALFORMED] = "the signature is no JSON Web Token",
        [TOKEN_ALGORITHM] = "the signature is not made as PS256",
        [TOKEN_SIGNATURE] = "the signature does not hold",
        [TOKEN_CLAIMS] = "the signature is about another registration",
    };
    return texts[fault];
}
