// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/control/control_tests.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {{"guard", GUARD_TESTS}, {"history", HISTORY_TESTS},
                                               {"desk", DESK_TESTS},   {"journal", JOURNAL_TESTS},
                                               {"wait", WAIT_TESTS},   {NULL, NULL}};
    return unit_run(SUITES);
}
