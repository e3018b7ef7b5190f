// SPDX-License-Identifier: Apache-2.0
// The judgement as CUnit carries it, and its own count of assertions.
//
// CUnit has one registry per process and this program's tests run in it, so the run under test
// takes place before, in cunit_test_prepare, and the tests look at what it left.
#include "suites/oracle/cunit.h"

#include "tests/unit/oracle/oracle_tests.h"
#include "tests/unit/oracle/tale.h"

#define CASE(id, folder)                                                                           \
    "{'id':'" id "','file':'scenarios/" folder "/" id ".json','requirement':{'text':'','level':"   \
    "'must','basis':'derived'},'steps':[],'rules':[],'exercised':{'requests':{}},"                 \
    "'expect':[{'id':'a','verb':'alert','args':{'count':{'max':0}},'line':9}]}"

static struct {
    struct result_run *run, *plain, *doubled, *empty;
    struct cunit_count count;
    enum rc rc, doubled_rc, empty_rc;
} left;

static void tell_case(struct evidence_case *out, const char *id, const char *scenario,
                      const char *tale)
{
    tale_read(out, scenario, tale);
    x_free(out->id);
    out->id = x_strdup(id);
}

void cunit_test_prepare(void)
{
    struct evidence_case cases[5];
    static const char GOOD[] = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH;
    tell_case(&cases[0], "T-01", CASE("T-01", "time"), GOOD);
    tell_case(&cases[1], "N-01", CASE("N-01", "network"),
              ASK "flush\n alert u1\n meter 1 acme:9:8\n say u1 metered\n" FINISH);
    tell_case(&cases[2], "T-02", CASE("T-02", "time"), "hello\n end unsupported");
    tell_case(&cases[3], "T-03", CASE("T-03", "time"), GOOD);
    cases[4] = (struct evidence_case){.id = x_strdup("T-04"), .integrity = INTEGRITY_CUT};
    struct evidence_run evidence = {.cases = cases, .count = 5};
    left.run = result_run_new();
    left.plain = result_run_new();
    left.doubled = result_run_new();
    left.empty = result_run_new();
    left.rc = cunit_judge(left.run, &evidence, &left.count);
    enum rc rc = judge_run(left.plain, &evidence);
    left.rc = left.rc == RC_OK ? rc : left.rc;
    // Two cases of one id: CUnit would judge one of them twice and the other never.
    x_free(cases[3].id);
    cases[3].id = x_strdup("T-01");
    left.doubled_rc = cunit_judge(left.doubled, &evidence, NULL);
    evidence.count = 0;
    left.empty_rc = cunit_judge(left.empty, &evidence, NULL);
    for (size_t i = 0; i < 5; i++) {
        tale_clear(&cases[i]);
    }
}

static void counts(void)
{
    CHECK_INT(left.rc, RC_OK);
    CHECK_INT(left.count.suites, 2);
    CHECK_INT(left.count.tests, 3);
    CHECK_INT(left.count.failed_tests, 1);
    CHECK_INT(left.count.declared, 3 * 13);
    CHECK_INT(left.count.asserts, left.count.declared);
    CHECK_INT(left.count.failed_asserts, 2); // too much was billed, and an alert that may not be
    CHECK(left.run->problem == NULL);
    CHECK_TEXT(left.run->judge, judge_digest());
    CHECK_TEXT(verdict_name(left.run->cases[2].verdict), "UNSUPPORTED");
    CHECK_TEXT(verdict_name(left.run->cases[3].verdict), "PASS");
    CHECK_TEXT(verdict_name(left.run->cases[4].verdict), "INCONCLUSIVE"); // it has no scenario
}

static void judges_alike(void)
{
    CHECK_INT(left.run->count, left.plain->count);
    for (size_t i = 0; i < left.run->count && i < left.plain->count; i++) {
        const struct result_case *a = &left.run->cases[i];
        const struct result_case *b = &left.plain->cases[i];
        unit_row(a->id);
        CHECK_TEXT(a->id, b->id);
        CHECK_TEXT(verdict_name(a->verdict), verdict_name(b->verdict));
        CHECK_INT(a->check_count, b->check_count);
        for (size_t k = 0; k < a->check_count && k < b->check_count; k++) {
            CHECK_TEXT(a->checks[k].text, b->checks[k].text);
        }
    }
    unit_row(NULL);
}

static void notices_what_was_not_evaluated(void)
{
    CHECK_INT(left.doubled_rc, RC_INTERNAL);
    CHECK_TEXT(left.doubled->problem, "CUnit evaluated 26 checks, the cases declare 39");
    CHECK_INT(result_exit_code(left.doubled), 3);
}

static void nothing_to_judge(void)
{
    CHECK_INT(left.empty_rc, RC_OK);
    CHECK_INT(left.empty->count, 0);
    result_run_free(&left.run);
    result_run_free(&left.plain);
    result_run_free(&left.doubled);
    result_run_free(&left.empty);
}

const struct unit_test CUNIT_TESTS[] = {
    {"one assertion per expectation and invariant", counts},
    {"the same as without CUnit", judges_alike},
    {"a check that was never evaluated is an error of the harness", notices_what_was_not_evaluated},
    {"nothing to judge", nothing_to_judge},
    {NULL, NULL}};
