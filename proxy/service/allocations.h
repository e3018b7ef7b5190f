// SPDX-License-Identifier: Apache-2.0
// UsageAllocations as they count when two records are compared.
#ifndef PROXY_SERVICE_ALLOCATIONS_H
#define PROXY_SERVICE_ALLOCATIONS_H

#include "proxy/base/digest.h"
#include "proxy/base/json.h"

// A digest of what the allocations say, whatever the order of buckets, tags and members; "" for
// NULL. They must have been checked against their shape.
void allocations_digest(char out[SHA256_HEX], const cJSON *allocations);

#endif
