// SPDX-License-Identifier: Apache-2.0
#include "proxy/aws/timestamp.h"

#include <math.h>
#include <stdio.h>

// Microseconds of larger values would not fit 64 bits.
#define MAX_SECONDS 9.0e12

enum rc timestamp_read(int64_t *at_us, const cJSON *node)
{
    if (!cJSON_IsNumber(node)) {
        return RC_TYPE;
    }
    if (!(fabs(node->valuedouble) <= MAX_SECONDS)) {
        return RC_RANGE;
    }
    // The whole seconds first: multiplied together with them, a fraction would lose digits.
    double whole = floor(node->valuedouble);
    double fraction = node->valuedouble - whole;
    *at_us = (int64_t)whole * US_PER_S + (int64_t)llround(fraction * (double)US_PER_S);
    return RC_OK;
}

// Digits of a fraction in millionths, without the zeros at its end.
static void add_fraction(struct buf *b, uint64_t millionths)
{
    char digits[8];
    int len = snprintf(digits, sizeof digits, "%06u", (unsigned)(millionths % 1000000U));
    while (len > 0 && digits[len - 1] == '0') {
        len--;
    }
    if (len > 0) {
        buf_add_char(b, '.');
        buf_add(b, (struct span){.at = digits, .len = (size_t)len});
    }
}

void timestamp_add(struct buf *b, int64_t at_us)
{
    uint64_t magnitude = at_us < 0 ? ~(uint64_t)at_us + 1 : (uint64_t)at_us;
    if (at_us < 0) {
        buf_add_char(b, '-');
    }
    buf_add_u64(b, magnitude / (uint64_t)US_PER_S);
    add_fraction(b, magnitude % (uint64_t)US_PER_S);
}

void timestamp_add_scientific(struct buf *b, int64_t at_us)
{
    char digits[24];
    uint64_t magnitude = at_us < 0 ? ~(uint64_t)at_us + 1 : (uint64_t)at_us;
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)magnitude);
    int exponent = magnitude == 0 ? 0 : len - 1 - 6; // the digits count microseconds
    while (len > 2 && digits[len - 1] == '0') {
        len--;
    }
    const char *rest = len > 1 ? digits + 1 : "0"; // Double.toString has a digit after the point
    buf_addf(b, "%s%c.%.*sE%d", at_us < 0 ? "-" : "", digits[0], len > 1 ? len - 1 : 1, rest,
             exponent);
}

void timestamp_java(char out[TIMESTAMP_JAVA_TEXT], int64_t at_us)
{
    static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil c = instant_civil(at_us);
    int hour = c.hour % 12 == 0 ? 12 : c.hour % 12;
    (void)snprintf(out, TIMESTAMP_JAVA_TEXT, "%s %d, %d %d:%02d:%02d %s", MONTHS[c.month - 1],
                   c.day, c.year, hour, c.minute, c.second, c.hour < 12 ? "AM" : "PM");
}
