// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/http/http_tests.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {{"parts", PART_TESTS},
                                               {"vectors", VECTOR_TESTS},
                                               {"parser", PARSER_TESTS},
                                               {"limits", LIMIT_TESTS},
                                               {"emit", EMIT_TESTS},
                                               {"forwarded", FORWARDED_TESTS},
                                               {NULL, NULL}};
    return unit_run(SUITES);
}
