// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/Basic.h>

static const char *row_name;

void unit_row(const char *name)
{
    row_name = name;
}

static bool judge(bool held, const char *text, const char *file, unsigned line)
{
    CU_assertImplementation(held ? CU_TRUE : CU_FALSE, line, text, file, "", CU_FALSE);
    if (!held) {
        (void)fprintf(stderr, "%s:%u: %s%s%s%s\n", file, line, row_name == NULL ? "" : "[",
                      row_name == NULL ? "" : row_name, row_name == NULL ? "" : "] ", text);
    }
    return held;
}

bool unit_check(bool held, const char *what, const char *file, unsigned line)
{
    return judge(held, what, file, line);
}

bool unit_check_int(int64_t actual, int64_t expected, const char *what, const char *file,
                    unsigned line)
{
    char text[512];
    (void)snprintf(text, sizeof text, "%s is %" PRId64 ", expected %" PRId64, what, actual,
                   expected);
    return judge(actual == expected, text, file, line);
}

bool unit_check_text(const char *actual, const char *expected, const char *what, const char *file,
                     unsigned line)
{
    char text[4096];
    bool same =
        actual == NULL || expected == NULL ? actual == expected : strcmp(actual, expected) == 0;
    (void)snprintf(text, sizeof text, "%s is\n  %s\nexpected\n  %s", what,
                   actual == NULL ? "(null)" : actual, expected == NULL ? "(null)" : expected);
    return judge(same, text, file, line);
}

static bool add_suite(const struct unit_suite *suite)
{
    CU_pSuite registered = CU_add_suite(suite->name, NULL, NULL);
    for (const struct unit_test *t = suite->tests; registered != NULL && t->name != NULL; t++) {
        if (CU_add_test(registered, t->name, t->run) == NULL) {
            return false;
        }
    }
    return registered != NULL;
}

int unit_run(const struct unit_suite *suites)
{
    if (CU_initialize_registry() != CUE_SUCCESS) {
        return 2;
    }
    bool complete = true;
    for (const struct unit_suite *s = suites; s->name != NULL; s++) {
        complete = add_suite(s) && complete;
    }
    CU_basic_set_mode(CU_BRM_NORMAL);
    (void)CU_basic_run_tests();
    bool good = complete && CU_get_number_of_tests_run() > 0 &&
                CU_get_number_of_failure_records() == 0 && CU_get_number_of_suites_failed() == 0;
    CU_cleanup_registry();
    return good ? 0 : 1;
}
