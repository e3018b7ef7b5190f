// SPDX-License-Identifier: Apache-2.0
// The tables of tests of proxy/evidence.
#ifndef TESTS_UNIT_EVIDENCE_EVIDENCE_TESTS_H
#define TESTS_UNIT_EVIDENCE_EVIDENCE_TESTS_H

#include "tests/unit/unit.h"

extern const struct unit_test DISK_TESTS[];
extern const struct unit_test SECRETS_TESTS[];
extern const struct unit_test ENCODED_TESTS[];
extern const struct unit_test JOURNAL_TESTS[];
extern const struct unit_test RUN_TESTS[];
extern const struct unit_test READER_TESTS[];
extern const struct unit_test TAMPER_TESTS[];

#endif
