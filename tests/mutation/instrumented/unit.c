// SPDX-License-Identifier: Apache-2.0
// unit_mutated SECONDS [REACHED]: the unit tests of the oracles, once for each mutation named on
// stdin.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "serve.h"

int unit_program(void); // main of tests/unit/oracle

CU_BOOL __real_CU_assertImplementation(CU_BOOL value, unsigned line, const char *condition,
                                       const char *file, const char *function, CU_BOOL fatal);
CU_BOOL __wrap_CU_assertImplementation(CU_BOOL value, unsigned line, const char *condition,
                                       const char *file, const char *function, CU_BOOL fatal);

// The first check of a test that fails says all that is asked. (The judge asserts by CUnit too,
// with the place of an expectation in a file of JSON.)
CU_BOOL __wrap_CU_assertImplementation(CU_BOOL value, unsigned line, const char *condition,
                                       const char *file, const char *function, CU_BOOL fatal)
{
    size_t len = strlen(file);
    if (!value && len > 2 && strcmp(file + len - 2, ".c") == 0) {
        _exit(1);
    }
    return __real_CU_assertImplementation(value, line, condition, file, function, fatal);
}

static int test(void *arg)
{
    (void)arg;
    int nowhere = open("/dev/null", O_WRONLY);
    // What the tests print is of no interest here; only their exit code is.
    if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0 || dup2(nowhere, STDERR_FILENO) < 0) {
        return 3;
    }
    return unit_program();
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return 64;
    }
    return serve(test, NULL, (unsigned)strtoul(argv[1], NULL, 10), argc > 2 ? argv[2] : NULL);
}
