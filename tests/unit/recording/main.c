// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/recording/recording_tests.h"

int main(void)
{
    static const struct unit_test TESTS[] = {
        {"what is the same", same},
        {"what is different", different},
        {"how different", weights},
        {"what is asked", contents},
        {"written and read", written_and_read},
        {"what is no recording", refused},
        {"a recording that was cut", cut_short},
        {"each once, in its order", in_order},
        {"the nearest", nearest},
        {"tokens of clients", client_tokens},
        {"hours later", later_hours},
        {"times in replies", echoes},
        {"before a request is read", before_requests},
        {"windows of refused connections", windows},
        {"what a case met, as a scenario", schedules},
        {"what no scenario can say", gaps},
        {NULL, NULL},
    };
    static const struct unit_suite SUITES[] = {{"recording", TESTS}, {NULL, NULL}};
    return unit_run(SUITES);
}
