// SPDX-License-Identifier: Apache-2.0
// How many calls a second the service takes of one account in one Region: a token bucket for each
// operation. Time is passed in, from the monotonic clock: what throttles is real time.
#ifndef PROXY_SERVICE_QUOTA_H
#define PROXY_SERVICE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "proxy/aws/operation.h"
#include "proxy/base/span.h"

// One account in one Region. All zero: nothing was taken yet.
struct quota {
    struct {
        bool is_begun;
        int64_t at_us;   // when it was last looked at
        int64_t fill_us; // how long it took to fill what is in it
    } buckets[OPERATION_COUNT];
};

// Of all who call, each account in each Region for itself. All zero: nothing was taken yet.
struct quotas {
    struct quota_row {
        char *account, *region;
        struct quota quota;
    } * rows;
    size_t count, capacity;
};

// Calls a second that are documented for an operation; 0: nothing is.
int64_t quota_per_s(enum operation operation);
// Takes one call at that time, which never goes back; false when the bucket is empty.
bool quota_take(struct quota *q, enum operation operation, int64_t now_us);
// The same, of that account in that Region.
bool quotas_take(struct quotas *all, struct span account, struct span region,
                 enum operation operation, int64_t now_us);
void quotas_clear(struct quotas *all);

#endif
