// SPDX-License-Identifier: Apache-2.0
// judge: computes the verdicts of a run again, from its evidence alone.
#include "suites/command/command.h"
#include "suites/command/verdict.h"

const struct option_row JUDGE_OPTIONS[] = {
    {"--help", NULL, "print this"},
    {NULL, NULL, NULL},
};

int judge_command(const struct line *line)
{
    struct diag d = {0};
    struct result_run *result = NULL;
    if (line->rest[0] == NULL || line->rest[1] != NULL) {
        (void)diag_fail(&d, RC_USAGE, "name one directory of a run");
        return line_fail(line, &d);
    }
    enum rc rc = verdict_of(&result, line->rest[0], NULL, &d);
    int code = result != NULL ? verdict_tell(result) : EXIT_HARNESS;
    if (rc != RC_OK) {
        code = line_fail(line, &d);
    }
    result_run_free(&result);
    return code;
}
