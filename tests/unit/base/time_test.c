// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/base_tests.h"

#include "proxy/base/clock.h"
#include "proxy/base/draw.h"
#include "proxy/base/instant.h"

static void instants(void)
{
    static const struct {
        const char *text;
        int64_t s;
    } ROWS[] = {
        {"1970-01-01T00:00:00Z", 0},          {"2026-11-18T10:15:00Z", 1794996900},
        {"2000-02-29T23:59:59Z", 951868799},  {"1969-12-31T23:59:59Z", -1},
        {"2100-03-01T00:00:00Z", 4107542400},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].text);
        int64_t at_us = 0;
        char text[INSTANT_TEXT];
        CHECK_INT(instant_parse(&at_us, span_of(ROWS[i].text)), RC_OK);
        CHECK_INT(at_us, ROWS[i].s * US_PER_S);
        instant_format_s(text, at_us);
        CHECK_TEXT(text, ROWS[i].text);
    }
    unit_row(NULL);
}

static void refuses(void)
{
    static const char *const ROWS[] = {
        "2026-02-29T00:00:00Z",  "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z",  "2026-01-01 00:00:00Z", "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z", "26-01-01T00:00:00Z",   ""};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i]);
        int64_t at_us = 0;
        CHECK(instant_parse(&at_us, span_of(ROWS[i])) != RC_OK);
    }
    unit_row(NULL);
}

static void hours(void)
{
    int64_t at_us = 0;
    CHECK_INT(instant_parse(&at_us, span_of("2026-11-18T10:15:00.5Z")), RC_OK);
    char text[INSTANT_TEXT];
    instant_format(text, at_us);
    CHECK_TEXT(text, "2026-11-18T10:15:00.500Z");
    instant_format_s(text, instant_hour(at_us));
    CHECK_TEXT(text, "2026-11-18T10:00:00Z");
    instant_format_s(text, instant_month(at_us));
    CHECK_TEXT(text, "2026-11-01T00:00:00Z");
    instant_format_s(text, instant_hour(-1));
    CHECK_TEXT(text, "1969-12-31T23:00:00Z");
}

static void draws(void)
{
    struct draw d = {.seed = 1, .case_id = span_of("BMU-R02"), .rule = span_of("r"), .index = 1};
    double first = draw_unit(&d, 0);
    CHECK(first >= 0 && first < 1);
    CHECK(draw_u64(&d, 0) == draw_u64(&d, 0) && draw_u64(&d, 0) != draw_u64(&d, 1));
    struct draw other = d;
    other.case_id = span_of("BMU-R0");
    other.rule = span_of("2r");
    CHECK(draw_u64(&other, 0) != draw_u64(&d, 0));
    int low = 0;
    for (d.index = 1; d.index <= 10000; d.index++) {
        low += draw_unit(&d, 0) < 0.3 ? 1 : 0;
    }
    CHECK(low > 2800 && low < 3200);
}

static void clocks(void)
{
    struct manual_time time = {.monotonic_us = 5, .wall_us = 7};
    struct clock c = clock_manual(&time);
    CHECK_INT(clock_monotonic_us(&c), 5);
    time.wall_us = 9;
    CHECK_INT(clock_wall_us(&c), 9);
    struct clock real = clock_system();
    CHECK(clock_monotonic_us(&real) > 0 && clock_wall_us(&real) > 0);
}

const struct unit_test TIME_TESTS[] = {
    {"instants", instants},      {"what is no instant", refuses},
    {"hours and months", hours}, {"draws", draws},
    {"clocks", clocks},          {NULL, NULL},
};
