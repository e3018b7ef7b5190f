// SPDX-License-Identifier: Apache-2.0
// The tables of tests of proxy/aws.
#ifndef TESTS_UNIT_AWS_AWS_TESTS_H
#define TESTS_UNIT_AWS_AWS_TESTS_H

#include "tests/unit/unit.h"

extern const struct unit_test ERROR_TESTS[];
extern const struct unit_test PATTERN_TESTS[];
extern const struct unit_test REQUEST_PLAIN_TESTS[];
extern const struct unit_test REQUEST_TESTS[];
extern const struct unit_test RULESET_TESTS[];
extern const struct unit_test SIGV4_REFUSAL_TESTS[];
extern const struct unit_test SIGV4_TESTS[];
extern const struct unit_test TIMESTAMP_TESTS[];

#endif
