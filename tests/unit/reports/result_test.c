// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/reports/reports_tests.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/json.h"
#include "proxy/evidence/layout.h"

static void verdicts_have_names(void)
{
    for (int i = 0; i < VERDICT_COUNT; i++) {
        enum verdict found = VERDICT_COUNT;
        CHECK(verdict_help((enum verdict)i)[0] != '\0');
        CHECK(verdict_find(&found, span_of(verdict_name((enum verdict)i))));
        CHECK_INT(found, i);
    }
    enum verdict found = VERDICT_COUNT;
    CHECK(!verdict_find(&found, span_of("fail")) && !verdict_find(&found, (struct span){0}));
    CHECK_TEXT(verdict_name(VERDICT_COUNT), "?");
    // The order in which one verdict outweighs another.
    CHECK(VERDICT_HARNESS_ERROR > VERDICT_FAIL && VERDICT_FAIL > VERDICT_INCONCLUSIVE &&
          VERDICT_INCONCLUSIVE > VERDICT_NOT_EXERCISED &&
          VERDICT_NOT_EXERCISED > VERDICT_UNSUPPORTED && VERDICT_UNSUPPORTED > VERDICT_WARN &&
          VERDICT_WARN > VERDICT_AVOIDED && VERDICT_AVOIDED > VERDICT_INFO &&
          VERDICT_INFO > VERDICT_PASS);
    CHECK_INT(verdict_worse(VERDICT_FAIL, VERDICT_WARN), VERDICT_FAIL);
    CHECK_INT(verdict_worse(VERDICT_WARN, VERDICT_FAIL), VERDICT_FAIL);
}

static void exit_codes(void)
{
    static const struct {
        const char *name;
        enum verdict verdicts[3]; // of three cases
        bool mandatory;           // the third is
        int code;
    } ROWS[] = {
        {"all passed", {VERDICT_PASS, VERDICT_PASS, VERDICT_PASS}, false, 0},
        {"nearly passed", {VERDICT_INFO, VERDICT_AVOIDED, VERDICT_WARN}, false, 0},
        {"one failed", {VERDICT_PASS, VERDICT_FAIL, VERDICT_INCONCLUSIVE}, false, 1},
        {"harness before failed", {VERDICT_FAIL, VERDICT_HARNESS_ERROR, VERDICT_PASS}, false, 3},
        {"inconclusive", {VERDICT_PASS, VERDICT_INCONCLUSIVE, VERDICT_PASS}, false, 2},
        {"not exercised", {VERDICT_PASS, VERDICT_PASS, VERDICT_NOT_EXERCISED}, false, 2},
        {"unsupported alone", {VERDICT_PASS, VERDICT_PASS, VERDICT_UNSUPPORTED}, false, 0},
        {"all unsupported",
         {VERDICT_UNSUPPORTED, VERDICT_UNSUPPORTED, VERDICT_UNSUPPORTED},
         false,
         2},
        {"unsupported, mandatory", {VERDICT_PASS, VERDICT_PASS, VERDICT_UNSUPPORTED}, true, 2},
        {"mandatory, passed", {VERDICT_PASS, VERDICT_UNSUPPORTED, VERDICT_PASS}, true, 0},
        {"failed before mandatory", {VERDICT_FAIL, VERDICT_PASS, VERDICT_UNSUPPORTED}, true, 1},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct result_run *r = result_run_new();
        unit_row(ROWS[i].name);
        for (size_t k = 0; k < 3; k++) {
            model_case(r, "x", ROWS[i].verdicts[k])->mandatory = k == 2 && ROWS[i].mandatory;
        }
        CHECK_INT(result_exit_code(r), ROWS[i].code);
        result_run_free(&r);
    }
    unit_row(NULL);
}

static void problems_of_the_run(void)
{
    struct result_run *r = result_run_new();
    CHECK_INT(result_exit_code(r), 5);
    CHECK_INT(result_verdict(r), VERDICT_NOT_EXERCISED);
    r->interrupted = true;
    CHECK_INT(result_exit_code(r), 2);
    (void)model_case(r, "a", VERDICT_PASS);
    CHECK_INT(result_verdict(r), VERDICT_INCONCLUSIVE);
    CHECK_INT(result_exit_code(r), 2);
    r->interrupted = false;
    CHECK_INT(result_exit_code(r), 0);
    r->problem = x_strdup("the disk is full");
    CHECK_INT(result_verdict(r), VERDICT_HARNESS_ERROR);
    CHECK_INT(result_exit_code(r), 3);
    r->problem_verdict = VERDICT_INCONCLUSIVE;
    CHECK_INT(result_exit_code(r), 2);
    (void)model_case(r, "b", VERDICT_FAIL);
    CHECK_INT(result_exit_code(r), 1);
    result_run_free(&r);
    CHECK(r == NULL);
    result_run_free(&r);
}

static void cases_settle(void)
{
    struct result_run *r = result_run_new();
    struct result_case *c = model_case(r, "a", VERDICT_PASS);
    for (int i = 0; i < 20; i++) {
        result_add_check(c)->id = x_strdup("x");
    }
    c->checks[13].verdict = VERDICT_WARN;
    result_settle(c);
    CHECK_INT(c->verdict, VERDICT_WARN);
    c->checks[13].verdict = VERDICT_PASS;
    result_settle(c); // what it has already stays
    CHECK_INT(c->verdict, VERDICT_WARN);
    for (int i = 0; i < 20; i++) {
        (void)model_case(r, "b", VERDICT_FAIL);
    }
    CHECK_INT(r->count, 21);
    CHECK_INT(result_count(r, VERDICT_FAIL), 20);
    CHECK_INT(result_count(r, VERDICT_PASS), 0);
    result_run_free(&r);
}

// Each format can be found, and the next run in the same directory knows its file.
static void formats_are_found(void)
{
    for (int i = 0; i < REPORT_COUNT; i++) {
        const struct report_format *f = report_get((enum report_kind)i);
        unit_row(f->name);
        CHECK(report_find(span_of(f->name)) == f);
        CHECK(f->help[0] != '\0');
        CHECK(layout_is_run_file(f->file));
    }
    unit_row(NULL);
    CHECK(report_find(span_of("JSON")) == NULL && report_find(span_of("")) == NULL);
}

static void reports_are_written(void)
{
    struct buf name = {0};
    const char *base = getenv("TMPDIR");
    buf_addf(&name, "%s/meterprover-XXXXXX", base == NULL ? "/tmp" : base);
    OWN(text) char *dir = buf_take_text(&name);
    if (!CHECK(mkdtemp(dir) != NULL)) {
        return;
    }
    buf_addf(&name, "%s/results.json", dir);
    OWN(text) char *path = buf_take_text(&name);
    struct result_run *r = model_every_verdict();
    OWN(text) char *expected = model_render(r, REPORT_JSON, NULL);
    for (int i = 0; i < 2; i++) { // the second time over the first
        struct buf text = {0};
        CHECK_INT(report_write(report_get(REPORT_JSON), r, dir, NULL, NULL), RC_OK);
        CHECK_INT(file_read(&text, path, NULL), RC_OK);
        OWN(text) char *got = buf_take_text(&text);
        CHECK_TEXT(got, expected);
    }
    (void)unlink(path);
    (void)rmdir(dir);
    struct diag d = {0};
    CHECK_INT(report_write(report_get(REPORT_JSON), r, dir, NULL, &d), RC_IO);
    CHECK_TEXT(d.text, "No such file or directory");
    result_run_free(&r);
}

const struct unit_test RESULT_TESTS[] = {
    {"verdicts have names", verdicts_have_names},
    {"exit codes", exit_codes},
    {"problems of the run", problems_of_the_run},
    {"cases settle", cases_settle},
    {"formats are found", formats_are_found},
    {"reports are written", reports_are_written},
    {NULL, NULL},
};
