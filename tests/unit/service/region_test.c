// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/service_tests.h"

#include "proxy/service/region.h"

// In the order of the reference.
#define COMMERCIAL                                                                                 \
    "eu-north-1 me-south-1 ap-south-1 eu-west-3 ap-southeast-3 us-east-2 af-south-1 eu-west-1 "    \
    "me-central-1 eu-central-1 sa-east-1 ap-east-1 ap-south-2 us-east-1 ap-northeast-2 "           \
    "ap-northeast-3 eu-west-2 ap-southeast-4 eu-south-1 ap-northeast-1 us-west-2 us-west-1 "       \
    "ap-southeast-1 ap-southeast-2 il-central-1 ca-central-1 eu-south-2 eu-central-2"

static const char *const LISTS[REGION_USES] = {
    [REGION_SELLERS] = COMMERCIAL " cn-northwest-1",
    [REGION_INSTANCES] = COMMERCIAL " us-gov-east-1 us-gov-west-1",
    [REGION_CONTAINERS] = "us-east-1 us-east-2 us-west-1 us-west-2 eu-west-1 eu-central-1 "
                          "eu-west-2 eu-west-3 eu-north-1 ap-east-1 ap-southeast-1 ap-northeast-1 "
                          "ap-southeast-2 ap-northeast-2 ap-south-1 ca-central-1 sa-east-1",
    [REGION_REGISTRATION] = COMMERCIAL,
};

static bool is_listed(struct span rest, struct span region)
{
    while (rest.len > 0) {
        if (span_equal(span_cut(&rest, ' '), region)) {
            return true;
        }
    }
    return false;
}

// Each use is offered in the Regions of its list and in no other of those that any list has.
static void offered(void)
{
    for (size_t use = 0; use < REGION_USES; use++) {
        struct span all = SPAN(COMMERCIAL " cn-northwest-1 us-gov-east-1 us-gov-west-1");
        while (all.len > 0) {
            struct span region = span_cut(&all, ' ');
            CHECK_INT(region_offers(region, (enum region_use)use),
                      is_listed(span_of(LISTS[use]), region));
        }
    }
}

static void not_offered(void)
{
    static const char *const OTHERS[] = {"",           "cn-north-1", "ca-west-1",
                                         "us-east-11", "us-east-",   "US-EAST-1"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        unit_row(OTHERS[i]);
        for (size_t use = 0; use < REGION_USES; use++) {
            CHECK(!region_offers(span_of(OTHERS[i]), (enum region_use)use));
        }
    }
    unit_row(NULL);
}

static void names(void)
{
    static const struct {
        const char *text;
        bool is_name;
    } ROWS[] = {{"us-east-1", true},   {"us-gov-west-1", true}, {"ap-southeast-12", true},
                {"", false},           {"us-east", false},      {"east-1", false},
                {"us-east-1a", false}, {"us--1", false},        {"US-EAST-1", false},
                {"us-east-1-", false}, {"-us-east-1", false},   {"us-east-1/x", false}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].text);
        CHECK_INT(region_is_name(span_of(ROWS[i].text)), ROWS[i].is_name);
    }
    unit_row(NULL);
}

const struct unit_test REGION_TESTS[] = {
    {"where each operation is offered", offered},
    {"where none is", not_offered},
    {"names", names},
    {NULL, NULL},
};
