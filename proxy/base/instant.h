// SPDX-License-Identifier: Apache-2.0
// Moments on the UTC calendar, as microseconds since 1970-01-01T00:00:00Z (names end in _us).
#ifndef PROXY_BASE_INSTANT_H
#define PROXY_BASE_INSTANT_H

#include "proxy/base/rc.h"
#include "proxy/base/span.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)
#define US_PER_HOUR (INT64_C(3600) * US_PER_S)

// Holds "2026-11-18T10:15:00.123Z" and its NUL.
#define INSTANT_TEXT 32

struct civil {
    int year;
    int month; // 1 to 12
    int day;   // 1 to 31
    int hour, minute, second;
    int microsecond;
};

struct civil instant_civil(int64_t at_us);
int64_t instant_from_civil(const struct civil *civil);

// RFC 3339 in UTC with milliseconds: "2026-11-18T10:15:00.123Z".
void instant_format(char out[INSTANT_TEXT], int64_t at_us);
// The same to the second: "2026-11-18T10:15:00Z".
void instant_format_s(char out[INSTANT_TEXT], int64_t at_us);
// Reads "YYYY-MM-DDTHH:MM:SS[.fraction]Z"; RC_SYNTAX or RC_RANGE otherwise.
MUST_USE enum rc instant_parse(int64_t *at_us, struct span text);

// The start of the hour, or of the calendar month, in which the moment lies.
int64_t instant_hour(int64_t at_us);
int64_t instant_month(int64_t at_us);

#endif
