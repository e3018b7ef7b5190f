// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/service_tests.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {{"ledger", LEDGER_TESTS},
                                               {"region", REGION_TESTS},
                                               {"quota", QUOTA_TESTS},
                                               {"world", WORLD_TESTS},
                                               {"batch rejections", REJECTION_TESTS},
                                               {"batch records", BATCH_TESTS},
                                               {"batch replies", REPLY_TESTS},
                                               {"resolve customer", RESOLVE_TESTS},
                                               {"meter usage", METER_TESTS},
                                               {"register usage", REGISTER_TESTS},
                                               {"signatures", JWT_TESTS},
                                               {"cloudtrail", CLOUDTRAIL_TESTS},
                                               {NULL, NULL}};
    return unit_run(SUITES);
}
