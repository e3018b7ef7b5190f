// SPDX-License-Identifier: Apache-2.0
// Rule sets: the service's limits as documented at a date. The acceptance window was one hour, then
// six, and is 24 h with a month-end cut-off for BatchMeterUsage.
#ifndef PROXY_AWS_RULESET_H
#define PROXY_AWS_RULESET_H

#include "proxy/aws/operation.h"

struct ruleset {
    const char *name;              // "2019-06", "2021", "2026-09"
    int64_t batch_window_us;       // BatchMeterUsage: how old an event may be
    int64_t meter_window_us;       // MeterUsage
    int64_t month_grace_us;        // how long after the month's end its records are taken; 0: no rule
    int64_t max_quantity;          // 1000000 in 2019, 2147483647 since
    bool has_licenses;             // LicenseArn and CustomerAWSAccountId exist
};

// The newest; never NULL.
const struct ruleset *ruleset_newest(void);
// NULL when there is none of that name.
const struct ruleset *ruleset_find(struct span name);
// All of them, oldest first; *count is set.
const struct ruleset *ruleset_all(size_t *count);

// Whether that operation takes an event of event_us at now_us (both service time).
bool ruleset_takes(const struct ruleset *rules, enum operation operation, int64_t event_us,
                   int64_t now_us);

#endif
