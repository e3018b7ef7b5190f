// SPDX-License-Identifier: Apache-2.0
// Usage allocations (vendor-metered tagging): buckets of one record's quantity, told apart by tags.
#ifndef PROXY_AWS_ALLOCATION_H
#define PROXY_AWS_ALLOCATION_H

#include "proxy/aws/violations.h"

// Holds the allocations of a record, whose shapes have been checked, against its quantity: their
// sum is the quantity, no two buckets bear the same tags (nor two none), and all quantities are of
// one kind. Violations are InvalidUsageAllocationsException.
void allocation_check(struct violations *f, const struct usage_record *record,
                      const struct ruleset *rules);

// a + b, cut at the ends of what 64 bits hold.
int64_t allocation_add(int64_t a, int64_t b);
// A whole number as millionths, cut likewise.
int64_t allocation_micros(int64_t whole);

#endif
