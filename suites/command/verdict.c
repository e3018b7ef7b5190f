// SPDX-License-Identifier: Apache-2.0
#include "suites/command/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proxy/base/own.h"
#include "reports/report.h"
#include "suites/oracle/cunit.h"

static enum rc write_reports(const struct result_run *run, const char *dir, struct diag *d)
{
    static const enum report_kind FILES[] = {REPORT_JSON, REPORT_JUNIT};
    enum rc rc = RC_OK;
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0] && rc == RC_OK; i++) {
        rc = report_write(report_get(FILES[i]), run, dir, NULL, d);
    }
    return rc;
}

static void set_problem(struct result_run *run, const char *text)
{
    x_free(run->problem);
    run->problem = x_strdup(text);
    run->problem_verdict = VERDICT_HARNESS_ERROR; // what we could not write is our failure
}

enum rc verdict_of(struct result_run **out, const char *dir, const char *live, struct diag *d)
{
    struct evidence_run *evidence = NULL;
    enum rc rc = evidence_read(&evidence, dir, d);
    if (rc != RC_OK) {
        return rc;
    }
    *out = result_run_new();
    // RC_INTERNAL is told in the result itself: the run is then a HARNESS ERROR.
    (void)!cunit_judge(*out, evidence, NULL);
    evidence_free(&evidence);
    if (live != NULL) {
        set_problem(*out, live);
    }
    rc = write_reports(*out, dir, d);
    if (rc != RC_OK && live == NULL) {
        char text[900];
        diag_print(d, text, sizeof text);
        set_problem(*out, text);
    }
    return rc;
}

int verdict_tell(const struct result_run *run)
{
    OWN_BUF struct buf text = {0};
    struct report_options options = {.colour =
                                         isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL};
    report_get(REPORT_TEXT)->render(&text, run, &options);
    (void)fwrite(text.data, 1, text.len, stdout);
    return result_exit_code(run);
}
