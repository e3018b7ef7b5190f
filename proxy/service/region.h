// SPDX-License-Identifier: Apache-2.0
// Where each operation is offered.
#ifndef PROXY_SERVICE_REGION_H
#define PROXY_SERVICE_REGION_H

#include "proxy/base/span.h"

enum region_use {
    REGION_SELLERS,      // BatchMeterUsage and ResolveCustomer, which sellers call from anywhere
    REGION_INSTANCES,    // MeterUsage from EC2
    REGION_CONTAINERS,   // MeterUsage from ECS and EKS
    REGION_REGISTRATION, // RegisterUsage
    REGION_USES
};

// API reference, "Supported AWS Regions for the AWS Marketplace Metering API": elsewhere the answer
// is DisabledApiException. For RegisterUsage the list was not to be had: all commercial Regions of
// the service, which is the lenient reading.
bool region_offers(struct span region, enum region_use use);
// Whether the text has the form of a Region's name: "us-east-1".
bool region_is_name(struct span text);

#endif
