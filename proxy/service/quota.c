// SPDX-License-Identifier: Apache-2.0
// A bucket is kept as the time that filled it: a call costs a second divided by the quota, and no
// more than a second is saved up. So a whole second's calls may come at once after a rest, which is
// our reading: the quotas page tells a rate and no burst.
#include "proxy/service/quota.h"

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"

// Quotas page of the Metering Service: each for one account in one Region.
static const int64_t PER_S[OPERATION_COUNT] = {
    [OPERATION_BATCH_METER_USAGE] = 10,
    [OPERATION_METER_USAGE] = 10,
    [OPERATION_REGISTER_USAGE] = 5,
};

int64_t quota_per_s(enum operation operation)
{
    return PER_S[operation];
}

bool quota_take(struct quota *q, enum operation operation, int64_t now_us)
{
    int64_t per_s = quota_per_s(operation);
    if (per_s == 0) {
        return true;
    }
    int64_t fill_us = US_PER_S;
    if (q->buckets[operation].is_begun) {
        fill_us = q->buckets[operation].fill_us + (now_us - q->buckets[operation].at_us);
        fill_us = fill_us < US_PER_S ? fill_us : US_PER_S;
    }
    int64_t cost_us = US_PER_S / per_s;
    bool taken = fill_us >= cost_us;
    q->buckets[operation].is_begun = true;
    q->buckets[operation].at_us = now_us;
    q->buckets[operation].fill_us = taken ? fill_us - cost_us : fill_us;
    return taken;
}

static struct quota *quota_of(struct quotas *all, struct span account, struct span region)
{
    for (size_t i = 0; i < all->count; i++) {
        if (span_is(account, all->rows[i].account) && span_is(region, all->rows[i].region)) {
            return &all->rows[i].quota;
        }
    }
    X_GROW(all->rows, all->count, all->capacity);
    all->rows[all->count] =
        (struct quota_row){.account = span_dup(account), .region = span_dup(region)};
    return &all->rows[all->count++].quota;
}

bool quotas_take(struct quotas *all, struct span account, struct span region,
                 enum operation operation, int64_t now_us)
{
    return quota_take(quota_of(all, account, region), operation, now_us);
}

void quotas_clear(struct quotas *all)
{
    for (size_t i = 0; i < all->count; i++) {
        x_free(all->rows[i].account);
        x_free(all->rows[i].region);
    }
    x_free(all->rows);
    *all = (struct quotas){0};
}
