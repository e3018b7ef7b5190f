// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/fixture.h"
#include "tests/unit/service/service_tests.h"

#include <stdio.h>

// Every rule that rejects a whole batch, with the request that just breaks it and the neighbour
// that just meets it (error NONE).

#define T "1794992400" // 2026-11-18T09:00:00Z, the hour before the start
#define BY_ID "{\"Timestamp\":" T ",\"CustomerIdentifier\":\"id-acme\",\"Dimension\":\"req\"}"
#define BY_ACCOUNT                                                                                 \
    "{\"Timestamp\":" T ",\"CustomerAWSAccountId\":\"111122223333\",\"Dimension\":\"req\"}"
#define LICENSED(account, arn, dimension)                                                          \
    "{\"Timestamp\":" T ",\"CustomerAWSAccountId\":\"" account "\",\"LicenseArn\":\"" arn          \
    "\",\"Dimension\":\"" dimension "\"}"
#define BATCH(records) "{\"UsageRecords\":[" records "]}"
#define CODED(code, records) "{\"ProductCode\":\"" code "\",\"UsageRecords\":[" records "]}"

struct rejection_row {
    const char *name;
    const char *world; // overrides
    const char *body;
    enum aws_error error;
};

static const struct rejection_row ROWS[] = {
    {"a known product", NULL, CODED("code-w", BY_ID), AWS_ERROR_NONE},
    {"no records", NULL, CODED("code-w", ""), AWS_ERROR_NONE},
    {"an unknown product", NULL, CODED("code-x", BY_ID), AWS_ERROR_INVALID_PRODUCT_CODE},
    {"an unknown product and no records", NULL, CODED("code-x", ""),
     AWS_ERROR_INVALID_PRODUCT_CODE},
    {"a product in other letters", NULL, CODED("Code-w", BY_ID), AWS_ERROR_INVALID_PRODUCT_CODE},
    {"no product and no licence", NULL, BATCH(BY_ID), AWS_ERROR_INVALID_PRODUCT_CODE},
    {"no product, the second without licence", NULL,
     BATCH(LICENSED("111122223333", ACME_LICENSE, "req") "," BY_ACCOUNT),
     AWS_ERROR_INVALID_PRODUCT_CODE},

    {"no product, all with licence", NULL,
     BATCH(LICENSED("111122223333", ACME_LICENSE, "req") "," LICENSED("012345678901",
                                                                      GLOBEX_LICENSE, "sto")),
     AWS_ERROR_NONE},
    {"an unknown licence", NULL, BATCH(LICENSED("111122223333", ACME_LICENSE "x", "req")),
     AWS_ERROR_INVALID_LICENSE},
    {"another customer's licence", NULL, BATCH(LICENSED("111122223333", GLOBEX_LICENSE, "req")),
     AWS_ERROR_INVALID_LICENSE},
    {"a licence of two products in two calls", NULL,
     BATCH(LICENSED("111122223333", ACME_GADGET_LICENSE, "hrs")), AWS_ERROR_NONE},
    {"licences of two products in one call", NULL,
     BATCH(LICENSED("111122223333", ACME_LICENSE, "req") "," LICENSED("111122223333",
                                                                      ACME_GADGET_LICENSE, "hrs")),
     AWS_ERROR_INVALID_LICENSE},
    {"a licence beside its own product", NULL,
     CODED("code-w", LICENSED("111122223333", ACME_LICENSE, "req")), AWS_ERROR_NONE},
    {"a licence beside another product", NULL,
     CODED("code-g", LICENSED("111122223333", ACME_LICENSE, "req")), AWS_ERROR_INVALID_LICENSE},
    {"a licence active since that hour",
     "{\"customers\":{\"acme\":{\"license_from\":\"hour-30m\"}}}",
     BATCH(LICENSED("111122223333", ACME_LICENSE, "req")), AWS_ERROR_NONE},
    {"a licence active since the next hour",
     "{\"customers\":{\"acme\":{\"license_from\":\"hour\"}}}",
     BATCH(LICENSED("111122223333", ACME_LICENSE, "req")), AWS_ERROR_INVALID_LICENSE},
    {"a licence that ended in that hour",
     "{\"customers\":{\"acme\":{\"license_until\":\"hour-30m\"}}}",
     BATCH(LICENSED("111122223333", ACME_LICENSE, "req")), AWS_ERROR_NONE},
    {"a licence that ended the hour before",
     "{\"customers\":{\"acme\":{\"license_until\":\"hour-1h30m\"}}}",
     BATCH(LICENSED("111122223333", ACME_LICENSE, "req")), AWS_ERROR_INVALID_LICENSE},
    {"the end of a licence and a record without",
     "{\"customers\":{\"acme\":{\"license_until\":\"hour-1h30m\"}}}", CODED("code-w", BY_ACCOUNT),
     AWS_ERROR_NONE},

    {"two agreements of one buyer",
     "{\"customers\":{\"second\":{\"identifier\":null,\"account\":\"111122223333\",\"license\":"
     "\"" ACME_LICENSE "2\",\"subscribed\":true}}}",
     BATCH(LICENSED("111122223333", ACME_LICENSE, "req") "," LICENSED("111122223333",
                                                                      ACME_LICENSE "2", "req")),
     AWS_ERROR_NONE},
    {"a known account", NULL, CODED("code-w", BY_ACCOUNT), AWS_ERROR_NONE},
    {"an unknown account", NULL,
     CODED("code-w",
           "{\"Timestamp\":" T ",\"CustomerAWSAccountId\":\"111122223334\",\"Dimension\":\"req\"}"),
     AWS_ERROR_INVALID_CUSTOMER_IDENTIFIER},
    {"an unknown identifier", NULL,
     CODED("code-w",
           BY_ID ",{\"Timestamp\":" T ",\"CustomerIdentifier\":\"id-Acme\",\"Dimension\":\"req\"}"),
     AWS_ERROR_INVALID_CUSTOMER_IDENTIFIER},
    {"an unknown identifier, as a status", "{\"unknown_customer\":\"status\"}",
     CODED("code-w",
           "{\"Timestamp\":" T ",\"CustomerIdentifier\":\"id-Acme\",\"Dimension\":\"req\"}"),
     AWS_ERROR_NONE},
    {"no customer at all, as a status", "{\"unknown_customer\":\"status\"}",
     CODED("code-w", "{\"Timestamp\":" T ",\"Dimension\":\"req\"}"),
     AWS_ERROR_INVALID_CUSTOMER_IDENTIFIER},
    {"no customer at all", NULL, CODED("code-w", "{\"Timestamp\":" T ",\"Dimension\":\"req\"}"),
     AWS_ERROR_INVALID_CUSTOMER_IDENTIFIER},
    {"a licence that names no customer", NULL,
     BATCH("{\"Timestamp\":" T ",\"LicenseArn\":\"" ACME_LICENSE "\",\"Dimension\":\"req\"}"),
     AWS_ERROR_INVALID_CUSTOMER_IDENTIFIER},

    {"the other dimension", NULL,
     CODED("code-w",
           "{\"Timestamp\":" T ",\"CustomerIdentifier\":\"id-acme\",\"Dimension\":\"sto\"}"),
     AWS_ERROR_NONE},
    {"a dimension in other letters", NULL,
     CODED("code-w",
           BY_ID ",{\"Timestamp\":" T ",\"CustomerIdentifier\":\"id-acme\",\"Dimension\":\"Req\"}"),
     AWS_ERROR_INVALID_USAGE_DIMENSION},
    {"our symbol of a dimension", NULL,
     CODED("code-w",
           "{\"Timestamp\":" T ",\"CustomerIdentifier\":\"id-acme\",\"Dimension\":\"requests\"}"),
     AWS_ERROR_INVALID_USAGE_DIMENSION},
    {"another product's dimension", NULL,
     CODED("code-w",
           "{\"Timestamp\":" T ",\"CustomerIdentifier\":\"id-acme\",\"Dimension\":\"hrs\"}"),
     AWS_ERROR_INVALID_USAGE_DIMENSION},
    {"one record that is too old", NULL,
     CODED("code-w",
           BY_ID ",{\"Timestamp\":1,\"CustomerIdentifier\":\"id-acme\",\"Dimension\":\"req\"}"),
     AWS_ERROR_TIMESTAMP_OUT_OF_BOUNDS},
    {"switched off", "{\"disabled\":true}", CODED("code-w", BY_ID), AWS_ERROR_DISABLED_API},
    {"the world is in a Region without it", "{\"region\":\"us-gov-west-1\"}",
     CODED("code-w", BY_ID), AWS_ERROR_DISABLED_API},
    {"the world is in a Region with it", "{\"region\":\"cn-northwest-1\"}", CODED("code-w", BY_ID),
     AWS_ERROR_NONE},
};

static void whole_batches(void)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct fixture f;
        if (!fixture_open(&f, ROWS[i].world)) {
            continue;
        }
        CHECK_TEXT(aws_error_name(fixture_ask(&f, OPERATION_BATCH_METER_USAGE, ROWS[i].body)),
                   aws_error_name(ROWS[i].error));
        CHECK_INT(f.reply.count, f.request.count);
        if (ROWS[i].error != AWS_ERROR_NONE) {
            CHECK_INT(ledger_count(f.ledger), 0); // all or nothing
            for (size_t k = 0; k < f.reply.count; k++) {
                CHECK(f.reply.outcomes[k].status == NULL && !f.reply.outcomes[k].billed);
            }
        }
        fixture_close(&f);
    }
    unit_row(NULL);
}

static void says_what_is_wrong(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    (void)fixture_meter(&f, BY_ID ",{\"Timestamp\":" T
                                  ",\"CustomerIdentifier\":\"id-acme\",\"Dimension\":\"no\\n\"}");
    CHECK_TEXT(f.reply.text, "The usage dimension does not match one of the dimensions associated "
                             "with the product. UsageRecords[1].Dimension: \"no\n\"");
    CHECK_TEXT(f.body, "{\"__type\":\"InvalidUsageDimensionException\",\"message\":\"The usage "
                       "dimension does not match one of the dimensions associated with the "
                       "product. UsageRecords[1].Dimension: \\\"no\\n\\\"\"}");
    fixture_close(&f);
}

// A region that the call names goes before the world's.
static void regions(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    f.region = "eu-west-9";
    CHECK_INT(fixture_meter(&f, BY_ID), AWS_ERROR_DISABLED_API);
    f.region = "eu-west-1";
    CHECK_INT(fixture_meter(&f, BY_ID), AWS_ERROR_NONE);
    CHECK(span_is(ledger_at(f.ledger, 0)->key.region, "eu-west-1"));
    f.region = "";
    CHECK_INT(fixture_meter(&f, BY_ID), AWS_ERROR_NONE);
    CHECK(span_is(ledger_at(f.ledger, 1)->key.region, "us-east-1"));
    fixture_close(&f);
}

struct window_row {
    const char *rule_set, *now, *event;
    bool taken;
};

// 24 h, six hours and one, counted from the start of the current hour; the last month's records
// until 06:00 UTC on the first, in the newest rules only.
static const struct window_row WINDOWS[] = {
    {"2026-09", "2026-11-18T10:15:00Z", "2026-11-17T10:00:00Z", true},
    {"2026-09", "2026-11-18T10:15:00Z", "2026-11-17T09:59:59Z", false},
    {"2021", "2026-11-18T10:15:00Z", "2026-11-18T04:00:00Z", true},
    {"2021", "2026-11-18T10:15:00Z", "2026-11-18T03:59:59Z", false},
    {"2019-06", "2026-11-18T10:15:00Z", "2026-11-18T09:00:00Z", true},
    {"2019-06", "2026-11-18T10:15:00Z", "2026-11-18T08:59:59Z", false},
    {"2026-09", "2026-12-01T05:59:59Z", "2026-11-30T23:00:00Z", true},
    {"2026-09", "2026-12-01T06:00:00Z", "2026-11-30T23:00:00Z", false},
    {"2026-09", "2026-12-01T06:00:00Z", "2026-12-01T00:00:00Z", true},
    {"2021", "2026-12-01T05:59:59Z", "2026-11-30T23:00:00Z", true},
    {"2026-09", "2026-11-18T10:15:00Z", "2026-11-18T12:00:00Z", false},
};

static void windows(void)
{
    for (size_t i = 0; i < sizeof WINDOWS / sizeof WINDOWS[0]; i++) {
        const struct window_row *row = &WINDOWS[i];
        char text[256];
        (void)snprintf(text, sizeof text, "%s %s at %s", row->rule_set, row->event, row->now);
        unit_row(text);
        char overrides[64];
        (void)snprintf(overrides, sizeof overrides, "{\"rule_set\":\"%s\"}", row->rule_set);
        struct fixture f;
        if (!fixture_open(&f, overrides)) {
            continue;
        }
        f.now_us = fixture_instant(row->now);
        char record[256];
        (void)snprintf(record, sizeof record,
                       "{\"Timestamp\":%lld,\"CustomerIdentifier\":\"id-acme\","
                       "\"Dimension\":\"req\",\"Quantity\":1}",
                       (long long)(fixture_instant(row->event) / 1000000));
        CHECK_INT(fixture_meter(&f, record),
                  row->taken ? AWS_ERROR_NONE : AWS_ERROR_TIMESTAMP_OUT_OF_BOUNDS);
        fixture_close(&f);
    }
    unit_row(NULL);
}

// The first of the rules that is broken is told, whichever record breaks it.
static void order_of_rules(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    CHECK_INT(fixture_meter(
                  &f,
                  "{\"Timestamp\":1,\"CustomerIdentifier\":\"id-acme\",\"Dimension\":\"req\"},"
                  "{\"Timestamp\":" T ",\"CustomerIdentifier\":\"id-x\",\"Dimension\":\"req\"}"),
              AWS_ERROR_INVALID_CUSTOMER_IDENTIFIER);
    CHECK_INT(fixture_meter(
                  &f, "{\"Timestamp\":1,\"CustomerIdentifier\":\"id-acme\",\"Dimension\":\"x\"}"),
              AWS_ERROR_INVALID_USAGE_DIMENSION);
    fixture_close(&f);
}

const struct unit_test REJECTION_TESTS[] = {
    {"each rule, broken and met", whole_batches},
    {"the message says what is wrong", says_what_is_wrong},
    {"regions", regions},
    {"windows of every rule set", windows},
    {"order of the rules", order_of_rules},
    {NULL, NULL},
};
