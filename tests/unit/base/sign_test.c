// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/base_tests.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "proxy/base/base64.h"
#include "proxy/base/own.h"
#include "proxy/base/rsa.h"

// RFC 4648, section 10, without the padding; and the two letters that the URL's alphabet changes.
static void base64url(void)
{
    static const struct {
        const char *bytes, *text;
    } ROWS[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "-__-"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct buf out = {0};
        base64url_add(&out, span_of(ROWS[i].bytes));
        OWN(text) char *text = buf_take_text(&out);
        CHECK_TEXT(text, ROWS[i].text);
    }
}

// A verifier of its own: from the PEM, as a client has it.
static bool verifies(const char *pem, int padding, struct span text, struct span signature)
{
    BIO *memory = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(memory, NULL, NULL, NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL;
    bool good =
        CHECK(key != NULL) && EVP_DigestVerifyInit(context, &how, EVP_sha256(), NULL, key) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(how, padding) == 1 &&
        (padding != RSA_PKCS1_PSS_PADDING || EVP_PKEY_CTX_set_rsa_pss_saltlen(how, 32) == 1) &&
        EVP_DigestVerify(context, (const unsigned char *)signature.at, signature.len,
                         (const unsigned char *)text.at, text.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    BIO_free(memory);
    return good;
}

static void rsa_signs(void)
{
    static const struct {
        enum rsa_padding ours;
        int theirs, other;
    } ROWS[] = {{RSA_PSS, RSA_PKCS1_PSS_PADDING, RSA_PKCS1_PADDING},
                {RSA_PKCS1, RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING}};
    struct rsa_key *key = NULL;
    struct diag d = {0};
    if (!CHECK_INT(rsa_key_new(&key, &d), RC_OK)) {
        return;
    }
    const char *pem = rsa_key_public_pem(key);
    CHECK(span_starts(span_of(pem), SPAN("-----BEGIN PUBLIC KEY-----\n")));
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        OWN_BUF struct buf out = {0};
        CHECK_INT(rsa_key_sign(key, ROWS[i].ours, SPAN("head.body"), &out), RC_OK);
        CHECK_INT(out.len, 256);
        CHECK(verifies(pem, ROWS[i].theirs, SPAN("head.body"), buf_span(&out)));
        CHECK(!verifies(pem, ROWS[i].theirs, SPAN("head.bodz"), buf_span(&out)));
        CHECK(!verifies(pem, ROWS[i].other, SPAN("head.body"), buf_span(&out)));
    }
    rsa_key_free(&key);
    rsa_key_free(&key); // of nothing
}

const struct unit_test SIGN_TESTS[] = {
    {"base64 for URLs", base64url},
    {"RSA signatures", rsa_signs},
    {NULL, NULL},
};
