// SPDX-License-Identifier: Apache-2.0
// What the house signs and forges, looked at by the client's own code: each proves the other, and
// each bug lets exactly its own forgery pass.
#include "tests/mutants/token.h"
#include "tests/unit/unit.h"

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/base/rsa.h"
#include "proxy/service/jwt.h"

static struct rsa_key *key;

static bool on_sign(void *arg, enum jwt_algorithm algorithm, struct span text, struct buf *out)
{
    (void)arg;
    return rsa_key_sign(key, algorithm == JWT_WITH_PSS ? RSA_PSS : RSA_PKCS1, text, out) == RC_OK;
}

static const char *on_public_pem(void *arg)
{
    (void)arg;
    return rsa_key_public_pem(key);
}

static enum token_fault look(const char *forgery, const char *nonce, enum variant bug)
{
    const struct jwt_signer signer = {.sign = on_sign, .public_pem = on_public_pem};
    const struct jwt_claims claims = {.product_code = SPAN("code"),
                                      .public_key_version = 1,
                                      .nonce = span_of(nonce),
                                      .issued_us = INT64_C(1794996900) * US_PER_S};
    const struct token_asked asked = {.pem = span_of(rsa_key_public_pem(key)),
                                      .product = "code",
                                      .key_version = 1,
                                      .nonce = nonce};
    struct variants v = {0};
    if (bug != VARIANT_COUNT) {
        v.on[bug] = true;
    }
    OWN_BUF struct buf token = {0};
    CHECK(jwt_add(&token, &claims, jwt_forgery_find(span_of(forgery)), &signer));
    return token_check(buf_span(&token), &asked, &v);
}

static void forgeries(void)
{
    static const struct {
        const char *name;
        enum token_fault fault;
        enum variant bug; // which takes it for good; VARIANT_COUNT: none is needed
    } ROWS[] = {
        {"", TOKEN_HOLDS, VARIANT_COUNT},
        {"flipped-signature", TOKEN_SIGNATURE, BUG_ANY_SIGNATURE},
        {"alg-none", TOKEN_ALGORITHM, BUG_ANY_ALGORITHM},
        {"hs256", TOKEN_ALGORITHM, BUG_ANY_ALGORITHM},
        {"rs256", TOKEN_ALGORITHM, BUG_ANY_ALGORITHM},
        {"other-nonce", TOKEN_CLAIMS, BUG_ANY_NONCE},
        {"other-product", TOKEN_CLAIMS, BUG_ANY_CLAIMS},
        {"other-key-version", TOKEN_CLAIMS, BUG_ANY_CLAIMS},
        {"malformed", TOKEN_MALFORMED, VARIANT_COUNT},
        {"empty", TOKEN_MALFORMED, VARIANT_COUNT},
        {"capital-claims", TOKEN_HOLDS, VARIANT_COUNT},
        {"rotation", TOKEN_HOLDS, VARIANT_COUNT},
    };
    static const enum variant BUGS[] = {BUG_ANY_SIGNATURE, BUG_ANY_ALGORITHM, BUG_ANY_NONCE,
                                        BUG_ANY_CLAIMS};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        CHECK_INT(look(ROWS[i].name, "n-1", VARIANT_COUNT), ROWS[i].fault);
        for (size_t k = 0; k < sizeof BUGS / sizeof BUGS[0]; k++) {
            CHECK_INT(look(ROWS[i].name, "n-1", BUGS[k]),
                      ROWS[i].bug == BUGS[k] ? TOKEN_HOLDS : ROWS[i].fault);
        }
    }
    unit_row(NULL);
}

static void what_was_not_sent(void)
{
    CHECK_INT(look("", NULL, VARIANT_COUNT), TOKEN_HOLDS);
    CHECK_INT(look("other-nonce", NULL, VARIANT_COUNT), TOKEN_HOLDS);
}

static void spellings(void)
{
    CHECK_INT(look("", "n-1", BUG_LOWER_CLAIMS), TOKEN_HOLDS);
    CHECK_INT(look("capital-claims", "n-1", BUG_LOWER_CLAIMS), TOKEN_CLAIMS);
    CHECK_INT(look("", "n-1", BUG_CAPITAL_CLAIMS), TOKEN_CLAIMS);
    CHECK_INT(look("capital-claims", "n-1", BUG_CAPITAL_CLAIMS), TOKEN_HOLDS);
}

// No token at all, in every way that a text can be none.
static void rubbish(void)
{
    static const char *const TEXTS[] = {"",
                                        ".",
                                        "..",
                                        "...",
                                        "e30.e30",
                                        "e30.e30.",
                                        "e30.e30.e30.e30",
                                        "eyJhbGciOiJQUzI1NiJ9.!.e30",
                                        "eyJhbGciOiJQUzI1NiJ9.e.e30",
                                        "eyJhbGciOiJQUzI1NiJ9=.e30.e30",
                                        "bnVsbA.bnVsbA.bnVsbA"};
    const struct token_asked asked = {.pem = span_of(rsa_key_public_pem(key)),
                                      .product = "code",
                                      .key_version = 1,
                                      .nonce = "n-1"};
    const struct variants none = {0};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        unit_row(TEXTS[i]);
        CHECK_INT(token_check(span_of(TEXTS[i]), &asked, &none), TOKEN_MALFORMED);
    }
    unit_row(NULL);
    // Well formed, and signed by nobody.
    CHECK_INT(token_check(SPAN("eyJhbGciOiJQUzI1NiJ9.e30."), &asked, &none), TOKEN_SIGNATURE);
}

static void a_key_that_is_none(void)
{
    const struct token_asked asked = {.pem = SPAN("no key"), .product = "code", .key_version = 1};
    const struct variants none = {0};
    CHECK_INT(token_check(SPAN("eyJhbGciOiJQUzI1NiJ9.e30.e30"), &asked, &none), TOKEN_SIGNATURE);
}

static const struct unit_test TESTS[] = {{"each forgery, and who takes it", forgeries},
                                         {"what was not sent is not looked at", what_was_not_sent},
                                         {"both spellings of the claims", spellings},
                                         {"what is no token", rubbish},
                                         {"what is no key", a_key_that_is_none},
                                         {NULL, NULL}};

int main(void)
{
    static const struct unit_suite SUITES[] = {{"token", TESTS}, {NULL, NULL}};
    if (rsa_key_new(&key, NULL) != RC_OK) {
        return 1;
    }
    int failed = unit_run(SUITES);
    rsa_key_free(&key);
    return failed;
}
