// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/aws/aws_tests.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {
        {"errors", ERROR_TESTS},
        {"patterns", PATTERN_TESTS},
        {"requests", REQUEST_TESTS},
        {"plain requests", REQUEST_PLAIN_TESTS},
        {"rule sets", RULESET_TESTS},
        {"signatures", SIGV4_TESTS},
        {"refused signatures", SIGV4_REFUSAL_TESTS},
        {"timestamps", TIMESTAMP_TESTS},
        {NULL, NULL},
    };
    return unit_run(SUITES);
}
