// SPDX-License-Identifier: Apache-2.0
// The quota: how many calls are taken at once, how many after a rest, and of which operations.
#include "tests/unit/service/service_tests.h"

#include "proxy/base/instant.h"
#include "proxy/service/quota.h"

// How many of count calls, at even distances from from_us on, are taken.
static int taken(struct quota *q, enum operation operation, int64_t from_us, int count,
                 int64_t distance_us)
{
    int n = 0;
    for (int i = 0; i < count; i++) {
        n += quota_take(q, operation, from_us + i * distance_us) ? 1 : 0;
    }
    return n;
}

static void a_burst(void)
{
    struct quota q = {0};
    CHECK(taken(&q, OPERATION_BATCH_METER_USAGE, 0, 30, 0) == 10);
    // Each tenth of a second makes room for one more.
    CHECK(taken(&q, OPERATION_BATCH_METER_USAGE, US_PER_S / 10, 3, 0) == 1);
    CHECK(taken(&q, OPERATION_BATCH_METER_USAGE, US_PER_S / 2, 9, 0) == 4);
    // However long the rest, only one second of it is saved up.
    CHECK(taken(&q, OPERATION_BATCH_METER_USAGE, US_PER_S * 100, 30, 0) == 10);
}

static void a_steady_rate(void)
{
    struct quota at_the_limit = {0};
    CHECK(taken(&at_the_limit, OPERATION_METER_USAGE, 0, 300, US_PER_S / 10) == 300);
    struct quota above = {0};
    CHECK(taken(&above, OPERATION_METER_USAGE, 0, 400, US_PER_S / 20) == 209);
}

static void each_operation(void)
{
    struct quota q = {0};
    CHECK(taken(&q, OPERATION_BATCH_METER_USAGE, 0, 20, 0) == 10);
    CHECK(taken(&q, OPERATION_METER_USAGE, 0, 20, 0) == 10);
    CHECK(taken(&q, OPERATION_REGISTER_USAGE, 0, 20, 0) == 5);
    CHECK(taken(&q, OPERATION_RESOLVE_CUSTOMER, 0, 100, 0) == 100);
    CHECK(quota_per_s(OPERATION_RESOLVE_CUSTOMER) == 0);
}

// What one account takes in one Region is missed by none other, nor by itself elsewhere.
static void each_account_in_each_region(void)
{
    static const struct {
        const char *account, *region;
    } ROWS[] = {{"1", "us-east-1"}, {"1", "eu-west-1"}, {"2", "us-east-1"}};
    struct quotas all = {0};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        int n = 0;
        for (int call = 0; call < 20; call++) {
            bool taken = quotas_take(&all, span_of(ROWS[i].account), span_of(ROWS[i].region),
                                     OPERATION_REGISTER_USAGE, 0);
            n += taken ? 1 : 0;
        }
        CHECK_INT(n, 5);
    }
    CHECK(!quotas_take(&all, SPAN("1"), SPAN("us-east-1"), OPERATION_REGISTER_USAGE, 0));
    CHECK(quotas_take(&all, SPAN("1"), SPAN("us-east-1"), OPERATION_METER_USAGE, 0));
    quotas_clear(&all);
}

const struct unit_test QUOTA_TESTS[] = {
    {"a burst", a_burst},
    {"a steady rate", a_steady_rate},
    {"each operation", each_operation},
    {"each account in each Region", each_account_in_each_region},
    {NULL, NULL}};
