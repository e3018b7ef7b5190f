// SPDX-License-Identifier: Apache-2.0
// The tables of tests of proxy/base.
#ifndef TESTS_UNIT_BASE_BASE_TESTS_H
#define TESTS_UNIT_BASE_BASE_TESTS_H

#include "tests/unit/unit.h"

extern const struct unit_test JSON_ONCE_TESTS[];
extern const struct unit_test JSON_TESTS[];
extern const struct unit_test OPTIONS_TESTS[];
extern const struct unit_test PLAIN_TESTS[];
extern const struct unit_test SIGN_TESTS[];
extern const struct unit_test TEXT_TESTS[];
extern const struct unit_test TIME_TESTS[];

#endif
