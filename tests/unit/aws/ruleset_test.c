// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/aws/aws_tests.h"

#include "proxy/aws/ruleset.h"
#include "proxy/base/instant.h"

#define BATCH OPERATION_BATCH_METER_USAGE
#define METER OPERATION_METER_USAGE

static int64_t at(const char *text)
{
    int64_t at_us = 0;
    CHECK_INT(instant_parse(&at_us, span_of(text)), RC_OK);
    return at_us;
}

static void names(void)
{
    size_t count = 0;
    const struct ruleset *all = ruleset_all(&count);
    CHECK(count >= 4 && ruleset_newest() == &all[count - 1]);
    for (size_t i = 0; i < count; i++) {
        CHECK(ruleset_find(span_of(all[i].name)) == &all[i]);
    }
    CHECK(ruleset_find(span_of("2020")) == NULL);
    CHECK_INT(ruleset_find(span_of("2019-06"))->max_quantity, 1000000);
    CHECK(ruleset_find(span_of("2026-09"))->has_licenses);
    CHECK(!ruleset_find(span_of("2021"))->has_licenses);
}

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order in which rows are read
struct row {
    const char *rules;
    enum operation operation;
    const char *event, *now;
    bool taken;
};

// Pairs of legal neighbours: the last moment that is taken and the first that is not.
static const struct row ROWS[] = {
    {"2019-06", BATCH, "2019-06-13T09:00:00Z", "2019-06-13T10:15:00Z", true},
    {"2019-06", BATCH, "2019-06-13T08:59:59Z", "2019-06-13T10:15:00Z", false},
    {"2019-06", METER, "2019-06-13T09:00:00Z", "2019-06-13T10:59:59Z", true},
    {"2019-06", METER, "2019-06-13T09:00:00Z", "2019-06-13T11:00:00Z", false},
    {"2021", BATCH, "2021-05-05T04:00:00Z", "2021-05-05T10:59:59Z", true},
    {"2021", BATCH, "2021-05-05T03:59:59Z", "2021-05-05T10:00:00Z", false},
    {"2021", METER, "2021-05-05T04:00:00Z", "2021-05-05T10:15:00Z", true},
    {"2021", METER, "2021-05-05T04:59:59Z", "2021-05-05T11:00:00Z", false},
    // The month end is no boundary before 2026.
    {"2021", BATCH, "2021-04-30T23:00:00Z", "2021-05-01T05:30:00Z", true},
    {"2026-09", BATCH, "2026-11-17T10:00:00Z", "2026-11-18T10:15:00Z", true},
    {"2026-09", BATCH, "2026-11-17T09:59:59Z", "2026-11-18T10:15:00Z", false},
    {"2026-09", METER, "2026-11-18T04:00:00Z", "2026-11-18T10:15:00Z", true},
    {"2026-09", METER, "2026-11-18T03:59:59Z", "2026-11-18T10:15:00Z", false},
    {"2026-09", BATCH, "2026-10-31T23:59:59Z", "2026-11-01T05:59:59Z", true},
    {"2026-09", BATCH, "2026-10-31T23:59:59Z", "2026-11-01T06:00:00Z", false},
    {"2026-09", BATCH, "2026-11-01T00:00:00Z", "2026-11-01T06:00:00Z", true},
    {"2026-09", BATCH, "2026-12-31T23:00:00Z", "2027-01-01T06:00:00Z", false},
    // MeterUsage has no month end.
    {"2026-09", METER, "2026-10-31T23:59:59Z", "2026-11-01T05:30:00Z", true},
    {"2026-09", METER, "2026-11-01T00:00:00Z", "2026-11-01T06:30:00Z", true},
    {"2026-10", BATCH, "2026-11-17T10:00:00Z", "2026-11-18T10:15:00Z", true},
    {"2026-10", BATCH, "2026-11-17T09:59:59Z", "2026-11-18T10:15:00Z", false},
    {"2026-10", METER, "2026-11-18T04:00:00Z", "2026-11-18T10:15:00Z", true},
    {"2026-10", METER, "2026-11-18T03:59:59Z", "2026-11-18T10:15:00Z", false},
    {"2026-10", BATCH, "2026-10-31T23:59:59Z", "2026-11-01T05:59:59Z", true},
    {"2026-10", BATCH, "2026-10-31T23:59:59Z", "2026-11-01T06:00:00Z", false},
    {"2026-10", METER, "2026-10-31T23:59:59Z", "2026-11-01T05:30:00Z", true},
    {"2026-10", OPERATION_RESOLVE_CUSTOMER, "1970-01-01T00:00:00Z", "2026-11-18T10:59:59Z", true},
};

// The rest of the hour and five minutes, in every rule set.
static void future(void)
{
    size_t count = 0;
    const struct ruleset *all = ruleset_all(&count);
    for (size_t i = 0; i < count; i++) {
        unit_row(all[i].name);
        for (size_t k = 0; k < 2; k++) {
            enum operation operation = k == 0 ? BATCH : METER;
            int64_t last = at("2026-11-18T11:05:00Z");
            CHECK(ruleset_takes(&all[i], operation, last, at("2026-11-18T10:00:00Z")));
            CHECK(!ruleset_takes(&all[i], operation, last + US_PER_S, at("2026-11-18T10:59:59Z")));
        }
    }
    unit_row(NULL);
}

static void windows(void)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const struct row *r = &ROWS[i];
        unit_row(r->event);
        const struct ruleset *rules = ruleset_find(span_of(r->rules));
        if (CHECK(rules != NULL)) {
            CHECK_INT(ruleset_takes(rules, r->operation, at(r->event), at(r->now)), r->taken);
        }
    }
    unit_row(NULL);
}

const struct unit_test RULESET_TESTS[] = {
    {"names", names},
    {"windows and month ends", windows},
    {"what is to come", future},
    {NULL, NULL},
};
