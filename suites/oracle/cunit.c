// SPDX-License-Identifier: Apache-2.0
#include "suites/oracle/cunit.h"

#include <string.h>

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>

#include "proxy/base/own.h"

// What the tests of one run share.
struct context {
    struct result_run *out;
    const struct evidence_run *evidence;
    struct judge_options options;
    struct cunit_count count;
    bool failed; // a test could not find its case, or CUnit could not register it
};

// CUnit's tests take no argument and its registry is the process's own; this is set for the time of
// one run and is NULL otherwise.
static struct context *running;

static bool counts_as_passed(enum verdict verdict)
{
    return verdict == VERDICT_PASS || verdict == VERDICT_INFO || verdict == VERDICT_AVOIDED ||
           verdict == VERDICT_WARN;
}

// The place of the case of that id in the run; the results have the same order.
static size_t find_case(const struct evidence_run *run, const char *id)
{
    for (size_t i = 0; i < run->count; i++) {
        if (strcmp(run->cases[i].id, id) == 0) {
            return i;
        }
    }
    return NOWHERE;
}

static void assert_check(const struct result_case *c, const struct result_check *check)
{
    OWN_BUF struct buf text = {0};
    buf_addf(&text, "%s %s: %s%s%s", c->id, check->id, verdict_name(check->verdict),
             check->text == NULL ? "" : ": ", check->text == NULL ? "" : check->text);
    buf_add_char(&text, '\0');
    // CUnit copies both strings. Never fatal: that is a longjmp.
    (void)CU_assertImplementation(counts_as_passed(check->verdict) ? CU_TRUE : CU_FALSE,
                                  check->line, text.data, check->file == NULL ? "" : check->file,
                                  "", CU_FALSE);
}

// The body of every test.
static void judge_current(void)
{
    struct context *c = running;
    size_t i = find_case(c->evidence, CU_get_current_test()->pName);
    if (i == NOWHERE || c->out->cases[i].id != NULL ||
        judge_case(&c->out->cases[i], &c->evidence->cases[i], &c->options) != RC_OK) {
        c->failed = true; // no such case, or judged already
        return;
    }
    const struct result_case *result = &c->out->cases[i];
    for (size_t k = 0; k < result->check_count; k++) {
        assert_check(result, &result->checks[k]);
    }
}

static void on_test_complete(const CU_pTest test, const CU_pSuite suite,
                             const CU_pFailureRecord failures)
{
    (void)test;
    (void)suite;
    running->count.tests++;
    running->count.failed_tests += failures != NULL ? 1 : 0;
}

// Every run of CUnit clears its numbers, so they are taken when it ends.
static void on_all_complete(const CU_pFailureRecord failures)
{
    (void)failures;
    running->count.suites += CU_get_number_of_suites_run();
    running->count.asserts += CU_get_number_of_asserts();
    running->count.failed_asserts += CU_get_number_of_failures();
}

static bool add_test(struct context *c, const struct evidence_case *evidence)
{
    OWN(text) char *name = judge_suite(evidence->scenario);
    const char *title = *name == '\0' ? "scenarios" : name;
    CU_pSuite suite = CU_get_suite(title);
    if (suite == NULL) {
        suite = CU_add_suite(title, NULL, NULL);
    }
    c->count.declared += judge_declared(evidence->scenario);
    return suite != NULL && CU_add_test(suite, evidence->id, judge_current) != NULL;
}

static enum rc add_tests(struct context *c)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < c->evidence->count; i++) {
        (void)result_add_case(c->out);
    }
    for (size_t i = 0; rc == RC_OK && i < c->evidence->count; i++) {
        const struct evidence_case *evidence = &c->evidence->cases[i];
        if (judge_has_checks(evidence)) {
            c->failed = !add_test(c, evidence) || c->failed;
        } else {
            rc = judge_case(&c->out->cases[i], evidence, &c->options);
            rc = rc == RC_MISSING ? RC_OK : rc;
        }
    }
    return rc;
}

static enum rc run_tests(struct context *c)
{
    enum rc rc = add_tests(c);
    if (rc == RC_OK && c->count.declared > 0) {
        running = c;
        CU_set_test_complete_handler(on_test_complete);
        CU_set_all_test_complete_handler(on_all_complete);
        c->failed = CU_run_all_tests() != CUE_SUCCESS || c->failed;
        CU_set_test_complete_handler(NULL);
        CU_set_all_test_complete_handler(NULL);
        running = NULL;
    }
    return rc;
}

// A check that was never evaluated would look like one that held.
static enum rc hold_count(struct result_run *out, const struct context *c)
{
    if (!c->failed && c->count.asserts == c->count.declared) {
        return RC_OK;
    }
    struct buf b = {0};
    buf_addf(&b, "CUnit evaluated %u checks, the cases declare %zu", c->count.asserts,
             c->count.declared);
    x_free(out->problem);
    out->problem = buf_take_text(&b);
    out->problem_verdict = VERDICT_HARNESS_ERROR;
    return RC_INTERNAL;
}

enum rc cunit_judge(struct result_run *out, const struct evidence_run *evidence,
                    struct cunit_count *count)
{
    struct context c = {.out = out, .evidence = evidence, .options = judge_options_of(evidence)};
    judge_head(out, evidence);
    if (CU_initialize_registry() != CUE_SUCCESS) {
        return RC_INTERNAL;
    }
    enum rc rc = run_tests(&c);
    CU_cleanup_registry();
    if (rc == RC_OK) {
        rc = hold_count(out, &c);
    }
    if (count != NULL) {
        *count = c.count;
    }
    return rc;
}
