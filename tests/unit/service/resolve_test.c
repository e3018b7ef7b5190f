// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/fixture.h"
#include "tests/unit/service/service_tests.h"

#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"

static enum aws_error resolve(struct fixture *f, const char *body)
{
    return fixture_ask(f, OPERATION_RESOLVE_CUSTOMER, body);
}

static const char T1[] = "{\"RegistrationToken\":\"tok+1/==\"}";
static const char T2[] = "{\"RegistrationToken\":\"tok-2\"}";

static void resolves(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    CHECK(!world_token(f.world, SPAN("t1"))->used);
    CHECK_INT(resolve(&f, T1), AWS_ERROR_NONE);
    CHECK_TEXT(f.body,
               "{\"CustomerIdentifier\":\"id-acme\",\"CustomerAWSAccountId\":\"111122223333\","
               "\"ProductCode\":\"code-w\",\"LicenseArn\":\"" ACME_LICENSE "\"}");
    CHECK(f.reply.customer == world_customer(f.world, SPAN("acme")));
    CHECK(world_token(f.world, SPAN("t1"))->used);
    // A customer without identifier and licence, for the second product.
    CHECK_INT(resolve(&f, T2), AWS_ERROR_NONE);
    CHECK_TEXT(f.body, "{\"CustomerAWSAccountId\":\"333344445555\",\"ProductCode\":\"code-g\"}");
    CHECK_INT(ledger_count(f.ledger), 0);
    fixture_close(&f);
}

// The licence is the one for the product that was bought.
static void license_of_the_product(void)
{
    struct fixture f;
    if (!fixture_open(&f, "{\"tokens\":[{\"name\":\"t1\",\"product\":\"gadget\"}]}")) {
        return;
    }
    CHECK_INT(resolve(&f, T1), AWS_ERROR_NONE);
    CHECK(strstr(f.body, "\"ProductCode\":\"code-g\",\"LicenseArn\":\"" ACME_GADGET_LICENSE "\"") !=
          NULL);
    fixture_close(&f);
}

static void old_rules(void)
{
    struct fixture f;
    if (!fixture_open(&f, "{\"rule_set\":\"2019-06\"}")) {
        return;
    }
    CHECK_INT(resolve(&f, T1), AWS_ERROR_NONE);
    CHECK_TEXT(f.body, "{\"CustomerIdentifier\":\"id-acme\",\"ProductCode\":\"code-w\"}");
    fixture_close(&f);
}

// The agreement is told since October 2026, to whoever resolves a token of it the same.
static void agreements(void)
{
    struct fixture f;
    if (!fixture_open(&f, "{\"rule_set\":\"2026-10\"}")) {
        return;
    }
    OWN_BUF struct buf own = {0};
    OWN_BUF struct buf other = {0};
    OWN_BUF struct buf expected = {0};
    const struct world_customer *acme = world_customer(f.world, SPAN("acme"));
    world_add_agreement(&own, acme, world_product(f.world, SPAN("widget")));
    world_add_agreement(&other, acme, world_product(f.world, SPAN("gadget")));
    CHECK_INT(own.len, 30); // of at most 64, by the model
    CHECK(!span_equal(buf_span(&own), buf_span(&other)));
    buf_addf(&expected,
             "\"LicenseArn\":\"" ACME_LICENSE "\",\"Metadata\":{\"AgreementId\":\"%.*s\"}}%c",
             (int)own.len, own.data, '\0');
    CHECK_INT(resolve(&f, T1), AWS_ERROR_NONE);
    CHECK(strstr(f.body, expected.data) != NULL);
    fixture_close(&f);
}

struct token_row {
    const char *name;
    const char *world;
    const char *body;
    int64_t later_s; // after the start
    enum aws_error first, second;
};

static const struct token_row TOKENS[] = {
    {"resolved again", NULL, T1, 0, AWS_ERROR_NONE, AWS_ERROR_NONE},
    {"resolved again, once only", "{\"tokens_once\":true}", T1, 0, AWS_ERROR_NONE,
     AWS_ERROR_EXPIRED_TOKEN},
    {"the last second of its life", NULL, T1, INT64_C(4) * 3600 - 1, AWS_ERROR_NONE,
     AWS_ERROR_NONE},
    {"its life is over", NULL, T1, INT64_C(4) * 3600, AWS_ERROR_EXPIRED_TOKEN,
     AWS_ERROR_EXPIRED_TOKEN},
    {"a longer life", "{\"tokens\":[{\"name\":\"t1\",\"life\":\"5h\"}]}", T1, INT64_C(4) * 3600,
     AWS_ERROR_NONE, AWS_ERROR_NONE},
    {"issued earlier", "{\"tokens\":[{\"name\":\"t1\",\"issued\":\"now-4h\"}]}", T1, 0,
     AWS_ERROR_EXPIRED_TOKEN, AWS_ERROR_EXPIRED_TOKEN},
    {"issued just so much earlier", "{\"tokens\":[{\"name\":\"t1\",\"issued\":\"now-3h59m59s\"}]}",
     T1, 0, AWS_ERROR_NONE, AWS_ERROR_NONE},
    {"not issued yet", "{\"tokens\":[{\"name\":\"t1\",\"issued\":\"now+1s\"}]}", T1, 0,
     AWS_ERROR_INVALID_TOKEN, AWS_ERROR_INVALID_TOKEN},
    {"unknown", NULL, "{\"RegistrationToken\":\"tok 1/==\"}", 0, AWS_ERROR_INVALID_TOKEN,
     AWS_ERROR_INVALID_TOKEN},
    {"decoded twice", NULL, "{\"RegistrationToken\":\"tok%2B1/==\"}", 0, AWS_ERROR_INVALID_TOKEN,
     AWS_ERROR_INVALID_TOKEN},
    {"switched off", "{\"disabled\":true}", T1, 0, AWS_ERROR_DISABLED_API, AWS_ERROR_DISABLED_API},
};

static void lives(void)
{
    for (size_t i = 0; i < sizeof TOKENS / sizeof TOKENS[0]; i++) {
        const struct token_row *row = &TOKENS[i];
        unit_row(row->name);
        struct fixture f;
        if (!fixture_open(&f, row->world)) {
            continue;
        }
        f.now_us += row->later_s * US_PER_S;
        CHECK_TEXT(aws_error_name(resolve(&f, row->body)), aws_error_name(row->first));
        CHECK((f.reply.customer != NULL) == (row->first == AWS_ERROR_NONE));
        CHECK_TEXT(aws_error_name(resolve(&f, row->body)), aws_error_name(row->second));
        fixture_close(&f);
    }
    unit_row(NULL);
}

// The sentence tells the two errors of that name apart.
static void says_which_expired(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    f.now_us += 4 * US_PER_HOUR;
    CHECK_INT(resolve(&f, T1), AWS_ERROR_EXPIRED_TOKEN);
    CHECK_TEXT(f.body, "{\"__type\":\"ExpiredTokenException\",\"message\":\"The submitted "
                       "registration token has expired.\"}");
    fixture_close(&f);
}

const struct unit_test RESOLVE_TESTS[] = {
    {"resolves", resolves},
    {"the licence of the product", license_of_the_product},
    {"as in 2019", old_rules},
    {"agreements", agreements},
    {"lives of tokens", lives},
    {"says what expired", says_which_expired},
    {NULL, NULL},
};
