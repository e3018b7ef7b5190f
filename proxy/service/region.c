// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/region.h"

// API reference, metering-regions, "BatchMeterUsage Region support", as of 2026.
static const char *const SELLER_REGIONS[] = {
    "us-east-1",    "us-east-2",      "us-west-1",      "us-west-2",      "af-south-1",
    "ap-east-1",    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
    "ap-south-2",   "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
    "ca-central-1", "eu-central-1",   "eu-central-2",   "eu-north-1",     "eu-south-1",
    "eu-south-2",   "eu-west-1",      "eu-west-2",      "eu-west-3",      "il-central-1",
    "me-central-1", "me-south-1",     "sa-east-1",      "cn-northwest-1",
};

bool region_serves_sellers(struct span region)
{
    for (size_t i = 0; i < sizeof SELLER_REGIONS / sizeof SELLER_REGIONS[0]; i++) {
        if (span_is(region, SELLER_REGIONS[i])) {
            return true;
        }
    }
    return false;
}
