// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/service_tests.h"

#include "proxy/service/region.h"

static void served(void)
{
    // In the order of the reference.
    struct span rest = SPAN("eu-north-1 me-south-1 ap-south-1 eu-west-3 ap-southeast-3 us-east-2 "
                            "af-south-1 eu-west-1 me-central-1 eu-central-1 sa-east-1 ap-east-1 "
                            "ap-south-2 us-east-1 ap-northeast-2 ap-northeast-3 eu-west-2 "
                            "ap-southeast-4 eu-south-1 ap-northeast-1 us-west-2 us-west-1 "
                            "ap-southeast-1 ap-southeast-2 il-central-1 ca-central-1 eu-south-2 "
                            "eu-central-2 cn-northwest-1");
    size_t count = 0;
    while (rest.len > 0) {
        CHECK(region_serves_sellers(span_cut(&rest, ' ')));
        count++;
    }
    CHECK_INT(count, 29);
}

static void not_served(void)
{
    static const char *const OTHERS[] = {"",           "cn-north-1", "us-gov-east-1", "ca-west-1",
                                         "us-east-11", "us-east-",   "US-EAST-1"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        unit_row(OTHERS[i]);
        CHECK(!region_serves_sellers(span_of(OTHERS[i])));
    }
    unit_row(NULL);
}

const struct unit_test REGION_TESTS[] = {
    {"served", served},
    {"not served", not_served},
    {NULL, NULL},
};
