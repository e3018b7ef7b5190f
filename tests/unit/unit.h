// SPDX-License-Identifier: Apache-2.0
// What every unit-test program shares: a table of tests becomes one CUnit suite, and a failing
// check prints both values.
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit_test {
    const char *name;
    void (*run)(void);
};

struct unit_suite {
    const char *name;
    const struct unit_test *tests; // ends with a row without name
};

// Runs all suites (an array that ends with a row without name) and gives the exit code: 0 only when
// at least one test ran and nothing failed. CUnit's own return value says nothing of failed tests.
int unit_run(const struct unit_suite *suites);

// Each gives whether the check held, so that a test can stop early: if (!CHECK(...)) return;
#define CHECK(condition) unit_check((condition), #condition, __FILE__, __LINE__)
#define CHECK_INT(actual, expected)                                                                \
    unit_check_int((int64_t)(actual), (int64_t)(expected), #actual, __FILE__, __LINE__)
#define CHECK_TEXT(actual, expected)                                                               \
    unit_check_text((actual), (expected), #actual, __FILE__, __LINE__)

// A row's name, printed with every failure until the next call; NULL for none. Borrowed.
void unit_row(const char *name);

bool unit_check(bool held, const char *what, const char *file, unsigned line);
bool unit_check_int(int64_t actual, int64_t expected, const char *what, const char *file,
                    unsigned line);
// NULL is allowed on both sides.
bool unit_check_text(const char *actual, const char *expected, const char *what, const char *file,
                     unsigned line);

#endif
