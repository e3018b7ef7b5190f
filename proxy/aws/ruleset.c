// SPDX-License-Identifier: Apache-2.0
#include "proxy/aws/ruleset.h"

#include "proxy/base/instant.h"

#define FUTURE_SKEW_US (INT64_C(300) * US_PER_S)

static const struct ruleset ALL[] = {
    // API reference of June 2019: "up to one hour in the past"; quantities up to 1000000.
    {.name = "2019-06",
     .batch_window_us = US_PER_HOUR,
     .meter_window_us = US_PER_HOUR,
     .max_quantity = 1000000},
    {.name = "2021",
     .batch_window_us = 6 * US_PER_HOUR,
     .meter_window_us = 6 * US_PER_HOUR,
     .max_quantity = INT32_MAX,
     .has_allocations = true},
    // "aren't accepted 24 hours or more after an event"; the previous month's "until 06:00 UTC on
    // the first day of the next month". MeterUsage stayed at six hours and has no such sentence.
    {.name = "2026-09",
     .batch_window_us = 24 * US_PER_HOUR,
     .meter_window_us = 6 * US_PER_HOUR,
     .month_grace_us = 6 * US_PER_HOUR,
     .max_quantity = INT32_MAX,
     .has_allocations = true,
     .has_licenses = true},
    // The model deprecates whole-number quantities since 2026-10-20, in favour of decimal strings.
    {.name = "2026-10",
     .batch_window_us = 24 * US_PER_HOUR,
     .meter_window_us = 6 * US_PER_HOUR,
     .month_grace_us = 6 * US_PER_HOUR,
     .max_quantity = INT32_MAX,
     .has_allocations = true,
     .has_licenses = true,
     .has_decimals = true,
     .has_agreements = true},
};
#define ALL_COUNT (sizeof ALL / sizeof ALL[0])

const struct ruleset *ruleset_newest(void)
{
    return &ALL[ALL_COUNT - 1];
}

const struct ruleset *ruleset_find(struct span name)
{
    for (size_t i = 0; i < ALL_COUNT; i++) {
        if (span_is(name, ALL[i].name)) {
            return &ALL[i];
        }
    }
    return NULL;
}

const struct ruleset *ruleset_all(size_t *count)
{
    *count = ALL_COUNT;
    return ALL;
}

static bool in_window(int64_t window_us, int64_t event_us, int64_t now_us)
{
    int64_t hour_us = instant_hour(now_us);
    return event_us >= hour_us - window_us && event_us <= hour_us + US_PER_HOUR + FUTURE_SKEW_US;
}

static bool month_is_open(const struct ruleset *rules, int64_t event_us, int64_t now_us)
{
    int64_t month_us = instant_month(now_us);
    return rules->month_grace_us == 0 || event_us >= month_us ||
           now_us < month_us + rules->month_grace_us;
}

bool ruleset_takes(const struct ruleset *rules, enum operation operation, int64_t event_us,
                   int64_t now_us)
{
    if (operation == OPERATION_BATCH_METER_USAGE) {
        return in_window(rules->batch_window_us, event_us, now_us) &&
               month_is_open(rules, event_us, now_us);
    }
    if (operation == OPERATION_METER_USAGE) {
        return in_window(rules->meter_window_us, event_us, now_us);
    }
    return true;
}
