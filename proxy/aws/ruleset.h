// SPDX-License-Identifier: Apache-2.0
// Rule sets: the service's limits as documented at a date. The acceptance window was one hour, then
// six, and is 24 h with a month-end cut-off for BatchMeterUsage.
#ifndef PROXY_AWS_RULESET_H
#define PROXY_AWS_RULESET_H

#include "proxy/aws/operation.h"

struct ruleset {
    const char *name;        // "2019-06", "2021", "2026-09", "2026-10"
    int64_t batch_window_us; // BatchMeterUsage: how old an event may be
    int64_t meter_window_us; // MeterUsage
    int64_t month_grace_us;  // how long after the month's end its records are taken; 0: no rule
    int64_t max_quantity;    // 1000000 in 2019, 2147483647 since
    bool has_allocations;    // UsageAllocations exist; quantities and DryRun may be left out
    bool has_licenses;       // LicenseArn and CustomerAWSAccountId exist
    bool has_decimals;       // QuantityAsDecimal and its like exist (October 2026)
    bool has_agreements;     // ResolveCustomer tells the agreement (October 2026)
};

// The newest; never NULL.
const struct ruleset *ruleset_newest(void);
// NULL when there is none of that name.
const struct ruleset *ruleset_find(struct span name);
// All of them, oldest first; *count is set.
const struct ruleset *ruleset_all(size_t *count);

// Whether that operation takes an event of event_us at now_us (both service time); true for
// operations that report no event.
//
// The documents say how old an *event* may be; a record bears the hour of many events, and the
// service rounds timestamps down to the hour. So a record is held to be as old as the latest event
// its hour can contain: it is taken from the start of the current hour less the window. That is the
// boundary observed in the six-hour years; it is lenient by less than an hour where the documents
// leave it open, because a refusal that AWS would not make is a false failure of the client.
// Nothing is documented about the future: taken up to the end of the current hour, plus five
// minutes for clocks that are ahead.
bool ruleset_takes(const struct ruleset *rules, enum operation operation, int64_t event_us,
                   int64_t now_us);

#endif
