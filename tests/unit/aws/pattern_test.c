// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/aws/aws_tests.h"

#include "proxy/aws/pattern.h"
#include "proxy/base/own.h"

static void license_arns(void)
{
    static const struct {
        const char *arn;
        bool good;
    } ROWS[] = {
        {"arn:aws:license-manager::123456789012:license:l-0123456789abcdef", true},
        {"arn:aws-us-gov:l:us-gov-west-1:1:x", true},
        {"arn:awsX-:a/b._-:r/.:_:a:b/c+=,@.-", true},
        {"arn:aws:l:::x", true},
        {"arn:aws:l:::", false},
        {"arn:aws:l::", false},
        {"arn:aws:l:::-x", false},
        {"arn:aws:_l:::x", false},
        {"arn:aws::::x", false},
        {"arn:aws1:l:::x", false},
        {"arn:az:l:::x", false},
        {"urn:aws:l:::x", false},
        {"arn:aws:l:r r::x", false},
        {"arn:aws:l:::x ", false},
        {"xarn:aws:l:::x", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].arn);
        CHECK_INT(pattern_license_arn(span_of(ROWS[i].arn)), ROWS[i].good);
    }
    unit_row(NULL);
}

// The lengths of each part, at the limit and beyond.
static bool arn_of_lengths(size_t service, size_t region, size_t account, size_t resource)
{
    const size_t lengths[] = {service, region, account, resource};
    struct buf b = {0};
    buf_add_text(&b, "arn:aws");
    for (size_t i = 0; i < 4; i++) {
        buf_add_char(&b, ':');
        for (size_t j = 0; j < lengths[i]; j++) {
            buf_add_char(&b, 'x');
        }
    }
    bool good = pattern_license_arn(buf_span(&b));
    buf_clear(&b);
    return good;
}

static void license_lengths(void)
{
    CHECK(arn_of_lengths(63, 63, 63, 1024));
    CHECK(!arn_of_lengths(64, 63, 63, 1024));
    CHECK(!arn_of_lengths(63, 64, 63, 1024));
    CHECK(!arn_of_lengths(63, 63, 64, 1024));
    CHECK(!arn_of_lengths(63, 63, 63, 1025));
}

static void decimals(void)
{
    static const struct {
        const char *text;
        int64_t micros; // -1: none
    } ROWS[] = {
        {"0", 0},
        {"17", 17000000},
        {"17.42", 17420000},
        {"0.000001", 1},
        {"9999999999.999999", INT64_C(9999999999999999)},
        {"12345678901", -1},
        {"1.", -1},
        {".5", -1},
        {"01", -1},
        {"00", -1},
        {"-1", -1},
        {"+1", -1},
        {"1e3", -1},
        {"1.1234567", -1},
        {"1.2.3", -1},
        {" 1", -1},
        {"", -1},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].text);
        struct span text = span_of(ROWS[i].text);
        bool good = pattern_decimal(text);
        CHECK_INT(good, ROWS[i].micros >= 0);
        if (good) {
            CHECK_INT(pattern_decimal_micros(text), ROWS[i].micros);
        }
    }
    unit_row(NULL);
}

// Every byte, against the class as the pattern spells it.
static void classes(void)
{
    for (unsigned c = 1; c < 256; c++) {
        char text[2] = {(char)c, '\0'};
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool product = alnum || c == '-' || c == '/' || c == '=' || c == ':' || c == '_' ||
                       c == '.' || c == '@';
        bool tag = alnum || (c >= 0x20 && c <= 0x3d) || c == '_' || c == '@';
        CHECK_INT(pattern_product_code(span_of(text)), product);
        CHECK_INT(pattern_tag(span_of(text)), tag);
        CHECK_INT(pattern_account(span_of(text)), c >= '0' && c <= '9');
    }
    struct span nul = {.at = "\0", .len = 1};
    CHECK(!pattern_product_code(nul) && !pattern_tag(nul) && pattern_some(nul));
    CHECK(!pattern_account(span_of("")) && pattern_product_code(span_of("")));
}

const struct unit_test PATTERN_TESTS[] = {
    {"licence ARNs", license_arns},
    {"lengths inside licence ARNs", license_lengths},
    {"decimals", decimals},
    {"character classes", classes},
    {NULL, NULL},
};
