// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/sign.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "proxy/base/own.h"

#define DIGEST_BYTES 32

static void to_hex(char out[2 * DIGEST_BYTES + 1], const unsigned char digest[DIGEST_BYTES])
{
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}

static void hash_hex(char out[2 * DIGEST_BYTES + 1], struct span text)
{
    unsigned char digest[DIGEST_BYTES];
    int ok = EVP_Digest(text.len == 0 ? "" : text.at, text.len, digest, NULL, EVP_sha256(), NULL);
    assert(ok == 1);
    (void)ok;
    to_hex(out, digest);
}

// Replaces key by HMAC(key, text); *len is that of key and becomes DIGEST_BYTES.
static void hmac_step(unsigned char *key, size_t *len, struct span text)
{
    unsigned char out[DIGEST_BYTES];
    const unsigned char *got =
        HMAC(EVP_sha256(), key, (int)*len, (const unsigned char *)text.at, text.len, out, NULL);
    assert(got != NULL);
    (void)got;
    memcpy(key, out, DIGEST_BYTES);
    *len = DIGEST_BYTES;
}

// The canonical header lines, and into names the list of what is signed.
static void canonical_headers(struct buf *lines, struct buf *names, const struct sign_request *r,
                              const struct sign_key *key, const struct sign_result *result)
{
    const struct {
        const char *name, *value;
    } headers[] = {
        // Sorted by name, as the canonical request demands.
        {.name = "content-type", .value = r->content_type},
        {.name = "host", .value = r->host},
        {.name = "x-amz-content-sha256", .value = r->with_content_hash ? result->hash : NULL},
        {.name = "x-amz-date", .value = result->date},
        {.name = "x-amz-security-token", .value = key->session_token},
        {.name = "x-amz-target", .value = r->target},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (headers[i].value != NULL) {
            buf_addf(lines, "%s:%s\n", headers[i].name, headers[i].value);
            buf_addf(names, "%s%s", names->len == 0 ? "" : ";", headers[i].name);
        }
    }
}

// The signing key of that day and scope signs text (IAM User Guide, "Create a signed AWS API
// request", steps 3 to 5).
static void signature_hex(char out[2 * DIGEST_BYTES + 1], const struct sign_key *key,
                          struct span day, struct span text)
{
    unsigned char state[512] = "AWS4";
    size_t secret_len = strnlen(key->secret_access_key, sizeof state - 4);
    memcpy(state + 4, key->secret_access_key, secret_len);
    size_t len = 4 + secret_len;
    const struct span steps[] = {day, span_of(key->region), span_of(key->service),
                                 SPAN("aws4_request"), text};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        hmac_step(state, &len, steps[i]);
    }
    to_hex(out, state);
}

void sign(struct sign_result *out, const struct sign_request *request, const struct sign_key *key)
{
    *out = (struct sign_result){0};
    time_t at = (time_t)request->at_s;
    struct tm utc;
    gmtime_r(&at, &utc);
    (void)strftime(out->date, sizeof out->date, "%Y%m%dT%H%M%SZ", &utc);
    hash_hex(out->hash, request->body);

    OWN_BUF struct buf canonical = {0};
    OWN_BUF struct buf names = {0};
    buf_addf(&canonical, "POST\n%s\n\n", request->path);
    canonical_headers(&canonical, &names, request, key, out);
    buf_add_char(&canonical, '\n');
    buf_add(&canonical, buf_span(&names));
    buf_addf(&canonical, "\n%s", out->hash);

    char hash[2 * DIGEST_BYTES + 1];
    hash_hex(hash, buf_span(&canonical));
    OWN_BUF struct buf text = {0};
    buf_addf(&text, "AWS4-HMAC-SHA256\n%s\n%.8s/%s/%s/aws4_request\n%s", out->date, out->date,
             key->region, key->service, hash);
    char signature[2 * DIGEST_BYTES + 1];
    signature_hex(signature, key, (struct span){.at = out->date, .len = 8}, buf_span(&text));
    buf_addf(&out->authorization,
             "AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=%.*s, "
             "Signature=%s",
             key->access_key_id, out->date, key->region, key->service, (int)names.len, names.data,
             signature);
}
