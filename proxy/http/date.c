// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/date.h"

#include <string.h>

#include "proxy/base/instant.h"

// Every reply has one, and snprintf takes seven times as long.
static void put(char *out, int value, size_t digits)
{
    while (digits-- > 0) {
        out[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

// RFC 9110 5.6.7: IMF-fixdate.
void h1_date(char out[H1_DATE], int64_t at_us)
{
    static const char DAYS[] = "ThuFriSatSunMonTueWed"; // 1970-01-01 was a Thursday
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct civil c = instant_civil(at_us);
    memcpy(out, "___, 00 ___ 0000 00:00:00 GMT", sizeof "___, 00 ___ 0000 00:00:00 GMT");
    memcpy(out, DAYS + at_us / (24 * US_PER_HOUR) % 7 * 3, 3);
    put(out + 5, c.day, 2);
    memcpy(out + 8, MONTHS + (size_t)(c.month - 1) * 3, 3);
    put(out + 12, c.year, 4);
    put(out + 17, c.hour, 2);
    put(out + 20, c.minute, 2);
    put(out + 23, c.second, 2);
}
