// SPDX-License-Identifier: Apache-2.0
// test: plays the cases of a profile, judges their evidence, writes the reports.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "suites/command/playable.h"
#include "suites/command/run.h"
#include "suites/command/verdict.h"

#define MAX_JOBS 256

const struct option_row TEST_OPTIONS[] = {
    {"--run", "GLOB", "only cases whose id matches; may be repeated"},
    {"--skip", "GLOB", "not the cases whose id matches; may be repeated"},
    {"--list", NULL, "print what would be played, and stop"},
    {"--jobs", "N", "cases at a time (1)"},
    {"--no-doctor", NULL, "play the cases even if the first friendly exchange fails"},
    RUN_OPTION_ROWS,
    {NULL, NULL, NULL},
};

struct progress {
    size_t done, count;
    bool is_live; // a terminal: one line that is written over
};

static void on_begun(void *arg, const struct scenario *scenario)
{
    struct progress *p = arg;
    if (p->is_live) {
        printf("\r\033[K[%zu/%zu] %s %s", p->done, p->count, scenario->id, scenario->title);
        (void)fflush(stdout);
    }
}

static void on_ended(void *arg, const struct scenario *scenario, const struct play_end *end)
{
    struct progress *p = arg;
    p->done++;
    if (p->is_live) {
        printf("\r\033[K");
    }
    printf("[%zu/%zu] %-22s played in %5.1f s%s%s\n", p->done, p->count, scenario->id,
           (double)end->duration_us / 1e6, strcmp(end->why, "done") == 0 ? "" : ": ",
           strcmp(end->why, "done") == 0 ? "" : end->text);
    if (end->is_unsettled) {
        printf("    the program had not settled its usage when the drain after it ended\n");
    }
    (void)fflush(stdout);
}

static enum rc choose(struct catalogue *catalogue, const struct run *run, struct diag *d)
{
    const struct line *line = run->line;
    const char **wanted = line_all(line, "--run");
    const char **unwanted = line_all(line, "--skip");
    enum rc rc = catalogue_open(catalogue, line, d);
    if (rc == RC_OK) {
        rc = catalogue_select(catalogue, run->setting.profile, wanted, unwanted, d);
    }
    x_free(wanted);
    x_free(unwanted);
    for (size_t i = 0; i < catalogue->count && rc == RC_OK; i++) {
        rc = case_is_playable(catalogue->cases[i], d);
    }
    return rc;
}

static int list(const struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        printf("%-22s %s\n", catalogue->cases[i]->id, catalogue->cases[i]->title);
    }
    return catalogue->count == 0 ? EXIT_NOTHING : EXIT_PASSED;
}

// Whether the client can be tested at all; when not, says why.
static enum rc probe_first(struct run *run, bool *ready, struct diag *d)
{
    struct probe probe = {.has_trouble = false};
    OWN_BUF struct buf dir = {0};
    run_tell_environment(run);
    buf_addf(&dir, "%s/doctor%c", run->scratch, '\0');
    enum rc rc = run_probe(run, dir.data, &probe, d);
    // A client that was reached but does badly is what the cases are for; one that was not reached
    // would fail every case alike.
    *ready = rc == RC_OK &&
             (!probe.has_trouble || probe.was_reached || line_has(run->line, "--no-doctor"));
    if (rc == RC_OK && !*ready && !run->interrupted) {
        printf("%sNothing was tested: first the program must be reached (meterprover doctor).\n",
               probe.text);
    }
    return rc;
}

static int play_and_judge(struct run *run, const struct catalogue *catalogue, unsigned jobs)
{
    const char *dir = line_value(run->line, "--out", "meterprover-out");
    struct progress progress = {.count = catalogue->count, .is_live = isatty(STDOUT_FILENO) == 1};
    struct campaign_progress callbacks = {.begun = on_begun, .ended = on_ended, .arg = &progress};
    struct diag d = {0};
    printf("%zu cases of the profile %s, seed %" PRIu64 ", evidence in %s\n", catalogue->count,
           run->setting.profile, run->setting.seed, dir);
    (void)fflush(stdout);
    enum rc rc = run_cases(run, dir, catalogue->cases, catalogue->count, jobs, &callbacks, &d);
    if (!run->has_evidence) {
        return line_fail(run->line, &d); // a directory that was refused is not ours to judge in
    }
    char live[900];
    diag_print(&d, live, sizeof live);
    struct diag judged = {0};
    struct result_run *result = NULL;
    enum rc told = verdict_of(&result, dir, rc == RC_OK ? NULL : live, &judged);
    int code = result != NULL ? verdict_tell(result) : EXIT_HARNESS;
    result_run_free(&result);
    if (rc != RC_OK || told != RC_OK) {
        code = line_fail(run->line, rc == RC_OK ? &judged : &d);
        return code == EXIT_USAGE ? EXIT_USAGE : EXIT_HARNESS;
    }
    return code;
}

static int test(struct run *run, struct diag *d)
{
    struct catalogue catalogue = {0};
    uint64_t jobs = 1;
    bool ready = false;
    enum rc rc = line_number(&jobs, run->line, "--jobs", 1, MAX_JOBS, d);
    if (rc == RC_OK && jobs == 0) {
        rc = diag_fail(d, RC_USAGE, "--jobs needs at least 1");
    }
    if (rc == RC_OK && jobs > 1 && run->setting.attachment != NULL) {
        rc = diag_fail(
            d, RC_USAGE,
            "attach plays one case at a time, since there is one program: leave --jobs out");
    }
    if (rc == RC_OK) {
        rc = choose(&catalogue, run, d);
    }
    int code = EXIT_PASSED;
    bool is_list = line_has(run->line, "--list");
    if (rc == RC_OK && !is_list && catalogue.count > 0) {
        rc = probe_first(run, &ready, d);
    }
    if (rc != RC_OK) {
        code = line_fail(run->line, d);
    } else if (is_list) {
        code = list(&catalogue);
    } else if (catalogue.count == 0) {
        (void)fprintf(stderr, "meterprover test: no case is left to play\n");
        code = EXIT_NOTHING;
    } else {
        code = ready ? play_and_judge(run, &catalogue, (unsigned)jobs) : EXIT_FAILED;
    }
    catalogue_clear(&catalogue);
    return code;
}

int test_command(const struct line *line)
{
    struct run run;
    struct diag d = {0};
    enum rc rc = run_init(&run, line, &d);
    int code = rc == RC_OK ? test(&run, &d) : line_fail(line, &d);
    run_clear(&run);
    return code;
}
