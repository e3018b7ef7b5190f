// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scenario/scenario_tests.h"

#include "proxy/base/instant.h"
#include "proxy/base/own.h"

static void durations(void)
{
    static const struct {
        const char *text;
        int64_t us;
    } GOOD[] = {
        {"137482us", 137482},
        {"300ms", 300 * US_PER_MS},
        {"5s", 5 * US_PER_S},
        {"05m", 300 * US_PER_S},
        {"1h05m", 3900 * US_PER_S},
        {"2d", 48 * US_PER_HOUR},
        {"1", US_PER_HOUR},
        {"0", 0},
        {"0s", 0},
        {"3660d", INT64_C(3660) * 24 * US_PER_HOUR},
        {"1d2h3m4s5ms", 26 * US_PER_HOUR + 184 * US_PER_S + 5 * US_PER_MS},
    };
    static const struct {
        const char *text;
        enum rc rc;
    } BAD[] = {
        {"", RC_SYNTAX},     {"h", RC_SYNTAX},       {"1h30", RC_SYNTAX},
        {"0s30", RC_SYNTAX}, {"1w", RC_SYNTAX},      {"-1h", RC_SYNTAX},
        {"1.5h", RC_SYNTAX}, {" 1h", RC_SYNTAX},     {"3661d", RC_RANGE},
        {"87841", RC_RANGE}, {"3660d1ms", RC_RANGE}, {"99999999999999999999s", RC_SYNTAX},
    };
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        unit_row(GOOD[i].text);
        int64_t us = -1;
        CHECK_INT(duration_parse(&us, span_of(GOOD[i].text), NULL), RC_OK);
        CHECK_INT(us, GOOD[i].us);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        unit_row(BAD[i].text);
        int64_t us = -1;
        CHECK_INT(duration_parse(&us, span_of(BAD[i].text), NULL), BAD[i].rc);
        CHECK_INT(us, -1);
    }
    unit_row(NULL);
}

static bool knows_n1(void *arg, struct span id, int64_t *at_us)
{
    *at_us = *(const int64_t *)arg;
    return span_is(id, "n1");
}

static void moments(void)
{
    static const struct {
        const char *text, *at;
    } ROWS[] = {
        {"now", "2026-11-18T10:15:30.250Z"},
        {"hour", "2026-11-18T10:00:00.000Z"},
        {"hour-1", "2026-11-18T09:00:00.000Z"},
        {"hour+1h05m", "2026-11-18T11:05:00.000Z"},
        {"hour-30", "2026-11-17T04:00:00.000Z"},
        {"month", "2026-11-01T00:00:00.000Z"},
        {"month-1m", "2026-10-31T23:59:00.000Z"},
        {"start-hour", "2026-11-18T08:00:00.000Z"},
        {"start-hour-2h+5m", "2026-11-18T06:05:00.000Z"},
        {"+5m", "2026-11-18T10:20:30.250Z"},
        {"-250ms", "2026-11-18T10:15:30.000Z"},
        {"n1", "2026-11-18T09:40:00.000Z"},
        {"n1+1h-10m", "2026-11-18T10:30:00.000Z"},
        {"n2", NULL},
        {"", NULL},
        {"hour-", NULL},
        {"hour 1", NULL},
        {"start-hours", NULL},
        {"+1h30", NULL},
    };
    int64_t n1_us = 0;
    struct moment_context context = {.step_time = knows_n1, .arg = &n1_us};
    CHECK_INT(instant_parse(&n1_us, SPAN("2026-11-18T09:40:00Z")), RC_OK);
    CHECK_INT(instant_parse(&context.now_us, SPAN("2026-11-18T10:15:30.25Z")), RC_OK);
    CHECK_INT(instant_parse(&context.start_us, SPAN("2026-11-18T08:59:59Z")), RC_OK);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].text);
        int64_t at_us = 0;
        char text[INSTANT_TEXT];
        enum rc rc = moment_resolve(&at_us, span_of(ROWS[i].text), &context, NULL);
        instant_format(text, at_us);
        CHECK_TEXT(rc == RC_OK ? text : NULL, ROWS[i].at);
    }
    unit_row(NULL);
    context.step_time = NULL;
    CHECK_INT(moment_resolve(&n1_us, SPAN("n1"), &context, NULL), RC_UNKNOWN);
}

static void starts(void)
{
    static const struct {
        const char *time, *at;
    } ROWS[] = {{"{\"start\":\"month+30d+6h\"}", "2026-12-01T06:00:00.000Z"},
                {"{\"skew\":\"+20m\"}", "2026-11-18T10:15:00.000Z"},
                {NULL, "2026-11-18T10:15:00.000Z"}};
    int64_t base_us = 0;
    CHECK_INT(instant_parse(&base_us, SPAN("2026-11-18T10:15:00Z")), RC_OK);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        OWN(json) cJSON *time = NULL;
        if (ROWS[i].time != NULL) {
            CHECK_INT(json_read(&time, NULL, span_of(ROWS[i].time), NULL, NULL), RC_OK);
        }
        struct scenario s = {.time = time};
        char text[INSTANT_TEXT];
        instant_format(text, scenario_start_us(&s, base_us));
        CHECK_TEXT(text, ROWS[i].at);
    }
}

const struct unit_test MOMENT_TESTS[] = {
    {"durations", durations},
    {"moments", moments},
    {"where a case begins", starts},
    {NULL, NULL},
};
