// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/play/stage.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {{"hour", HOUR_TESTS}, {NULL, NULL}};
    return unit_run(SUITES);
}
