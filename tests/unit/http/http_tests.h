// SPDX-License-Identifier: Apache-2.0
// The tables of tests of proxy/http.
#ifndef TESTS_UNIT_HTTP_HTTP_TESTS_H
#define TESTS_UNIT_HTTP_HTTP_TESTS_H

#include "tests/unit/unit.h"

extern const struct unit_test VECTOR_TESTS[];
extern const struct unit_test PARSER_TESTS[];
extern const struct unit_test LIMIT_TESTS[];
extern const struct unit_test PART_TESTS[];
extern const struct unit_test EMIT_TESTS[];
extern const struct unit_test FORWARDED_TESTS[];

#endif
