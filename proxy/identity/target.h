// SPDX-License-Identifier: Apache-2.0
// Whom a client asks: the service, one of those that its SDK asks for credentials and region, or
// the proxy that is to lead it to another host.
#ifndef PROXY_IDENTITY_TARGET_H
#define PROXY_IDENTITY_TARGET_H

#include "proxy/base/span.h"

enum target {
    TARGET_SERVICE,
    TARGET_IMDS,      // EC2 instance metadata service
    TARGET_CONTAINER, // the endpoint of container credentials, of ECS and of EKS Pod Identity
    TARGET_STS,
    TARGET_PROXY, // by CONNECT, on the port of the service: it has none of its own
    TARGET_COUNT
};

// As scenarios and journals write it: "service" "imds" "container-credentials" "sts" "proxy".
const char *target_name(enum target target);
// TARGET_COUNT when there is none of that name.
enum target target_find(struct span name);

#endif
