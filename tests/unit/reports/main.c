// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/reports/reports_tests.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {
        {"result", RESULT_TESTS},
        {"text", TEXT_TESTS},
        {"xml", XML_TESTS},
        {"table", TABLE_TESTS},
        {"json", JSON_TESTS},
        {"golden", GOLDEN_TESTS},
        {NULL, NULL},
    };
    return unit_run(SUITES);
}
