// SPDX-License-Identifier: Apache-2.0
// Timestamps as they travel: seconds since 1970 as a JSON number (Smithy, "epoch-seconds"), and the
// form in which CloudTrail shows them inside request parameters.
#ifndef PROXY_AWS_TIMESTAMP_H
#define PROXY_AWS_TIMESTAMP_H

#include "proxy/base/instant.h"
#include "proxy/base/json.h"

// Holds "Sep 19, 292277 12:32:50 PM" and its NUL.
#define TIMESTAMP_JAVA_TEXT 48

// Reads a JSON number of seconds, with fraction or exponent, rounded to the microsecond. RC_TYPE
// when it is no number (a date as text is none); RC_RANGE when it is beyond all calendars. Seconds
// that are really milliseconds are read as what they say: a year far ahead.
MUST_USE enum rc timestamp_read(int64_t *at_us, const cJSON *node);

// Appends seconds as a JSON number: 1767225600, 1767225600.5.
void timestamp_add(struct buf *b, int64_t at_us);
// The same number as Java prints a double: 1.7672256E9. Equally legal JSON.
void timestamp_add_scientific(struct buf *b, int64_t at_us);

// "Apr 19, 2018 4:32:50 PM": UTC, twelve hours, no leading zeros on day and hour, no zone.
void timestamp_java(char out[TIMESTAMP_JAVA_TEXT], int64_t at_us);

#endif
