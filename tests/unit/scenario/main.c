// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scenario/scenario_tests.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {
        {"vocabulary", VOCABULARY_TESTS}, {"files", FILES_TESTS},
        {"variants", VARIANTS_TESTS},     {"meaning", MEANING_TESTS},
        {"moment", MOMENT_TESTS},         {"rules", RULES_TESTS},
        {"render", RENDER_TESTS},         {NULL, NULL}};
    return unit_run(SUITES);
}
