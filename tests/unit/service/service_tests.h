// SPDX-License-Identifier: Apache-2.0
// The tables of tests of proxy/service.
#ifndef TESTS_UNIT_SERVICE_SERVICE_TESTS_H
#define TESTS_UNIT_SERVICE_SERVICE_TESTS_H

#include "tests/unit/unit.h"

extern const struct unit_test LEDGER_TESTS[];
extern const struct unit_test QUOTA_TESTS[];
extern const struct unit_test REGION_TESTS[];
extern const struct unit_test WORLD_TESTS[];
extern const struct unit_test REJECTION_TESTS[];
extern const struct unit_test BATCH_TESTS[];
extern const struct unit_test REPLY_TESTS[];
extern const struct unit_test RESOLVE_TESTS[];
extern const struct unit_test METER_TESTS[];
extern const struct unit_test CLOUDTRAIL_TESTS[];
extern const struct unit_test REGISTER_TESTS[];
extern const struct unit_test JWT_TESTS[];

#endif
