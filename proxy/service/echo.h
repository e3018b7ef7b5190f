// SPDX-License-Identifier: Apache-2.0
// A UsageRecord rendered again as it was sent; fast, for a reply holds 25 of them.
#ifndef PROXY_SERVICE_ECHO_H
#define PROXY_SERVICE_ECHO_H

#include "proxy/base/json.h"

// Appends the record: every member, in the order in which it was sent.
void echo_record(struct buf *out, const cJSON *record);

#endif
