// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/base_tests.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {
        {"json", JSON_TESTS},       {"json once", JSON_ONCE_TESTS},
        {"options", OPTIONS_TESTS}, {"plain", PLAIN_TESTS},
        {"signing", SIGN_TESTS},    {"text", TEXT_TESTS},
        {"time", TIME_TESTS},       {NULL, NULL}};
    return unit_run(SUITES);
}
