// SPDX-License-Identifier: Apache-2.0
// The ledger: what the service would bill, one entry per (region, product, customer or licence,
// dimension, hour), and for MeterUsage per instance, or per ClientToken. The first write wins.
#ifndef PROXY_SERVICE_LEDGER_H
#define PROXY_SERVICE_LEDGER_H

#include "proxy/base/buf.h"
#include "proxy/base/rc.h"
#include "proxy/base/span.h"

struct ledger_key {
    struct span region;
    struct span product; // symbol, or the wire value when unknown
    struct span payer; // customer's symbol with the model in front: "customer:acme", "license:acme"
    struct span dimension; // symbol, or the wire value when unknown
    int64_t hour_us;
    struct span instance; // MeterUsage: which instance, task or pod reported it; else empty
    struct span token;    // MeterUsage on AgentCore: the ClientToken; else empty
};

struct ledger_entry {
    struct ledger_key key; // spans owned by the ledger
    int64_t quantity;
    int64_t fraction_micros; // what a decimal quantity has beyond it, in millionths
    int64_t committed_us;    // service time
    char record_id[40];
    const char *allocations; // digest of its UsageAllocations; NULL when it has none
    bool preloaded;          // stood there before the case began
};

struct ledger;

struct ledger *ledger_new(void);
// Accepts NULL in *l and nulls it.
void ledger_free(struct ledger **l);
// NULL when nothing is billed under that key. Borrowed; stays valid until the ledger is freed.
const struct ledger_entry *ledger_find(const struct ledger *l, const struct ledger_key *key);
// The key must not be there yet. record_id is copied.
const struct ledger_entry *ledger_add(struct ledger *l, const struct ledger_key *key,
                                      int64_t quantity, int64_t now_us, const char *record_id);
// What an entry may have besides; the entry must be one of l's. allocations is copied.
void ledger_set_allocations(struct ledger *l, const struct ledger_entry *entry,
                            const char *allocations);
void ledger_set_fraction(struct ledger *l, const struct ledger_entry *entry, int64_t micros);
void ledger_set_preloaded(struct ledger *l, const struct ledger_entry *entry);
size_t ledger_count(const struct ledger *l);
const struct ledger_entry *ledger_at(const struct ledger *l, size_t i); // in order of commits
// {"entries":[{region,product,payer,dimension,hour,quantity,record,committed}]}, appended; hour and
// committed are moments as text; a quantity has its fraction, if any. Entries of MeterUsage have
// their instance, and token, too; those that were preloaded have "preloaded":true.
void ledger_render(const struct ledger *l, struct buf *out);
// One of these entries.
void ledger_render_entry(const struct ledger_entry *entry, struct buf *out);

#endif
