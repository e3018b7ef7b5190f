// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_UNIT_CONTROL_CONTROL_TESTS_H
#define TESTS_UNIT_CONTROL_CONTROL_TESTS_H

#include "tests/unit/unit.h"

extern const struct unit_test GUARD_TESTS[];
extern const struct unit_test HISTORY_TESTS[];
extern const struct unit_test DESK_TESTS[];
extern const struct unit_test JOURNAL_TESTS[];
extern const struct unit_test WAIT_TESTS[];

#endif
