// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/quota.h"

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"

// A bucket that holds one second's worth of calls and fills at the documented rate. What bursts AWS
// allows is not documented.
struct quota_account {
    enum operation operation;
    char *account, *region;
    int64_t full_us; // from that moment on the bucket is full
};

// ResolveCustomer has none that is documented.
static const int RATES[OPERATION_COUNT] = {
    [OPERATION_BATCH_METER_USAGE] = 10,
    [OPERATION_METER_USAGE] = 10,
    [OPERATION_REGISTER_USAGE] = 5,
};

static struct quota_account *find(struct quota *q, enum operation operation, struct span account,
                                  struct span region)
{
    for (size_t i = 0; i < q->count; i++) {
        struct quota_account *a = &q->accounts[i];
        if (a->operation == operation && span_is(account, a->account) &&
            span_is(region, a->region)) {
            return a;
        }
    }
    X_GROW(q->accounts, q->count, q->capacity);
    q->accounts[q->count] = (struct quota_account){
        .operation = operation, .account = span_dup(account), .region = span_dup(region)};
    return &q->accounts[q->count++];
}

bool quota_take(struct quota *q, enum operation operation, struct span account, struct span region,
                int64_t monotonic_us)
{
    if (RATES[operation] == 0) {
        return true;
    }
    struct quota_account *a = find(q, operation, account, region);
    int64_t call_us = US_PER_S / RATES[operation];
    int64_t full_us = a->full_us < monotonic_us ? monotonic_us : a->full_us;
    if (full_us + call_us > monotonic_us + US_PER_S) {
        return false;
    }
    a->full_us = full_us + call_us;
    return true;
}

void quota_clear(struct quota *q)
{
    for (size_t i = 0; i < q->count; i++) {
        x_free(q->accounts[i].account);
        x_free(q->accounts[i].region);
    }
    x_free(q->accounts);
    *q = (struct quota){0};
}
