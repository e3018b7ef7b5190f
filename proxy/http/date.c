// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/date.h"

#include <stdio.h>

#include "proxy/base/instant.h"

// RFC 9110 5.6.7: IMF-fixdate.
void h1_date(char out[H1_DATE], int64_t at_us)
{
    static const char *const DAYS[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil c = instant_civil(at_us);
    int64_t day = at_us / (24 * US_PER_HOUR); // 1970-01-01 was a Thursday
    (void)snprintf(out, H1_DATE, "%s, %02d %s %04d %02d:%02d:%02d GMT", DAYS[day % 7], c.day,
                   MONTHS[c.month - 1], c.year, c.hour, c.minute, c.second);
}
