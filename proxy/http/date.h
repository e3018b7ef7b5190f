// SPDX-License-Identifier: Apache-2.0
// The date format of HTTP fields.
#ifndef PROXY_HTTP_DATE_H
#define PROXY_HTTP_DATE_H

#include <stdint.h>

#define H1_DATE 40

// "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate); from 1970 on.
void h1_date(char out[H1_DATE], int64_t at_us);

#endif
