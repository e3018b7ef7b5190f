// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/reports/reports_tests.h"

struct result_case *model_case(struct result_run *r, const char *id, enum verdict verdict)
{
    struct result_case *c = result_add_case(r);
    c->id = x_strdup(id);
    c->verdict = verdict;
    struct result_check *check = result_add_check(c);
    check->id = x_strdup("money");
    check->verdict = verdict;
    check->is_invariant = true;
    return c;
}

char *model_render(const struct result_run *r, enum report_kind kind,
                   const struct report_options *options)
{
    struct buf out = {0};
    report_get(kind)->render(&out, r, options);
    return buf_take_text(&out);
}

static struct result_run *run_of(const char *client)
{
    struct result_run *r = result_run_new();
    r->client = x_strdup(client);
    r->contract = x_strdup("exec");
    r->profile = x_strdup("saas");
    r->rule_set = x_strdup("2026-09");
    r->seed = UINT64_MAX;
    r->harness = x_strdup("0.1.0");
    r->judge = x_strdup("5f2b");
    return r;
}

static void describe(struct result_case *c, const char *title, const char *suite)
{
    c->title = x_strdup(title);
    c->suite = x_strdup(suite);
    c->operation = x_strdup("BatchMeterUsage");
    c->requirement = x_strdup("Records the service lists as unprocessed are sent again unchanged "
                              "until accepted.");
    c->level = x_strdup("must");
    c->basis = x_strdup("documented");
    c->duration_us = 1234567;
}

static void add_source(struct result_case *c, const char *source)
{
    c->sources = x_realloc(c->sources, (c->source_count + 1) * sizeof *c->sources);
    c->sources[c->source_count++] = x_strdup(source);
}

static struct result_check *add_finding(struct result_case *c, const char *id, enum verdict verdict,
                                        const char *text)
{
    struct result_check *check = result_add_check(c);
    check->id = x_strdup(id);
    check->verdict = verdict;
    check->level = x_strdup("must");
    check->basis = x_strdup("documented");
    check->text = x_strdup(text);
    check->file = x_strdup("scenarios/batch-meter-usage/BMU-R02.json");
    check->line = 31;
    check->column = 5;
    return check;
}

static void set_lines(struct result_check *check, unsigned first, unsigned second)
{
    check->lines = x_alloc(2 * sizeof *check->lines);
    check->lines[0] = first;
    check->lines[1] = second;
    check->line_count = 2;
}

static void add_failed(struct result_run *r)
{
    struct result_case *c = model_case(r, "BMU-R02", VERDICT_PASS);
    describe(c, "Some records come back unprocessed", "batch-meter-usage");
    c->money = true;
    add_source(c, "model:BatchMeterUsageResult.UnprocessedRecords");
    add_source(c, "guide:retry");
    struct result_check *lost = add_finding(
        c, "billed-once", VERDICT_FAIL,
        "7 requests of acme for the hour 2026-11-18T09:00:00Z were asked and nothing was billed, "
        "while the client's last word on them is metered. Usage is lost.");
    lost->money = true;
    set_lines(lost, 41, 52);
    struct result_check *advice = add_finding(c, "spacing", VERDICT_FAIL, "Tries come too fast.");
    advice->advice = true;
    result_settle(c);
}

struct result_run *model_every_verdict(void)
{
    struct result_run *r = run_of("./adapter --region us-east-1");
    for (int i = 0; i < VERDICT_COUNT; i++) {
        enum verdict verdict = (enum verdict)i;
        if (verdict == VERDICT_FAIL) {
            add_failed(r);
            continue;
        }
        struct buf id = {0};
        buf_addf(&id, "NET-%02d", i);
        OWN(text) char *text = buf_take_text(&id);
        struct result_case *c = model_case(r, text, verdict);
        describe(c, verdict_help(verdict), i % 2 == 0 ? "network" : "batch-meter-usage");
        if (verdict == VERDICT_UNSUPPORTED) {
            c->why = x_strdup("the client does not support restart");
        }
    }
    struct result_case *variant = model_case(r, "CRD-01/imds", VERDICT_UNSUPPORTED);
    variant->mandatory = true;
    variant->why = x_strdup("the client left credentials out of supports");
    return r;
}

struct result_run *model_hostile(void)
{
    struct result_run *r = run_of(MODEL_HOSTILE);
    struct result_case *c = model_case(r, MODEL_HOSTILE, VERDICT_FAIL);
    describe(c, MODEL_HOSTILE, MODEL_HOSTILE);
    c->why = x_strdup(MODEL_HOSTILE);
    add_source(c, MODEL_HOSTILE);
    struct result_check *check = add_finding(c, MODEL_HOSTILE, VERDICT_FAIL, MODEL_HOSTILE);
    x_free(check->file);
    check->file = x_strdup(MODEL_HOSTILE);
    set_lines(check, 1, 2);
    r->problem = x_strdup(MODEL_HOSTILE);
    r->problem_verdict = VERDICT_INCONCLUSIVE;
    return r;
}
