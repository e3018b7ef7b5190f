// SPDX-License-Identifier: Apache-2.0
// What runs are judged to be.
//
//   judged_plain LIST                  the result of each run in JSON, by the oracles as they are
//   judged LIST                        the same by the copy, no mutation chosen
//   judged LIST SECONDS [REACHED]      for each mutation named on stdin, a letter for each case
//
// Letters stand in the order of the list and of each run's cases; - ends a run.
#include <stdio.h>
#include <stdlib.h>

#include "proxy/base/own.h"
#include "reports/report.h"
#include "runs.h"
#include "suites/oracle/judge.h"
#ifndef PLAIN
#include "serve.h"
#endif

static void print_reports(const struct runs *runs)
{
    for (size_t i = 0; i < runs->count; i++) {
        OWN_BUF struct buf text = {0};
        struct result_run *result = result_run_new();
        enum rc rc = judge_run(result, runs->list[i]);
        report_get(REPORT_JSON)->render(&text, result, NULL);
        (void)fwrite(text.data, 1, text.len, stdout);
        (void)printf("\nrc %d\n", (int)rc);
        result_run_free(&result);
    }
}

#ifndef PLAIN
static int print_letters(void *arg)
{
    const struct runs *runs = arg;
    for (size_t i = 0; i < runs->count; i++) {
        struct result_run *result = result_run_new();
        enum rc rc = judge_run(result, runs->list[i]);
        for (size_t k = 0; k < result->count; k++) {
            (void)putchar(verdict_letter(result->cases[k].verdict));
        }
        (void)putchar(rc == RC_OK ? '-' : '!');
        result_run_free(&result);
    }
    (void)putchar('\n');
    return 0;
}
#endif

int main(int argc, char **argv)
{
    static struct runs runs;
    if (argc < 2) {
        return 64;
    }
    if (!runs_read(&runs, argv[1])) {
        return 3;
    }
    int code = 0;
    if (argc == 2) {
        print_reports(&runs);
    } else {
#ifndef PLAIN
        code = serve(print_letters, &runs, (unsigned)strtoul(argv[2], NULL, 10),
                     argc > 3 ? argv[3] : NULL);
#endif
    }
    runs_clear(&runs);
    return code;
}
