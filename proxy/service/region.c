// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/region.h"

#define SELLERS (1U << REGION_SELLERS)
#define INSTANCES (1U << REGION_INSTANCES)
#define NO_CONTAINERS (SELLERS | INSTANCES | 1U << REGION_REGISTRATION)
#define EVERYWHERE (NO_CONTAINERS | 1U << REGION_CONTAINERS)

// As of 2026.
static const struct {
    const char *name;
    unsigned uses; // a bit for each
} REGIONS[] = {
    {"us-east-1", EVERYWHERE},         {"us-east-2", EVERYWHERE},
    {"us-west-1", EVERYWHERE},         {"us-west-2", EVERYWHERE},
    {"af-south-1", NO_CONTAINERS},     {"ap-east-1", EVERYWHERE},
    {"ap-northeast-1", EVERYWHERE},    {"ap-northeast-2", EVERYWHERE},
    {"ap-northeast-3", NO_CONTAINERS}, {"ap-south-1", EVERYWHERE},
    {"ap-south-2", NO_CONTAINERS},     {"ap-southeast-1", EVERYWHERE},
    {"ap-southeast-2", EVERYWHERE},    {"ap-southeast-3", NO_CONTAINERS},
    {"ap-southeast-4", NO_CONTAINERS}, {"ca-central-1", EVERYWHERE},
    {"eu-central-1", EVERYWHERE},      {"eu-central-2", NO_CONTAINERS},
    {"eu-north-1", EVERYWHERE},        {"eu-south-1", NO_CONTAINERS},
    {"eu-south-2", NO_CONTAINERS},     {"eu-west-1", EVERYWHERE},
    {"eu-west-2", EVERYWHERE},         {"eu-west-3", EVERYWHERE},
    {"il-central-1", NO_CONTAINERS},   {"me-central-1", NO_CONTAINERS},
    {"me-south-1", NO_CONTAINERS},     {"sa-east-1", EVERYWHERE},
    {"cn-northwest-1", SELLERS},       {"us-gov-east-1", INSTANCES},
    {"us-gov-west-1", INSTANCES},
};

bool region_offers(struct span region, enum region_use use)
{
    for (size_t i = 0; i < sizeof REGIONS / sizeof REGIONS[0]; i++) {
        if (span_is(region, REGIONS[i].name)) {
            return (REGIONS[i].uses & 1U << use) != 0;
        }
    }
    return false;
}

static bool is_made_of(struct span text, char first, char last)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < first || text.at[i] > last) {
            return false;
        }
    }
    return text.len > 0;
}

bool region_is_name(struct span text)
{
    size_t words = 0;
    struct span rest = text;
    struct span part = span_cut(&rest, '-');
    for (; rest.at != NULL; part = span_cut(&rest, '-')) {
        if (!is_made_of(part, 'a', 'z')) {
            return false;
        }
        words++;
    }
    return words >= 2 && is_made_of(part, '0', '9');
}
