// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/instant.h"

#define US_PER_DAY (INT64_C(24) * US_PER_HOUR)

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

// Days since 1970-01-01 of a proleptic Gregorian date; years begin in March so that leap days come
// last. 146097 days are one 400-year cycle.
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t cycle = floor_div(y, 400);
    int64_t year_of_cycle = y - cycle * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_cycle =
        year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    return cycle * 146097 + day_of_cycle - 719468;
}

struct civil instant_civil(int64_t at_us)
{
    int64_t days = floor_div(at_us, US_PER_DAY);
    int64_t rest = at_us - days * US_PER_DAY;
    int64_t z = days + 719468;
    int64_t cycle = floor_div(z, 146097);
    int64_t day_of_cycle = z - cycle * 146097;
    int64_t year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
    int64_t day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    return (struct civil){
        .year = (int)(year_of_cycle + cycle * 400 + (month <= 2 ? 1 : 0)),
        .month = month,
        .day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
        .hour = (int)(rest / US_PER_HOUR),
        .minute = (int)(rest / (60 * US_PER_S) % 60),
        .second = (int)(rest / US_PER_S % 60),
        .microsecond = (int)(rest % US_PER_S),
    };
}

int64_t instant_from_civil(const struct civil *c)
{
    return days_from_date(c->year, c->month, c->day) * US_PER_DAY + c->hour * US_PER_HOUR +
           c->minute * INT64_C(60) * US_PER_S + c->second * US_PER_S + c->microsecond;
}

// Journals render several moments a record, and snprintf would cost more than all the rest of them.
static char *put(char *out, int value, int digits, char end)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    out[digits] = end;
    return out + digits + 1;
}

static char *put_seconds(char *out, const struct civil *c, char end)
{
    // Four digits hold the years that a journal can name.
    out = put(out, c->year < 0 ? 0 : c->year % 10000, 4, '-');
    out = put(out, c->month, 2, '-');
    out = put(out, c->day, 2, 'T');
    out = put(out, c->hour, 2, ':');
    out = put(out, c->minute, 2, ':');
    return put(out, c->second, 2, end);
}

void instant_format(char out[INSTANT_TEXT], int64_t at_us)
{
    struct civil c = instant_civil(at_us);
    char *rest = put_seconds(out, &c, '.');
    rest = put(rest, c.microsecond / 1000, 3, 'Z');
    *rest = '\0';
}

void instant_format_s(char out[INSTANT_TEXT], int64_t at_us)
{
    struct civil c = instant_civil(at_us);
    *put_seconds(out, &c, 'Z') = '\0';
}

static bool take_number(struct span *rest, size_t digits, char end, int *value)
{
    uint64_t number = 0;
    if (rest->len < digits || !span_to_u64(span_slice(*rest, 0, digits), 9999, &number)) {
        return false;
    }
    *rest = span_slice(*rest, digits, rest->len);
    *value = (int)number;
    if (end == '\0') {
        return true;
    }
    if (rest->len == 0 || rest->at[0] != end) {
        return false;
    }
    *rest = span_slice(*rest, 1, rest->len);
    return true;
}

static bool take_fraction(struct span *rest, int *microsecond)
{
    *microsecond = 0;
    if (rest->len == 0 || rest->at[0] != '.') {
        return true;
    }
    int scale = 100000;
    size_t i = 1;
    for (; i < rest->len && rest->at[i] >= '0' && rest->at[i] <= '9'; i++) {
        *microsecond += (rest->at[i] - '0') * scale;
        scale /= 10;
    }
    *rest = span_slice(*rest, i, rest->len);
    return i > 1;
}

enum rc instant_parse(int64_t *at_us, struct span text)
{
    struct civil c = {0};
    struct span rest = text;
    if (!take_number(&rest, 4, '-', &c.year) || !take_number(&rest, 2, '-', &c.month) ||
        !take_number(&rest, 2, 'T', &c.day) || !take_number(&rest, 2, ':', &c.hour) ||
        !take_number(&rest, 2, ':', &c.minute) || !take_number(&rest, 2, '\0', &c.second) ||
        !take_fraction(&rest, &c.microsecond) || !span_is(rest, "Z")) {
        return RC_SYNTAX;
    }
    int64_t value = instant_from_civil(&c);
    struct civil back = instant_civil(value);
    // A date that does not come back as itself (31 February, 25:00) does not exist.
    if (back.month != c.month || back.day != c.day || back.hour != c.hour ||
        back.minute != c.minute || back.second != c.second) {
        return RC_RANGE;
    }
    *at_us = value;
    return RC_OK;
}

int64_t instant_hour(int64_t at_us)
{
    return floor_div(at_us, US_PER_HOUR) * US_PER_HOUR;
}

int64_t instant_month(int64_t at_us)
{
    struct civil c = instant_civil(at_us);
    return instant_from_civil(&(struct civil){.year = c.year, .month = c.month, .day = 1});
}
