// SPDX-License-Identifier: Apache-2.0
// Where sellers may call BatchMeterUsage and ResolveCustomer.
#ifndef PROXY_SERVICE_REGION_H
#define PROXY_SERVICE_REGION_H

#include "proxy/base/span.h"

// API reference, "Region support": elsewhere the answer is DisabledApiException.
bool region_serves_sellers(struct span region);

#endif
