// SPDX-License-Identifier: Apache-2.0
// A call as CloudTrail records it, in the form of the user guide's examples ("Logging AWS
// Marketplace Metering API calls with AWS CloudTrail").
#ifndef PROXY_SERVICE_CLOUDTRAIL_H
#define PROXY_SERVICE_CLOUDTRAIL_H

#include "proxy/aws/operation.h"
#include "proxy/base/json.h"
#include "proxy/service/world.h"

struct cloudtrail_call {
    const struct world *world;
    enum operation operation;
    const char *credential; // by whose name it was signed
    const char *region;
    struct span user_agent;
    const char *request_id;
    uint64_t number;         // of the call in its case: its eventID follows from it
    int64_t now_us;          // service time
    const cJSON *request;    // NULL: it could not be read
    const cJSON *response;   // of a success; NULL else
    struct span error, text; // name and message of a failure; empty: it succeeded
};

// Whether CloudTrail records calls of that operation. The guide shows the three that meter; of
// ResolveCustomer it says nothing.
bool cloudtrail_records(enum operation operation);
// Appends one member of the list "Records", without a comma.
void cloudtrail_add(struct buf *out, const struct cloudtrail_call *call);

#endif
