// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/aws/aws_tests.h"

#include "proxy/aws/timestamp.h"
#include "proxy/base/own.h"

static void reads(void)
{
    static const struct {
        const char *json;
        enum rc rc;
        int64_t at_us;
    } ROWS[] = {
        {"1767225600", RC_OK, INT64_C(1767225600000000)},
        {"1767225600.5", RC_OK, INT64_C(1767225600500000)},
        {"1767225600.123456", RC_OK, INT64_C(1767225600123456)},
        {"1.7672256E9", RC_OK, INT64_C(1767225600000000)},
        {"1767225600.9999999", RC_OK, INT64_C(1767225601000000)},
        {"-0.25", RC_OK, -250000},
        {"0", RC_OK, 0},
        {"1767225600000", RC_OK, INT64_C(1767225600000000000)}, // milliseconds: another year
        {"1e13", RC_RANGE, 0},
        {"-1e300", RC_RANGE, 0},
        {"\"2026-01-01T00:00:00Z\"", RC_TYPE, 0},
        {"\"1767225600\"", RC_TYPE, 0},
        {"true", RC_TYPE, 0},
        {"null", RC_TYPE, 0},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].json);
        OWN(json) cJSON *node = NULL;
        int64_t at_us = 0;
        CHECK_INT(json_read(&node, NULL, span_of(ROWS[i].json), NULL, NULL), RC_OK);
        CHECK_INT(timestamp_read(&at_us, node), ROWS[i].rc);
        CHECK_INT(at_us, ROWS[i].at_us);
    }
    unit_row(NULL);
}

static void check_number(int64_t at_us, const char *plain, const char *scientific)
{
    struct buf b = {0};
    timestamp_add(&b, at_us);
    OWN(text) char *first = buf_take_text(&b);
    timestamp_add_scientific(&b, at_us);
    OWN(text) char *second = buf_take_text(&b);
    CHECK_TEXT(first, plain);
    CHECK_TEXT(second, scientific);
    OWN(json) cJSON *node = NULL;
    int64_t back_us = 0;
    CHECK_INT(json_read(&node, NULL, span_of(second), NULL, NULL), RC_OK);
    CHECK_INT(timestamp_read(&back_us, node), RC_OK);
    CHECK_INT(back_us, at_us);
}

static void numbers(void)
{
    check_number(INT64_C(1767225600000000), "1767225600", "1.7672256E9");
    check_number(INT64_C(1767225600500000), "1767225600.5", "1.7672256005E9");
    check_number(INT64_C(2000000000000000), "2000000000", "2.0E9");
    check_number(0, "0", "0.0E0");
    check_number(-250000, "-0.25", "-2.5E-1");
    check_number(1, "0.000001", "1.0E-6");
}

static void java(void)
{
    static const struct {
        const char *instant, *java;
    } ROWS[] = {
        {"2018-04-19T16:32:50Z", "Apr 19, 2018 4:32:50 PM"},
        {"2018-12-01T00:05:09Z", "Dec 1, 2018 12:05:09 AM"},
        {"2018-01-31T12:00:00Z", "Jan 31, 2018 12:00:00 PM"},
        {"2018-09-09T11:59:59Z", "Sep 9, 2018 11:59:59 AM"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        int64_t at_us = 0;
        char text[TIMESTAMP_JAVA_TEXT];
        CHECK_INT(instant_parse(&at_us, span_of(ROWS[i].instant)), RC_OK);
        timestamp_java(text, at_us);
        CHECK_TEXT(text, ROWS[i].java);
    }
}

const struct unit_test TIMESTAMP_TESTS[] = {
    {"read from JSON", reads},
    {"written as a number", numbers},
    {"CloudTrail's form", java},
    {NULL, NULL},
};
