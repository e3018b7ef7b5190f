// SPDX-License-Identifier: Apache-2.0
// The tables of tests of proxy/scenario, and how they make a case out of a few lines.
#ifndef TESTS_UNIT_SCENARIO_SCENARIO_TESTS_H
#define TESTS_UNIT_SCENARIO_SCENARIO_TESTS_H

#include "proxy/scenario/scenario.h"
#include "tests/unit/unit.h"

extern const struct unit_test FILES_TESTS[];
extern const struct unit_test MEANING_TESTS[];
extern const struct unit_test MOMENT_TESTS[];
extern const struct unit_test RENDER_TESTS[];
extern const struct unit_test RULES_TESTS[];
extern const struct unit_test VARIANTS_TESTS[];
extern const struct unit_test VOCABULARY_TESTS[];

// The parts of a sound case that a test replaces; NULL keeps the usual one. Texts are JSON.
struct case_parts {
    const char *name; // of the row
    const char *id, *operation, *profiles, *steps, *rules, *expect;
    const char *more; // further members, each with a comma behind it
};

// An owned text of one file.
char *case_text(const struct case_parts *parts);
// NULL, and a failed check, when the case is not accepted.
struct scenario_file *case_file(const struct case_parts *parts);
// All sentences about the case, one a line; "" when it is accepted. Owned.
char *case_sentences(const struct case_parts *parts);

#endif
