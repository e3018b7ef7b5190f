// SPDX-License-Identifier: Apache-2.0
// requests {records}: vendor-metered tags, by how many and by what they say.
#include "tests/unit/oracle/oracle_tests.h"

#define EXPECTS(args)                                                                              \
    SCENARIO("'steps':[{'n':1,'verb':'usage','id':'u1'}],'expect':[{'id':'e','verb':'requests',"   \
             "'args':" args "}]," ANY_REQUEST)
#define SENT(members)                                                                              \
    ASK "event request {'x':1,'operation':'BatchMeterUsage','records':[{'i':0,'product':"          \
        "'widget','payer':'customer:acme','customer':'acme','dimension':'requests','hour':"        \
        "'2026-11-18T09:00:00Z','quantity':7" members "}]}\n end done"
#define SHARES                                                                                     \
    ",'allocations':[{'AllocatedUsageQuantity':4,'Tags':[{'Key':'a','Value':'1'},"                 \
    "{'Key':'b','Value':'2'}]},{'AllocatedUsageQuantity':3}]"

static void allocations(void)
{
    static const struct row ROWS[] = {
        {.name = "so many allocations",
         .scenario = EXPECTS("{'records':{'allocations':'2+'}}"),
         .tale = SENT(SHARES),
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "no allocations",
         .scenario = EXPECTS("{'records':{'usage':'u1','allocations':'1+'}}"),
         .tale = SENT(""),
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "0 request(s)"},
        {.name = "tags in another order",
         .scenario =
             EXPECTS("{'records':{'allocation':{'tags':{'b':'2','a':'1'},'quantity':'4'}}}"),
         .tale = SENT(SHARES),
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "another share",
         .scenario =
             EXPECTS("{'records':{'allocation':{'tags':{'a':'1','b':'2'},'quantity':'3'}}}"),
         .tale = SENT(SHARES),
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "0 request(s)"},
        {.name = "fewer tags",
         .scenario = EXPECTS("{'records':{'allocation':{'tags':{'a':'1'}}}}"),
         .tale = SENT(SHARES),
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "0 request(s)"},
        {.name = "more tags",
         .scenario = EXPECTS("{'records':{'allocation':{'tags':{'a':'1','b':'2','c':'3'}}}}"),
         .tale = SENT(SHARES),
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "0 request(s)"},
        {.name = "another value",
         .scenario = EXPECTS("{'records':{'allocation':{'tags':{'a':'1','b':'3'}}}}"),
         .tale = SENT(SHARES),
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "0 request(s)"},
        {.name = "the untagged rest",
         .scenario = EXPECTS("{'records':{'allocation':{'tags':{},'quantity':3}}}"),
         .tale = SENT(SHARES),
         .check = "e",
         .verdict = VERDICT_PASS},
        {
            .name = "an allocation of any quantity",
            .scenario = EXPECTS("{'records':{'allocation':{'tags':{'a':'1','b':'2'}}}}"),
            .tale = SENT(SHARES),
            .verdict = VERDICT_PASS,
        },
        {
            .name = "a tag without its key",
            .scenario = EXPECTS("{'records':{'allocation':{'tags':{'a':'1'}}}}"),
            .tale = SENT(",'allocations':[{'AllocatedUsageQuantity':7,'Tags':[{'Value':"
                         "'1'}]}]"),
            .verdict = VERDICT_FAIL,
            .says = "0 request(s)",
        },
        {.name = "one tag twice is not two",
         .scenario = EXPECTS("{'records':{'allocation':{'tags':{'a':'1','b':'2'}}}}"),
         .tale = SENT(",'allocations':[{'AllocatedUsageQuantity':7,'Tags':[{'Key':'a','Value':'1'},"
                      "{'Key':'a','Value':'1'}]}]"),
         .verdict = VERDICT_FAIL,
         .says = "0 request(s)"},
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test ALLOCATIONS_TESTS[] = {{"allocations", allocations}, {NULL, NULL}};
