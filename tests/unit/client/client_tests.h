// SPDX-License-Identifier: Apache-2.0
// The tables of tests of suites/client.
#ifndef TESTS_UNIT_CLIENT_CLIENT_TESTS_H
#define TESTS_UNIT_CLIENT_CLIENT_TESTS_H

#include "tests/unit/unit.h"

extern const struct unit_test PIECES_TESTS[];
extern const struct unit_test PROTOCOL_TESTS[];
extern const struct unit_test ENVIRONMENT_TESTS[];
extern const struct unit_test START_TESTS[];
extern const struct unit_test DIALOGUE_TESTS[];
extern const struct unit_test CONTAINMENT_TESTS[];
extern const struct unit_test VISIT_TESTS[];
extern const struct unit_test ATTACH_TESTS[];

#endif
