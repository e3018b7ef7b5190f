// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/identity/identity_tests.h"

#include "proxy/base/json.h"
#include "proxy/base/own.h"

static int get(struct asking *a, const char *path, const char *token)
{
    return asking_ask(a, TARGET_CONTAINER, "GET", path, token == NULL ? NULL : "Authorization",
                      token, "");
}

static void credentials(void)
{
    struct asking a;
    asking_begin(&a, false);
    CHECK_INT(get(&a, identity_container_path(a.id), identity_container_token(a.id)), 200);
    CHECK_TEXT(a.reply.content_type, "application/json");
    CHECK_TEXT(a.reply.asks, "credentials");
    CHECK_TEXT(a.reply.served->name, "k1");
    OWN(json) cJSON *tree = NULL;
    if (CHECK(json_read(&tree, NULL, span_of(a.text), NULL, NULL) == RC_OK)) {
        CHECK_TEXT(json_get_text(tree, "AccessKeyId"), "ASIAIOSFODNN7EXAMPLE");
        CHECK_TEXT(json_get_text(tree, "SecretAccessKey"), "wJalrXUtnFEMI/K7MDENG+bPxRfiCY");
        CHECK_TEXT(json_get_text(tree, "Token"), "IQoJb3JpZ2luX2Vj/+a==");
        CHECK_TEXT(json_get_text(tree, "Expiration"), "2026-11-18T11:15:00Z");
        CHECK_TEXT(json_get_text(tree, "RoleArn"), identity_role_arn(a.id));
    }
    asking_end(&a);
}

static void refusals(void)
{
    struct asking a;
    asking_begin(&a, false);
    OWN(text) char *token = span_dup(span_of(identity_container_token(a.id)));
    const char *path = identity_container_path(a.id);
    const struct {
        const char *path, *token;
        int status;
        const char *error;
    } rows[] = {
        {path, NULL, 401, "Unauthorized"},
        {path, "", 401, "Unauthorized"},
        {path, "another", 401, "Unauthorized"},
        {"/v2/credentials", token, 400, "NoIdInRequest"},
        {"/v2/credentials/", token, 400, "NoIdInRequest"},
        {"/v2/credentials/00000000-0000-0000-0000-000000000000", token, 400, "InvalidIdInRequest"},
        {"/", token, 400, "InvalidIdInRequest"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_row(rows[i].error);
        CHECK_INT(get(&a, rows[i].path, rows[i].token), rows[i].status);
        CHECK_TEXT(a.reply.error, rows[i].error);
        CHECK(asking_says(&a, rows[i].error));
        CHECK(a.reply.served == NULL);
    }
    unit_row(NULL);
    CHECK_INT(asking_ask(&a, TARGET_CONTAINER, "POST", path, "Authorization", token, ""), 405);
    identity_rotate(a.id, NOW_US);
    CHECK_INT(get(&a, path, token), 401);
    CHECK_INT(get(&a, path, identity_container_token(a.id)), 200);
    asking_end(&a);
}

const struct unit_test CONTAINER_TESTS[] = {
    {"credentials", credentials},
    {"refusals", refusals},
    {NULL, NULL},
};
