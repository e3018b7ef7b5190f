// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/client_tests.h"

#include <string.h>
#include <sys/prctl.h>

#include "tests/unit/client/puppet.h"

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--puppet") == 0) {
        return puppet_run(argv[2]);
    }
    // Whatever escapes its supervisor becomes a child of this process, where play_end finds it.
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    static const struct unit_suite SUITES[] = {
        {"pieces", PIECES_TESTS}, {"protocol", PROTOCOL_TESTS}, {"environment", ENVIRONMENT_TESTS},
        {"start", START_TESTS},   {"dialogue", DIALOGUE_TESTS}, {"containment", CONTAINMENT_TESTS},
        {"visit", VISIT_TESTS},   {"attach", ATTACH_TESTS},     {NULL, NULL}};
    return unit_run(SUITES);
}
