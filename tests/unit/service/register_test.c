// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/fixture.h"
#include "tests/unit/service/service_tests.h"

#include <string.h>

#include "proxy/base/instant.h"

#define REGISTER(code, version)                                                                    \
    "{\"ProductCode\":\"" code "\",\"PublicKeyVersion\":" version ",\"Nonce\":\"n\"}"
#define USUAL REGISTER("code-w", "1")
#define TWO_TASKS                                                                                  \
    "{\"credentials\":[{\"name\":\"k1\"},{\"name\":\"k2\",\"instance\":\"other\"},"                \
    "{\"name\":\"k3\"}]}"
#define LEAVES "{\"customers\":{\"acme\":{\"subscribed\":false}}}"
#define MOVES "{\"platform\":\"ec2\"}"

struct ask {
    const char *change; // a step before it
    const char *body;
    enum aws_error error;
    const char *credential, *region;
};

struct register_row {
    const char *name, *world;
    struct ask asks[4];
};

static const struct register_row ROWS[] = {
    {"registers",
     NULL,
     {{.body = USUAL, .error = AWS_ERROR_NONE}, {.body = USUAL, .error = AWS_ERROR_NONE}}},
    {"another task of one that left",
     TWO_TASKS,
     {{.body = USUAL, .error = AWS_ERROR_NONE},
      {.change = LEAVES, .body = USUAL, .error = AWS_ERROR_NONE},
      {.body = USUAL, .error = AWS_ERROR_NONE, .credential = "k3"},
      {.body = USUAL, .error = AWS_ERROR_CUSTOMER_NOT_ENTITLED, .credential = "k2"}}},
    {"another product of one that left",
     NULL,
     {{.body = USUAL, .error = AWS_ERROR_NONE},
      {.change = LEAVES,
       .body = REGISTER("code-g", "1"),
       .error = AWS_ERROR_CUSTOMER_NOT_ENTITLED}}},
    {"the platform is asked the first time",
     TWO_TASKS,
     {{.body = USUAL, .error = AWS_ERROR_NONE},
      {.change = MOVES, .body = USUAL, .error = AWS_ERROR_NONE},
      {.body = USUAL, .error = AWS_ERROR_PLATFORM_NOT_SUPPORTED, .credential = "k2"}}},
    {"a refusal is no registration",
     LEAVES,
     {{.body = USUAL, .error = AWS_ERROR_CUSTOMER_NOT_ENTITLED},
      {.body = USUAL, .error = AWS_ERROR_CUSTOMER_NOT_ENTITLED},
      {.change = "{\"customers\":{\"acme\":{\"subscribed\":true}}}",
       .body = USUAL,
       .error = AWS_ERROR_NONE}}},
    {"on EKS", "{\"platform\":\"eks\"}", {{.body = USUAL, .error = AWS_ERROR_NONE}}},
    {"on EC2", MOVES, {{.body = USUAL, .error = AWS_ERROR_PLATFORM_NOT_SUPPORTED}}},
    {"on AgentCore",
     "{\"platform\":\"agentcore\"}",
     {{.body = USUAL, .error = AWS_ERROR_PLATFORM_NOT_SUPPORTED}}},
    {"elsewhere",
     "{\"platform\":\"other\"}",
     {{.body = USUAL, .error = AWS_ERROR_PLATFORM_NOT_SUPPORTED}}},
    {"the code of no product",
     NULL,
     {{.body = REGISTER("code-x", "1"), .error = AWS_ERROR_INVALID_PRODUCT_CODE}}},
    {"a version that does not exist",
     NULL,
     {{.body = REGISTER("code-w", "2"), .error = AWS_ERROR_INVALID_PUBLIC_KEY_VERSION}}},
    {"a version that came",
     "{\"public_key_version\":2}",
     {{.body = REGISTER("code-w", "2"), .error = AWS_ERROR_NONE},
      {.body = REGISTER("code-w", "1"), .error = AWS_ERROR_NONE}}},
    {"another Region",
     NULL,
     {{.body = USUAL, .error = AWS_ERROR_INVALID_REGION, .region = "eu-west-1"},
      {.body = USUAL, .error = AWS_ERROR_NONE, .region = "us-east-1"}}},
    {"also the second time",
     NULL,
     {{.body = USUAL, .error = AWS_ERROR_NONE},
      {.body = USUAL, .error = AWS_ERROR_INVALID_REGION, .region = "eu-west-1"}}},
    {"a task elsewhere",
     "{\"runtime_region\":\"eu-west-1\"}",
     {{.body = USUAL, .error = AWS_ERROR_INVALID_REGION},
      {.body = USUAL, .error = AWS_ERROR_NONE, .region = "eu-west-1"}}},
    {"a Region that does not offer it",
     "{\"runtime_region\":\"us-gov-west-1\"}",
     {{.body = USUAL, .error = AWS_ERROR_DISABLED_API, .region = "us-gov-west-1"}}},
    {"switched off", "{\"disabled\":true}", {{.body = USUAL, .error = AWS_ERROR_DISABLED_API}}},
    {"not allowed",
     "{\"credentials\":[{\"name\":\"k1\",\"denied\":[\"RegisterUsage\"]}]}",
     {{.body = USUAL, .error = AWS_ERROR_ACCESS_DENIED}}},
};

static void registrations(void)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct fixture f;
        unit_row(ROWS[i].name);
        if (!fixture_open(&f, ROWS[i].world)) {
            continue;
        }
        fixture_sign(&f);
        for (size_t k = 0; k < 4 && ROWS[i].asks[k].body != NULL; k++) {
            const struct ask *ask = &ROWS[i].asks[k];
            CHECK(ask->change == NULL || fixture_change(&f, ask->change));
            f.credential = ask->credential;
            f.region = ask->region;
            CHECK_TEXT(aws_error_name(fixture_ask(&f, OPERATION_REGISTER_USAGE, ask->body)),
                       aws_error_name(ask->error));
            CHECK((f.reply.customer != NULL) == (ask->error == AWS_ERROR_NONE));
            CHECK((strstr(f.body, "\"Signature\":\"ey") != NULL) == (ask->error == AWS_ERROR_NONE));
        }
        CHECK_INT(ledger_count(f.ledger), 0);
        fixture_close(&f);
    }
    unit_row(NULL);
}

// "Only included when public key version has expired."
static void rotation(void)
{
    struct fixture f;
    if (!fixture_open(&f, "{\"public_key_version\":2,\"public_key_rotation\":\"now+24h\"}")) {
        return;
    }
    fixture_sign(&f);
    CHECK_INT(fixture_ask(&f, OPERATION_REGISTER_USAGE, REGISTER("code-w", "2")), AWS_ERROR_NONE);
    CHECK(strncmp(f.body, "{\"Signature\":", 13) == 0);
    CHECK_INT(fixture_ask(&f, OPERATION_REGISTER_USAGE, USUAL), AWS_ERROR_NONE);
    CHECK(strncmp(f.body, "{\"PublicKeyRotationTimestamp\":1795083300,\"Signature\":", 53) == 0);
    f.forgery = JWT_ROTATION;
    CHECK_INT(fixture_ask(&f, OPERATION_REGISTER_USAGE, REGISTER("code-w", "2")), AWS_ERROR_NONE);
    CHECK(strncmp(f.body, "{\"PublicKeyRotationTimestamp\":", 30) == 0);
    f.forgery = JWT_EMPTY;
    CHECK_INT(fixture_ask(&f, OPERATION_REGISTER_USAGE, REGISTER("code-w", "2")), AWS_ERROR_NONE);
    CHECK_TEXT(f.body, "{\"Signature\":\"\"}");
    fixture_close(&f);
}

// Without anybody to sign there is no answer that a client could verify.
static void nobody_signs(void)
{
    struct fixture f;
    if (fixture_open(&f, NULL)) {
        CHECK_INT(fixture_ask(&f, OPERATION_REGISTER_USAGE, USUAL),
                  AWS_ERROR_INTERNAL_SERVICE_ERROR);
        fixture_close(&f);
    }
}

const struct unit_test REGISTER_TESTS[] = {
    {"each rule, broken and met", registrations},
    {"rotation of the key", rotation},
    {"nobody signs", nobody_signs},
    {NULL, NULL},
};
