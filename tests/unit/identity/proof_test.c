// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/identity/identity_tests.h"

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/identity/proof.h"

static struct proofs *make(uint64_t seed)
{
    struct proofs_options options = {.seed = seed,
                                     .case_id = SPAN("CRD-07"),
                                     .issuer = "https://issuer.example",
                                     .subject = "system:serviceaccount:default:seller",
                                     .now_us = NOW_US};
    return proofs_new(&options);
}

static void seeded(void)
{
    struct proofs *a = make(1);
    struct proofs *b = make(1);
    struct proofs *c = make(2);
    CHECK_TEXT(proofs_container(a), proofs_container(b));
    CHECK_TEXT(proofs_web(a), proofs_web(b));
    CHECK(!span_is(span_of(proofs_container(a)), proofs_container(c)));
    CHECK(!span_is(span_of(proofs_imds_stem(a)), proofs_imds_stem(c)));
    // A header in base64url: {"alg":"RS256", …
    CHECK(span_starts(span_of(proofs_web(a)), SPAN("eyJhbGciOiJSUzI1NiIs")));
    proofs_free(&a);
    proofs_free(&b);
    proofs_free(&c);
    proofs_free(&c);
}

static void renewed(void)
{
    struct proofs *p = make(1);
    int64_t expired_us = 0;
    OWN(text) char *container = x_strdup(proofs_container(p));
    OWN(text) char *web = x_strdup(proofs_web(p));
    OWN_BUF struct buf imds = {0};
    proofs_issue_imds(p, &imds, NOW_US, 60);
    CHECK_INT(proofs_check_container(p, span_of(container)), PROOF_GOOD);
    CHECK_INT(proofs_check_web(p, span_of(web), NOW_US, &expired_us), PROOF_GOOD);
    CHECK_INT(proofs_check_imds(p, buf_span(&imds), NOW_US), PROOF_GOOD);
    proofs_renew(p, NOW_US + US_PER_S);
    CHECK_INT(proofs_check_container(p, span_of(container)), PROOF_UNKNOWN);
    CHECK_INT(proofs_check_web(p, span_of(web), NOW_US + US_PER_S, &expired_us), PROOF_EXPIRED);
    CHECK_INT(expired_us, NOW_US + US_PER_S);
    CHECK_INT(proofs_check_imds(p, buf_span(&imds), NOW_US + US_PER_S), PROOF_UNKNOWN);
    CHECK_INT(proofs_check_web(p, span_of(proofs_web(p)), NOW_US + US_PER_S, &expired_us),
              PROOF_GOOD);
    CHECK_INT(proofs_check_web(p, span_of(proofs_web(p)),
                               NOW_US + (1 + PROOF_WEB_LIFE_S) * US_PER_S, &expired_us),
              PROOF_EXPIRED);
    proofs_free(&p);
}

static void metadata_tokens(void)
{
    struct proofs *p = make(1);
    OWN_BUF struct buf first = {0};
    OWN_BUF struct buf other = {0};
    proofs_issue_imds(p, &first, NOW_US, 2);
    CHECK_INT(proofs_check_imds(p, buf_span(&first), NOW_US + 2 * US_PER_S - 1), PROOF_GOOD);
    CHECK_INT(proofs_check_imds(p, buf_span(&first), NOW_US + 2 * US_PER_S), PROOF_EXPIRED);
    for (int i = 0; i < 255; i++) {
        buf_reset(&other);
        proofs_issue_imds(p, &other, NOW_US, 60);
    }
    CHECK_INT(proofs_check_imds(p, buf_span(&other), NOW_US), PROOF_GOOD);
    CHECK_INT(proofs_check_imds(p, buf_span(&first), NOW_US), PROOF_GOOD);
    proofs_issue_imds(p, &other, NOW_US, 60); // the first one's end is forgotten now
    CHECK_INT(proofs_check_imds(p, buf_span(&first), NOW_US), PROOF_UNKNOWN);
    proofs_free(&p);
}

static void foreign_metadata_tokens(void)
{
    static const char *const ENDS[] = {
        "", "-", "-1", "-1=", "-2==", "-0==", "1==", "-1==x", "-x=="};
    struct proofs *p = make(1);
    OWN_BUF struct buf token = {0};
    proofs_issue_imds(p, &token, NOW_US, 60);
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
        unit_row(ENDS[i]);
        buf_reset(&token);
        buf_addf(&token, "%s%s", proofs_imds_stem(p), ENDS[i]);
        CHECK_INT(proofs_check_imds(p, buf_span(&token), NOW_US), PROOF_UNKNOWN);
    }
    unit_row(NULL);
    CHECK_INT(proofs_check_imds(p, SPAN(""), NOW_US), PROOF_UNKNOWN);
    proofs_free(&p);
}

const struct unit_test PROOF_TESTS[] = {
    {"seeded", seeded},
    {"renewed", renewed},
    {"metadata tokens", metadata_tokens},
    {"foreign metadata tokens", foreign_metadata_tokens},
    {NULL, NULL},
};
