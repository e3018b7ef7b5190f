// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/fixture.h"
#include "tests/unit/service/service_tests.h"

#include <string.h>

#include "proxy/base/digest.h"
#include "proxy/base/own.h"

// The signature of text is "S(text)", with RS256 "P(text)", so that a test can read it.
static bool sign(void *arg, enum jwt_algorithm algorithm, struct span text, struct buf *out)
{
    bool *works = arg;
    buf_add_text(out, algorithm == JWT_WITH_PSS ? "S(" : "P(");
    buf_add(out, text);
    buf_add_char(out, ')');
    return *works;
}

static const char *public_pem(void *arg)
{
    (void)arg;
    return "the public key";
}

static int value_of(char letter)
{
    static const char LETTERS[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = memchr(LETTERS, letter, 64);
    return at == NULL ? -1 : (int)(at - LETTERS);
}

static char *decode(struct span text)
{
    struct buf out = {0};
    unsigned bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < text.len; i++) {
        bits = bits << 6 | (unsigned)value_of(text.at[i]);
        count += 6;
        if (count >= 8) {
            count -= 8;
            buf_add_char(&out, (char)(bits >> count & 255));
        }
    }
    return buf_take_text(&out);
}

struct jwt_row {
    const char *forgery; // "" for none
    const char *header, *payload;
    const char *before; // of the signature, before what is signed; NULL: another signature
};

#define PS256 "{\"alg\":\"PS256\",\"typ\":\"JWT\"}"
#define CLAIMS(product, version, nonce)                                                            \
    "{\"productCode\":\"" product "\",\"publicKeyVersion\":" version ",\"nonce\":\"" nonce         \
    "\",\"iat\":1794996900}"
#define RIGHT CLAIMS("code-w", "3", "n1")

static const struct jwt_row ROWS[] = {
    {"", PS256, RIGHT, "S("},
    {"flipped-signature", PS256, RIGHT, NULL},
    {"alg-none", "{\"alg\":\"none\",\"typ\":\"JWT\"}", RIGHT, ""},
    {"hs256", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", RIGHT, NULL},
    {"rs256", "{\"alg\":\"RS256\",\"typ\":\"JWT\"}", RIGHT, "P("},
    {"other-nonce", PS256, CLAIMS("code-w", "3", "x1"), "S("},
    {"other-product", PS256, CLAIMS("xode-w", "3", "n1"), "S("},
    {"other-key-version", PS256, CLAIMS("code-w", "4", "n1"), "S("},
    {"capital-claims", PS256,
     "{\"ProductCode\":\"code-w\",\"PublicKeyVersion\":3,\"Nonce\":\"n1\",\"iat\":1794996900}",
     "S("},
    {"rotation", PS256, RIGHT, "S("},
};

static char *make(const struct jwt_claims *claims, const char *forgery)
{
    bool works = true;
    struct jwt_signer signer = {.sign = sign, .public_pem = public_pem, .arg = &works};
    struct buf out = {0};
    CHECK(jwt_add(&out, claims, jwt_forgery_find(span_of(forgery)), &signer));
    return buf_take_text(&out);
}

static const struct jwt_claims USUAL = {.product_code = {.at = "code-w", .len = 6},
                                        .public_key_version = 3,
                                        .nonce = {.at = "n1", .len = 2},
                                        .issued_us = START_US + 999999};

static void tokens(void)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].forgery);
        OWN(text) char *token = make(&USUAL, ROWS[i].forgery);
        struct span rest = span_of(token);
        struct span head = span_cut(&rest, '.');
        struct span payload = span_cut(&rest, '.');
        OWN(text) char *header_text = decode(head);
        OWN(text) char *payload_text = decode(payload);
        OWN(text) char *signature = decode(rest);
        CHECK_TEXT(header_text, ROWS[i].header);
        CHECK_TEXT(payload_text, ROWS[i].payload);
        CHECK(memchr(rest.at, '.', rest.len) == NULL);
        OWN_BUF struct buf expected = {0};
        buf_addf(&expected, "%s%.*s)%c", ROWS[i].before == NULL ? "S(" : ROWS[i].before,
                 (int)(head.len + 1 + payload.len), token, '\0');
        if (ROWS[i].before != NULL && *ROWS[i].before == '\0') {
            CHECK_TEXT(signature, "");
        } else {
            CHECK_INT(strcmp(signature, expected.data) == 0, ROWS[i].before != NULL);
        }
    }
    unit_row(NULL);
}

// One bit and no more, and none that the last letter of the text drops.
static void one_bit(void)
{
    OWN(text) char *good = make(&USUAL, "");
    OWN(text) char *bad = make(&USUAL, "flipped-signature");
    CHECK_INT(strlen(good), strlen(bad));
    OWN(text) char *a = decode(span_of(strrchr(good, '.') + 1));
    OWN(text) char *b = decode(span_of(strrchr(bad, '.') + 1));
    unsigned bits = 0;
    for (size_t i = 0; a[i] != '\0' && b[i] != '\0'; i++) {
        for (unsigned diff = (unsigned char)(a[i] ^ b[i]); diff != 0; diff &= diff - 1) {
            bits++;
        }
    }
    CHECK_INT(bits, 1);
}

// RFC 7515, A.1 in the form of the confusion: the PEM is the secret.
static void shared_secret(void)
{
    OWN(text) char *token = make(&USUAL, "hs256");
    size_t signed_len = (size_t)(strrchr(token, '.') - token);
    unsigned char digest[SHA256_BYTES];
    hmac_sha256(digest, SPAN("the public key"), (struct span){.at = token, .len = signed_len});
    OWN(text) char *signature = decode(span_of(token + signed_len + 1));
    CHECK(memcmp(signature, digest, sizeof digest) == 0);
}

static void no_tokens(void)
{
    OWN(text) char *malformed = make(&USUAL, "malformed");
    OWN(text) char *empty = make(&USUAL, "empty");
    CHECK(strchr(malformed, '.') == NULL && malformed[0] != '\0');
    CHECK_TEXT(empty, "");
}

// A client that gives no nonce gets none back; another one is a forgery all the same.
static void without_nonce(void)
{
    struct jwt_claims claims = USUAL;
    claims.nonce = (struct span){0};
    OWN(text) char *plain = make(&claims, "");
    OWN(text) char *forged = make(&claims, "other-nonce");
    struct span rest = span_of(plain);
    (void)span_cut(&rest, '.');
    OWN(text) char *payload = decode(span_cut(&rest, '.'));
    CHECK(strstr(payload, "nonce") == NULL);
    rest = span_of(forged);
    (void)span_cut(&rest, '.');
    OWN(text) char *other = decode(span_cut(&rest, '.'));
    CHECK(strstr(other, "\"nonce\":\"x\"") != NULL);
}

// A world whose tokens say ProductCode: true, not forged.
static void capital(void)
{
    struct jwt_claims claims = USUAL;
    claims.capital = true;
    OWN(text) char *token = make(&claims, "");
    OWN(text) char *same = make(&USUAL, "capital-claims");
    CHECK_TEXT(token, same);
}

static void cannot_sign(void)
{
    bool works = false;
    struct jwt_signer signer = {.sign = sign, .public_pem = public_pem, .arg = &works};
    struct jwt_signer nobody = {.sign = NULL};
    OWN_BUF struct buf out = {0};
    CHECK(!jwt_add(&out, &USUAL, JWT_AS_IT_IS, &signer));
    CHECK(!jwt_add(&out, &USUAL, JWT_AS_IT_IS, &nobody));
    CHECK_INT(out.len, 0);
    CHECK_INT(jwt_forgery_find(SPAN("no such")), JWT_AS_IT_IS);
}

const struct unit_test JWT_TESTS[] = {
    {"tokens and forgeries", tokens},
    {"one bit is flipped", one_bit},
    {"the public key as a secret", shared_secret},
    {"what is no token", no_tokens},
    {"without a nonce", without_nonce},
    {"capital claims", capital},
    {"cannot sign", cannot_sign},
    {NULL, NULL},
};
