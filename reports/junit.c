// SPDX-License-Identifier: Apache-2.0
// JUnit XML in the form that Jenkins, GitLab and the actions of GitHub read alike: testsuites,
// testsuite, testcase with at most one of failure, error and skipped.
#include <string.h>

#include "proxy/base/own.h"
#include "reports/report.h"
#include "reports/xml.h"

#define RUN_SUITE "run"

struct tally {
    size_t tests, failures, errors, skipped;
    int64_t time_us;
};

// The element that tells of a verdict; NULL for those that count as passed.
static const char *element_of(const struct result_case *c)
{
    static const char *const ELEMENTS[] = {
        [VERDICT_UNSUPPORTED] = "skipped", [VERDICT_NOT_EXERCISED] = "error",
        [VERDICT_INCONCLUSIVE] = "error",  [VERDICT_FAIL] = "failure",
        [VERDICT_HARNESS_ERROR] = "error",
    };
    _Static_assert(sizeof ELEMENTS / sizeof ELEMENTS[0] == VERDICT_COUNT, "up to the worst");
    // A mandatory case is not skipped by saying that it cannot be done: the exit code says so too.
    if (c->mandatory && c->verdict == VERDICT_UNSUPPORTED) {
        return "error";
    }
    return ELEMENTS[c->verdict];
}

static const char *suite_of(const struct result_case *c)
{
    return c->suite == NULL ? "cases" : c->suite;
}

static void tally_case(struct tally *t, const struct result_case *c)
{
    const char *element = element_of(c);
    t->tests++;
    t->time_us += c->duration_us;
    if (element != NULL) {
        t->failures += strcmp(element, "failure") == 0 ? 1 : 0;
        t->errors += strcmp(element, "error") == 0 ? 1 : 0;
        t->skipped += strcmp(element, "skipped") == 0 ? 1 : 0;
    }
}

static void add_time(struct buf *out, int64_t us)
{
    buf_addf(out, " time=\"%lld.%03lld\"", (long long)(us / 1000000),
             (long long)(us % 1000000 / 1000));
}

static void add_tally(struct buf *out, const struct tally *t)
{
    buf_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", t->tests,
             t->failures, t->errors, t->skipped);
    add_time(out, t->time_us);
    buf_add_text(out, ">\n");
}

static void add_check(struct buf *out, const struct result_case *c,
                      const struct result_check *check)
{
    buf_addf(out, "%s ", verdict_name(check->verdict));
    buf_add_text(out, check->id);
    if (check->text != NULL) {
        buf_add_text(out, ": ");
        buf_add_text(out, check->text);
    }
    buf_add_char(out, '\n');
    OWN_BUF struct buf shown = {0};
    report_add_shown(&shown, c, check);
    if (shown.len > 0) {
        buf_add_text(out, "  shown by ");
        buf_add(out, buf_span(&shown));
        buf_add_char(out, '\n');
    }
    if (check->file != NULL) {
        buf_addf(out, "  demanded by %s:%u:%u\n", check->file, check->line, check->column);
    }
}

// Everything there is to say of a case, worst or not, as plain text.
static void add_story(struct buf *out, const struct result_case *c)
{
    if (c->requirement != NULL) {
        buf_addf(out, "%s\n", c->requirement);
    }
    if (c->why != NULL) {
        buf_addf(out, "%s\n", c->why);
    }
    for (size_t i = 0; i < c->check_count; i++) {
        if (c->checks[i].verdict != VERDICT_PASS) {
            add_check(out, c, &c->checks[i]);
        }
    }
}

// The first check that is as bad as the case and says why; else why the case is.
static void add_message(struct buf *out, const struct result_case *c)
{
    for (size_t i = 0; i < c->check_count; i++) {
        const struct result_check *check = &c->checks[i];
        if (check->verdict == c->verdict && check->text != NULL) {
            buf_addf(out, "%s: %s", check->id, check->text);
            return;
        }
    }
    buf_add_text(out, c->why == NULL ? verdict_help(c->verdict) : c->why);
}

static void add_outcome(struct buf *out, const struct result_case *c)
{
    OWN_BUF struct buf message = {0};
    OWN_BUF struct buf story = {0};
    const char *element = element_of(c);
    add_message(&message, c);
    add_story(&story, c);
    if (element == NULL) {
        buf_add_text(out, "      <system-out>");
        xml_add(out, buf_span(&story));
        buf_add_text(out, "</system-out>\n");
        return;
    }
    buf_addf(out, "      <%s", element);
    xml_add_attribute(out, "message", buf_span(&message));
    xml_add_attribute(out, "type", span_of(verdict_name(c->verdict)));
    buf_add_char(out, '>');
    xml_add(out, buf_span(&story));
    buf_addf(out, "</%s>\n", element);
}

static void add_case(struct buf *out, const struct result_case *c)
{
    buf_add_text(out, "    <testcase");
    xml_add_attribute(out, "classname", span_of(suite_of(c)));
    xml_add_attribute(out, "name", span_of(c->id));
    add_time(out, c->duration_us);
    if (c->verdict == VERDICT_PASS) {
        buf_add_text(out, "/>\n");
        return;
    }
    buf_add_text(out, ">\n");
    add_outcome(out, c);
    buf_add_text(out, "    </testcase>\n");
}

static void add_property(struct buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        buf_add_text(out, "      <property");
        xml_add_attribute(out, "name", span_of(name));
        xml_add_attribute(out, "value", span_of(value));
        buf_add_text(out, "/>\n");
    }
}

static void add_properties(struct buf *out, const struct result_run *run)
{
    struct buf seed = {0};
    buf_add_u64(&seed, run->seed);
    OWN(text) char *text = buf_take_text(&seed);
    buf_add_text(out, "    <properties>\n");
    add_property(out, "seed", text);
    add_property(out, "profile", run->profile);
    add_property(out, "contract", run->contract);
    add_property(out, "rule_set", run->rule_set);
    add_property(out, "client", run->client);
    add_property(out, "harness", run->harness);
    add_property(out, "judge", run->judge);
    buf_add_text(out, "    </properties>\n");
}

static void add_suite(struct buf *out, const struct result_run *run, size_t first)
{
    const char *suite = suite_of(&run->cases[first]);
    struct tally t = {0};
    for (size_t i = first; i < run->count; i++) {
        if (strcmp(suite_of(&run->cases[i]), suite) == 0) {
            tally_case(&t, &run->cases[i]);
        }
    }
    buf_add_text(out, "  <testsuite");
    xml_add_attribute(out, "name", span_of(suite));
    add_tally(out, &t);
    add_properties(out, run);
    for (size_t i = first; i < run->count; i++) {
        if (strcmp(suite_of(&run->cases[i]), suite) == 0) {
            add_case(out, &run->cases[i]);
        }
    }
    buf_add_text(out, "  </testsuite>\n");
}

static bool is_first_of_suite(const struct result_run *run, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(suite_of(&run->cases[k]), suite_of(&run->cases[i])) == 0) {
            return false;
        }
    }
    return true;
}

// What is wrong with the run as a whole has no case of its own; without one here, CI would show
// green beside an exit code that is not 0.
static bool has_run_problem(const struct result_run *run)
{
    return run->problem != NULL || run->interrupted;
}

static void add_run_problem(struct buf *out, const struct result_run *run)
{
    const char *text =
        run->problem != NULL ? run->problem : "the run was interrupted: not every case was run";
    buf_add_text(out, "  <testsuite name=\"" RUN_SUITE "\" tests=\"1\" failures=\"0\" errors=\"1\" "
                      "skipped=\"0\" time=\"0.000\">\n    <testcase classname=\"" RUN_SUITE
                      "\" name=\"whole\" time=\"0.000\">\n      <error");
    xml_add_attribute(out, "message", span_of(text));
    buf_add_text(out, "/>\n    </testcase>\n  </testsuite>\n");
}

void report_render_JUNIT(struct buf *out, const struct result_run *run,
                         const struct report_options *options)
{
    struct tally t = {.tests = has_run_problem(run) ? 1 : 0,
                      .errors = has_run_problem(run) ? 1 : 0};
    (void)options;
    for (size_t i = 0; i < run->count; i++) {
        tally_case(&t, &run->cases[i]);
    }
    buf_add_text(out,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"meterprover\"");
    add_tally(out, &t);
    if (has_run_problem(run)) {
        add_run_problem(out, run);
    }
    for (size_t i = 0; i < run->count; i++) {
        if (is_first_of_suite(run, i)) {
            add_suite(out, run, i);
        }
    }
    buf_add_text(out, "</testsuites>\n");
}
