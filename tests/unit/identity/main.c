// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/identity/identity_tests.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {{"form", FORM_TESTS},
                                               {"proof", PROOF_TESTS},
                                               {"instance metadata", IMDS_TESTS},
                                               {"container credentials", CONTAINER_TESTS},
                                               {"sts", STS_TESTS},
                                               {NULL, NULL}};
    return unit_run(SUITES);
}
