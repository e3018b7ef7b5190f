// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/identity/identity_tests.h"

#include "proxy/base/json.h"
#include "proxy/base/own.h"

#define TOKEN "x-aws-ec2-metadata-token"
#define TTL "x-aws-ec2-metadata-token-ttl-seconds"
#define ROLES "/latest/meta-data/iam/security-credentials/"

static int put(struct asking *a, const char *name, const char *value)
{
    return asking_ask(a, TARGET_IMDS, "PUT", "/latest/api/token", name, value, "");
}

static int get(struct asking *a, const char *path, const char *token)
{
    return asking_ask(a, TARGET_IMDS, "GET", path, token == NULL ? NULL : TOKEN, token, "");
}

static char *token_of(struct asking *a)
{
    CHECK_INT(put(a, TTL, "21600"), 200);
    return span_dup(span_of(a->text));
}

static void tokens(void)
{
    static const struct {
        const char *name, *value;
        int status;
    } ROWS[] = {{TTL, "21600", 200}, {TTL, "1", 200},
                {TTL, "0", 400},     {TTL, "21601", 400},
                {TTL, "60.5", 400},  {TTL, "", 400},
                {NULL, NULL, 400},   {"X-Forwarded-For", "203.0.113.9", 403}};
    struct asking a;
    asking_begin(&a, false);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].value == NULL ? "none" : ROWS[i].value);
        CHECK_INT(put(&a, ROWS[i].name, ROWS[i].value), ROWS[i].status);
        CHECK_TEXT(a.reply.asks, "token");
        CHECK_INT(a.reply.token_ttl_s > 0, ROWS[i].status == 200);
    }
    unit_row(NULL);
    CHECK_INT(get(&a, "/latest/api/token", NULL), 405);
    asking_end(&a);
}

static void refused_without_a_good_token(void)
{
    static const char *const PATHS[] = {ROLES, ROLES "meterprover", "/latest/nothing",
                                        "/latest/dynamic/instance-identity/document",
                                        "/latest/meta-data/placement/region"};
    struct asking a;
    asking_begin(&a, false);
    OWN(text) char *token = token_of(&a);
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        unit_row(PATHS[i]);
        CHECK_INT(get(&a, PATHS[i], NULL), 401);
        CHECK_TEXT(a.reply.error, "Unauthorized");
        CHECK_INT(get(&a, PATHS[i], "AQAEAnothing-1=="), 401);
        CHECK(a.reply.served == NULL);
    }
    unit_row(NULL);
    a.now_us += 21600 * US_PER_S;
    CHECK_INT(get(&a, ROLES, token), 401);
    a.now_us = NOW_US;
    CHECK_INT(get(&a, ROLES, token), 200);
    identity_rotate(a.id, NOW_US);
    CHECK_INT(get(&a, ROLES, token), 401);
    asking_end(&a);
}

static void version_1_where_asked_for(void)
{
    struct asking a;
    asking_begin(&a, true);
    CHECK_INT(get(&a, ROLES, NULL), 200);
    CHECK_TEXT(a.text, "meterprover");
    CHECK_INT(get(&a, ROLES, "wrong"), 401); // a token that is shown must be good
    CHECK_INT(get(&a, ROLES "meterprover", NULL), 200);
    CHECK(a.reply.is_version_1);
    OWN(text) char *token = token_of(&a);
    CHECK_INT(get(&a, ROLES "meterprover", token), 200);
    CHECK(!a.reply.is_version_1);
    asking_end(&a);
}

static void documents(void)
{
    static const struct {
        const char *path, *asks, *text;
    } ROWS[] = {
        {ROLES, "roles", "meterprover"},
        {ROLES "meterprover", "credentials", "\"Code\" : \"Success\""},
        {"/latest/dynamic/instance-identity/document", "instance-identity",
         "\"region\" : \"eu-west-1\""},
        {"/latest/dynamic/instance-identity/document", "instance-identity",
         "\"availabilityZone\" : \"eu-west-1a\""},
        {"/latest/dynamic/instance-identity/document", "instance-identity",
         "\"accountId\" : \"123456789012\""},
        {"/latest/meta-data/placement/region", "region", "eu-west-1"},
        {"/latest/meta-data/placement/availability-zone", "availability-zone", "eu-west-1a"},
        {"/latest/meta-data/placement/availability-zone/", "availability-zone", "eu-west-1a"},
        {"/latest/meta-data/iam/security-credentials", "roles", "meterprover"},
        {"/latest/meta-data/instance-id", "instance-id", "i-0"},
    };
    struct asking a;
    asking_begin(&a, false);
    OWN(text) char *token = token_of(&a);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].path);
        CHECK_INT(get(&a, ROWS[i].path, token), 200);
        CHECK_TEXT(a.reply.asks, ROWS[i].asks);
        CHECK_TEXT(a.reply.content_type, "text/plain");
        CHECK(asking_says(&a, ROWS[i].text));
    }
    unit_row(NULL);
    a.region = "us-west-2"; // it is asked for anew, never remembered
    CHECK_INT(get(&a, "/latest/meta-data/placement/region", token), 200);
    CHECK_TEXT(a.text, "us-west-2");
    CHECK_INT(get(&a, ROLES "another", token), 404);
    CHECK_INT(get(&a, "/", token), 404);
    CHECK_TEXT(a.reply.asks, "");
    CHECK_INT(asking_ask(&a, TARGET_IMDS, "POST", ROLES, TOKEN, token, ""), 405);
    asking_end(&a);
}

static void credentials(void)
{
    struct asking a;
    asking_begin(&a, false);
    OWN(text) char *token = token_of(&a);
    CHECK_INT(get(&a, ROLES "meterprover", token), 200);
    OWN(json) cJSON *tree = NULL;
    if (CHECK(json_read(&tree, NULL, span_of(a.text), NULL, NULL) == RC_OK)) {
        CHECK_TEXT(json_get_text(tree, "AccessKeyId"), "ASIAIOSFODNN7EXAMPLE");
        CHECK_TEXT(json_get_text(tree, "SecretAccessKey"), "wJalrXUtnFEMI/K7MDENG+bPxRfiCY");
        CHECK_TEXT(json_get_text(tree, "Token"), "IQoJb3JpZ2luX2Vj/+a==");
        CHECK_TEXT(json_get_text(tree, "Expiration"), "2026-11-18T11:15:00Z");
        CHECK_TEXT(json_get_text(tree, "LastUpdated"), "2026-11-18T10:15:00Z");
    }
    CHECK_TEXT(a.reply.served->name, "k1");
    asking_end(&a);
}

const struct unit_test IMDS_TESTS[] = {
    {"tokens", tokens},
    {"refused without a good token", refused_without_a_good_token},
    {"version 1 where asked for", version_1_where_asked_for},
    {"documents", documents},
    {"credentials", credentials},
    {NULL, NULL},
};
