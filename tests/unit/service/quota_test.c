// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/fixture.h"
#include "tests/unit/service/service_tests.h"

#include "proxy/base/instant.h"
#include "proxy/service/quota.h"

// How many of a hundred calls at once are taken, at a moment.
static unsigned taken(struct quota *q, enum operation operation, int64_t at_us)
{
    unsigned count = 0;
    for (unsigned i = 0; i < 100; i++) {
        count += quota_take(q, operation, SPAN("111122223333"), SPAN("us-east-1"), at_us) ? 1 : 0;
    }
    return count;
}

static void rates(void)
{
    static const struct {
        enum operation operation;
        unsigned at_once, after_half;
    } ROWS[] = {{OPERATION_BATCH_METER_USAGE, 10, 5},
                {OPERATION_METER_USAGE, 10, 5},
                {OPERATION_REGISTER_USAGE, 5, 2},
                {OPERATION_RESOLVE_CUSTOMER, 100, 100}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct quota q = {0};
        unit_row(operation_name(ROWS[i].operation));
        CHECK_INT(taken(&q, ROWS[i].operation, 7), ROWS[i].at_once);
        CHECK_INT(taken(&q, ROWS[i].operation, 7 + US_PER_S / 2), ROWS[i].after_half);
        CHECK_INT(taken(&q, ROWS[i].operation, 7 + 100 * US_PER_S), ROWS[i].at_once);
        quota_clear(&q);
    }
    unit_row(NULL);
}

// Accounts, Regions and operations have a quota each.
static void each_its_own(void)
{
    struct quota q = {0};
    CHECK_INT(taken(&q, OPERATION_METER_USAGE, 0), 10);
    CHECK(!quota_take(&q, OPERATION_METER_USAGE, SPAN("111122223333"), SPAN("us-east-1"), 0));
    CHECK(quota_take(&q, OPERATION_METER_USAGE, SPAN("444455556666"), SPAN("us-east-1"), 0));
    CHECK(quota_take(&q, OPERATION_METER_USAGE, SPAN("111122223333"), SPAN("us-east-2"), 0));
    CHECK(quota_take(&q, OPERATION_BATCH_METER_USAGE, SPAN("111122223333"), SPAN("us-east-1"), 0));
    quota_clear(&q);
}

// The service throttles only where the world says so, and a throttled call does nothing.
static void throttles(void)
{
    static const char *const WORLDS[] = {NULL, "{\"quotas\":true}"};
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        if (!fixture_open(&f, WORLDS[i])) {
            continue;
        }
        unsigned throttled = 0;
        for (unsigned call = 0; call < 11; call++) {
            enum aws_error error = fixture_ask(&f, OPERATION_BATCH_METER_USAGE,
                                               "{\"ProductCode\":\"code-w\",\"UsageRecords\":[]}");
            throttled += error == AWS_ERROR_THROTTLING ? 1 : 0;
            CHECK(error == AWS_ERROR_NONE || error == AWS_ERROR_THROTTLING);
        }
        CHECK_INT(throttled, i);
        f.monotonic_us = US_PER_S;
        CHECK_INT(fixture_meter(&f, ""), AWS_ERROR_NONE);
        fixture_close(&f);
    }
}

const struct unit_test QUOTA_TESTS[] = {
    {"rates", rates},
    {"each its own", each_its_own},
    {"throttles", throttles},
    {NULL, NULL},
};
