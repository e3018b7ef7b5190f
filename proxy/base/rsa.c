// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/rsa.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

#define KEY_BITS 2048

struct rsa_key {
    EVP_PKEY *pair;
    char *public_pem;
};

// What OpenSSL says went wrong; its queue is empty afterwards, as later calls on other things would
// find it.
static enum rc fail(struct diag *d, const char *what)
{
    char why[160];
    ERR_error_string_n(ERR_get_error(), why, sizeof why);
    ERR_clear_error();
    return diag_fail(d, RC_INTERNAL, "%s: %s", what, why);
}

static char *public_pem_of(EVP_PKEY *pair)
{
    char *text = NULL;
    char *data = NULL;
    BIO *memory = BIO_new(BIO_s_mem());
    if (memory != NULL && PEM_write_bio_PUBKEY(memory, pair) == 1) {
        long len = BIO_get_mem_data(memory, &data);
        text = span_dup((struct span){.at = data, .len = (size_t)len});
    }
    BIO_free(memory);
    return text;
}

enum rc rsa_key_new(struct rsa_key **out, struct diag *d)
{
    struct rsa_key *key = x_alloc(sizeof *key);
    key->pair = EVP_RSA_gen(KEY_BITS);
    key->public_pem = key->pair == NULL ? NULL : public_pem_of(key->pair);
    if (key->public_pem == NULL) {
        rsa_key_free(&key);
        return fail(d, "cannot make an RSA key");
    }
    *out = key;
    return RC_OK;
}

void rsa_key_free(struct rsa_key **key)
{
    if (*key != NULL) {
        EVP_PKEY_free((*key)->pair);
        x_free((*key)->public_pem);
        x_free(*key);
        *key = NULL;
    }
}

const char *rsa_key_public_pem(const struct rsa_key *key)
{
    return key->public_pem;
}

static bool begin(EVP_MD_CTX *context, const struct rsa_key *key, enum rsa_padding padding)
{
    EVP_PKEY_CTX *how = NULL; // belongs to context
    if (EVP_DigestSignInit(context, &how, EVP_sha256(), NULL, key->pair) != 1) {
        return false;
    }
    return padding == RSA_PKCS1 ||
           (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1);
}

static bool sign(EVP_MD_CTX *context, struct span text, struct buf *out)
{
    const unsigned char *bytes = (const unsigned char *)text.at;
    size_t len = 0;
    if (EVP_DigestSign(context, NULL, &len, bytes, text.len) != 1) {
        return false;
    }
    unsigned char *room = (unsigned char *)buf_room(out, len);
    if (EVP_DigestSign(context, room, &len, bytes, text.len) != 1) {
        return false;
    }
    buf_grew(out, len);
    return true;
}

enum rc rsa_key_sign(const struct rsa_key *key, enum rsa_padding padding, struct span text,
                     struct buf *out)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context != NULL && begin(context, key, padding) && sign(context, text, out);
    EVP_MD_CTX_free(context);
    return done ? RC_OK : fail(NULL, "cannot sign");
}
