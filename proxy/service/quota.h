// SPDX-License-Identifier: Apache-2.0
// Quotas: calls a second, for one account and one Region (developer guide,
// metering-service-quotas).
#ifndef PROXY_SERVICE_QUOTA_H
#define PROXY_SERVICE_QUOTA_H

#include "proxy/aws/operation.h"

struct quota_account;

// Zeroed before its first use.
struct quota {
    struct quota_account *accounts;
    size_t count, capacity;
};

// Whether one more call may be made now; if so it is counted. Operations without a quota always
// may.
bool quota_take(struct quota *q, enum operation operation, struct span account, struct span region,
                int64_t monotonic_us);
void quota_clear(struct quota *q);

#endif
