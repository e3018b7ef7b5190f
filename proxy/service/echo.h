// SPDX-License-Identifier: Apache-2.0
// A UsageRecord rendered again as it was sent; fast, for a reply holds 25 of them.
#ifndef PROXY_SERVICE_ECHO_H
#define PROXY_SERVICE_ECHO_H

#include "proxy/base/json.h"

// How a Timestamp is written: the same number in each case (Smithy, timestampFormat epoch-seconds:
// a JSON number, with a fraction or an exponent if the service likes).
enum echo_times {
    ECHO_AS_SENT,
    ECHO_DECIMAL, // 1794993600.000
    ECHO_EXPONENT // 1.794993600E+09
};

// Appends the record: every member, in the order in which it was sent.
void echo_record(struct buf *out, const cJSON *record, enum echo_times times);

#endif
