// SPDX-License-Identifier: Apache-2.0
// Vectors that AWS published, and requests that real SDKs sent (see sigv4/make_golden.*).
#include "tests/unit/aws/aws_tests.h"

#include <stdio.h>
#include <string.h>

#include "proxy/aws/sigv4_canonical.h"
#include "proxy/aws/sigv4_scope.h"
#include "proxy/base/own.h"
#include "tests/unit/aws/sigv4_fixture.h"

static cJSON *read_data(const char *name)
{
    char path[512];
    struct diag d = {0};
    cJSON *json = NULL;
    (void)snprintf(path, sizeof path, "%s/sigv4/%s.json", TEST_DATA, name);
    CHECK_INT(json_read_file(&json, NULL, path, &d), RC_OK);
    return json;
}

static void check_vector(const cJSON *vector)
{
    struct loaded l;
    char authorization[512];
    load(&l, vector);
    (void)snprintf(authorization, sizeof authorization,
                   "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/"
                   "aws4_request, SignedHeaders=%s, Signature=%s",
                   json_get_text(vector, "signed"), json_get_text(vector, "signature"));
    add_header(&l, SPAN("Host"), SPAN("example.amazonaws.com"));
    add_header(&l, SPAN("X-Amz-Date"), SPAN("20150830T123600Z"));
    add_header(&l, SPAN("Authorization"), span_of(authorization));
    OWN(text) char *token = span_dup(sigv4_header_value(&l.request, "X-Amz-Security-Token"));
    struct keyring keys = keyring_with(token[0] == '\0' ? NULL : token);
    struct sigv4_verifier *v = sigv4_verifier_new_for(keyring_find, &keys, "service");
    struct sigv4_result result;
    sigv4_verify(v, &l.request, SPAN("us-east-1"), moment("2015-08-30T12:40:00Z"), &result);
    CHECK_TEXT(result.text, "");
    CHECK_INT(result.error, AWS_ERROR_NONE);
    CHECK(result.is_valid && result.scope_ok && result.fresh && result.token_ok);
    // One more byte of body breaks it.
    l.request.body = SPAN("tampered");
    sigv4_verify(v, &l.request, SPAN("us-east-1"), moment("2015-08-30T12:40:00Z"), &result);
    CHECK_INT(result.error, AWS_ERROR_INVALID_SIGNATURE);
    CHECK(!result.is_valid);
    sigv4_verifier_free(&v);
}

static void published(void)
{
    OWN(json) cJSON *json = read_data("published");
    const cJSON *vector = NULL;
    int count = 0;
    cJSON_ArrayForEach(vector, json_get(json, "vectors"))
    {
        unit_row(json_get_text(vector, "name"));
        check_vector(vector);
        count++;
    }
    unit_row(NULL);
    CHECK(count >= 30);
}

static const char *const GOLDEN[] = {"boto-batch-long-term-key", "boto-batch-session-token",
                                     "boto-meter-session-token", "boto-resolve-long-term-key",
                                     "js-batch-session-token"};

static void check_golden(const cJSON *json)
{
    struct loaded l;
    load(&l, json);
    struct keyring keys = keyring_with(json_get_text(json, "token"));
    struct sigv4_verifier *v = sigv4_verifier_new(keyring_find, &keys);
    struct sigv4_result result;
    sigv4_verify(v, &l.request, SPAN("us-east-1"), moment("2026-11-18T10:15:01Z"), &result);
    CHECK_TEXT(result.text, "");
    CHECK_INT(result.error, AWS_ERROR_NONE);
    CHECK(result.is_valid && result.scope_ok && result.fresh && result.token_ok);
    CHECK_TEXT(result.access_key_id, "AKIDEXAMPLE");
    CHECK_TEXT(result.region, "us-east-1");
    CHECK_TEXT(result.service, "aws-marketplace");
    CHECK_INT(result.signed_us, moment("2026-11-18T10:15:00Z"));
    CHECK(result.credential == &keys.credential);
    sigv4_verifier_free(&v);
}

// Our texts against those of botocore, which the files hold.
static void check_texts(const cJSON *json)
{
    struct loaded l;
    struct sigv4_parts parts;
    struct buf canonical = {0};
    struct buf to_sign = {0};
    load(&l, json);
    sigv4_parts_read(&parts, &l.request);
    sigv4_add_canonical(&canonical, &l.request, &parts, false);
    sigv4_add_string_to_sign(&to_sign, &parts, buf_span(&canonical));
    OWN(text) char *canonical_text = buf_take_text(&canonical);
    OWN(text) char *to_sign_text = buf_take_text(&to_sign);
    CHECK_TEXT(canonical_text, json_get_text(json, "canonical_request"));
    CHECK_TEXT(to_sign_text, json_get_text(json, "string_to_sign"));
}

static void golden(void)
{
    for (size_t i = 0; i < sizeof GOLDEN / sizeof GOLDEN[0]; i++) {
        unit_row(GOLDEN[i]);
        OWN(json) cJSON *json = read_data(GOLDEN[i]);
        check_golden(json);
        if (json_get(json, "canonical_request") != NULL) {
            check_texts(json);
        }
    }
    unit_row(NULL);
}

static void long_term_token(void)
{
    struct draft d;
    struct sigv4_result r;
    draft_start(&d);
    draft_sign(&d);
    struct keyring keys = keyring_with(NULL);
    struct sigv4_verifier *v = sigv4_verifier_new(keyring_find, &keys);
    sigv4_verify(v, &d.l.request, SPAN("us-east-1"), moment("2026-11-18T10:15:00Z"), &r);
    CHECK_INT(r.error, AWS_ERROR_UNRECOGNIZED_CLIENT);
    CHECK(r.is_valid && !r.token_ok);
    sigv4_verifier_free(&v);
    sigv4_verifier_free(&v); // harmless
}

static bool verify_again(struct sigv4_verifier *v, const char *key_id, const char *secret)
{
    struct draft d;
    struct sigv4_result r;
    draft_start(&d);
    d.key_id = key_id;
    d.secret = secret;
    draft_sign(&d);
    sigv4_verify(v, &d.l.request, SPAN(""), moment("2026-11-18T10:15:00Z"), &r);
    return r.error == AWS_ERROR_NONE;
}

// A key derived from a secret that has been replaced must not be used, nor another credential's.
static void cache(void)
{
    struct keyring keys = keyring_with("token-1");
    struct sigv4_verifier *v = sigv4_verifier_new(keyring_find, &keys);
    CHECK(verify_again(v, "AKIDEXAMPLE", SECRET));
    CHECK(verify_again(v, "AKIDEXAMPLE", SECRET));
    keys.credential.secret_access_key = "rotated";
    CHECK(!verify_again(v, "AKIDEXAMPLE", SECRET));
    CHECK(verify_again(v, "AKIDEXAMPLE", "rotated"));
    for (int i = 0; i < 40; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "AKID%d", i);
        keys.credential.access_key_id = id;
        CHECK(verify_again(v, id, "rotated"));
        CHECK(!verify_again(v, "AKIDEXAMPLE", "rotated"));
    }
    sigv4_verifier_free(&v);
}

static void long_values(void)
{
    char id[400];
    memset(id, 'A', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    struct draft d;
    struct sigv4_result r;
    draft_start(&d);
    d.key_id = id;
    draft_sign(&d);
    struct keyring keys = keyring_with("token-1");
    struct sigv4_verifier *v = sigv4_verifier_new(keyring_find, &keys);
    sigv4_verify(v, &d.l.request, SPAN(""), moment("2026-11-18T10:15:00Z"), &r);
    CHECK_INT(r.error, AWS_ERROR_UNRECOGNIZED_CLIENT);
    CHECK_INT(strlen(r.access_key_id), sizeof r.access_key_id - 1);
    sigv4_verifier_free(&v);
}

static void explains(void)
{
    OWN(json) cJSON *json = read_data("boto-meter-session-token");
    struct loaded l;
    struct buf b = {0};
    load(&l, json);
    struct keyring keys = keyring_with(json_get_text(json, "token"));
    struct sigv4_verifier *v = sigv4_verifier_new(keyring_find, &keys);
    sigv4_explain(v, &l.request, &b);
    OWN(text) char *text = buf_take_text(&b);
    CHECK_TEXT(text, "The Canonical String for this request should have been\n'POST\n/\n\n"
                     "content-type:application/x-amz-json-1.1\nhost:127.0.0.1:8080\n"
                     "x-amz-date:20261118T101500Z\nx-amz-security-token:[153 bytes]\n"
                     "x-amz-target:AWSMPMeteringService.MeterUsage\n\n"
                     "content-type;host;x-amz-date;x-amz-security-token;x-amz-target\n"
                     "0ad6a121cb588cdd95c5dbbf56529df0f029ff51738044bbd2c00f72d6106ea2'\n\n"
                     "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20261118T101500Z\n"
                     "20261118/us-east-1/aws-marketplace/aws4_request\n"
                     "8c9b010b5f8071c2336e9509c6d4499977732f977b429d19b8a03695c1e4ba5e'\n");
    l.request.header_count = 0;
    sigv4_explain(v, &l.request, &b);
    OWN(text) char *nothing = buf_take_text(&b);
    CHECK_TEXT(nothing, "The request bears no complete signature.\n");
    sigv4_verifier_free(&v);
}

const struct unit_test SIGV4_TESTS[] = {
    {"vectors that AWS published", published},
    {"requests of real SDKs", golden},
    {"a token that nobody gave", long_term_token},
    {"derived keys are kept", cache},
    {"values that are too long", long_values},
    {"explained", explains},
    {NULL, NULL},
};
