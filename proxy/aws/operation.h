// SPDX-License-Identifier: Apache-2.0
// The four operations of the Metering Service and how a request names one.
#ifndef PROXY_AWS_OPERATION_H
#define PROXY_AWS_OPERATION_H

#include "proxy/base/span.h"

#define AWS_SIGNING_NAME "aws-marketplace"
#define AWS_TARGET_PREFIX "AWSMPMeteringService."
#define AWS_CONTENT_TYPE "application/x-amz-json-1.1"

enum operation {
    OPERATION_NONE, // the request names none that we know
#define OPERATION(id, name) OPERATION_##id,
#include "proxy/aws/operation.def"
    OPERATION_COUNT
};

// "BatchMeterUsage"; "" for OPERATION_NONE.
const char *operation_name(enum operation operation);
// OPERATION_NONE when there is no such name.
enum operation operation_find(struct span name);
// From the value of X-Amz-Target; OPERATION_NONE when the prefix or the name is another.
enum operation operation_from_target(struct span target);

#endif
