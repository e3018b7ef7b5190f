// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/client_tests.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {
        {"protocol", PROTOCOL_TESTS}, {"environment", ENVIRONMENT_TESTS}, {NULL, NULL}};
    return unit_run(SUITES);
}
