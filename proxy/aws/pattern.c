// SPDX-License-Identifier: Apache-2.0
#include "proxy/aws/pattern.h"

#include <string.h>

#define MAX_FRACTION_DIGITS 6
#define MAX_WHOLE_DIGITS 10

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum_or(char c, const char *others)
{
    return is_letter(c) || is_digit(c) || (c != '\0' && strchr(others, c) != NULL);
}

static bool all_alnum_or(struct span text, const char *others)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_alnum_or(text.at[i], others)) {
            return false;
        }
    }
    return true;
}

static bool all_digits(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.at[i])) {
            return false;
        }
    }
    return true;
}

bool pattern_product_code(struct span text)
{
    return all_alnum_or(text, "-/=:_.@");
}

bool pattern_account(struct span text)
{
    return text.len > 0 && all_digits(text);
}

// " -=" inside the brackets is a range, from the space to the equals sign; so most ASCII
// punctuation is allowed, although the author may have meant three characters.
bool pattern_tag(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!is_letter(c) && !(c >= ' ' && c <= '=') && c != '_' && c != '@') {
            return false;
        }
    }
    return true;
}

static bool all_letters_or_dash(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_letter(text.at[i]) && text.at[i] != '-') {
            return false;
        }
    }
    return true;
}

// [A-Za-z0-9][others]{0,more}
static bool is_started_part(struct span text, const char *others, size_t more)
{
    return text.len >= 1 && text.len <= more + 1 && is_alnum_or(text.at[0], "") &&
           all_alnum_or(text, others);
}

// [others]{0,63}
static bool is_part(struct span text, const char *others)
{
    return text.len <= 63 && all_alnum_or(text, others);
}

// ^arn:aws[a-zA-Z-]*:[A-Za-z0-9][A-Za-z0-9_/.-]{0,62}:[A-Za-z0-9_/.-]{0,63}:[A-Za-z0-9_/.-]{0,63}:
// [A-Za-z0-9][A-Za-z0-9:_/+=,@.-]{0,1023}$ : only the last part may hold colons, so the first four
// colons after "arn" divide it in one way only.
bool pattern_license_arn(struct span text)
{
    static const char PART[] = "_/.-";
    struct span rest = text;
    struct span arn = span_cut(&rest, ':');
    struct span partition = span_cut(&rest, ':');
    struct span service = span_cut(&rest, ':');
    struct span region = span_cut(&rest, ':');
    struct span account = span_cut(&rest, ':');
    return span_is(arn, "arn") && span_starts(partition, SPAN("aws")) &&
           all_letters_or_dash(partition) && is_started_part(service, PART, 62) &&
           is_part(region, PART) && is_part(account, PART) &&
           is_started_part(rest, ":_/+=,@.-", 1023);
}

static struct span fraction_of(struct span text, struct span *whole)
{
    struct span rest = text;
    *whole = span_cut(&rest, '.');
    return rest;
}

bool pattern_decimal(struct span text)
{
    struct span whole;
    struct span fraction = fraction_of(text, &whole);
    bool has_point = whole.len < text.len;
    return whole.len >= 1 && whole.len <= MAX_WHOLE_DIGITS && all_digits(whole) &&
           (whole.at[0] != '0' || whole.len == 1) &&
           (!has_point ||
            (fraction.len >= 1 && fraction.len <= MAX_FRACTION_DIGITS && all_digits(fraction)));
}

bool pattern_some(struct span text)
{
    return text.len > 0;
}

int64_t pattern_decimal_micros(struct span text)
{
    struct span whole;
    struct span fraction = fraction_of(text, &whole);
    int64_t micros = 0;
    for (size_t i = 0; i < whole.len; i++) {
        micros = micros * 10 + (whole.at[i] - '0');
    }
    for (size_t i = 0; i < MAX_FRACTION_DIGITS; i++) {
        micros = micros * 10 + (i < fraction.len ? fraction.at[i] - '0' : 0);
    }
    return micros;
}
