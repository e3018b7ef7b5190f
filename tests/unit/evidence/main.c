// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/evidence/evidence_tests.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {
        {"disk", DISK_TESTS},
        {"secrets", SECRETS_TESTS},
        {"encoded secrets", ENCODED_TESTS},
        {"journal", JOURNAL_TESTS},
        {"run", RUN_TESTS},
        {"reader", READER_TESTS},
        {"tampering", TAMPER_TESTS},
        {NULL, NULL},
    };
    return unit_run(SUITES);
}
