// SPDX-License-Identifier: Apache-2.0
// From findings to verdicts (suites/README.md, "How it is judged").
#include "suites/oracle/judge.h"

#include <inttypes.h>
#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "suites/oracle/exercised.h"

// What decides about a check beside its own findings.
struct ruling {
    const struct facts *facts;
    enum verdict exercise;
    bool is_money; // lag never excuses it
    bool falls;    // struct oracle: falls_when_not_exercised
    bool may_lack; // struct oracle: may_lack_when_avoided
    bool is_moot;  // struct oracle: is_moot_when_avoided
    bool refers;   // it names a rule that was not delivered
    bool timing;
    const char *level;
};

static char *dup_text(const char *text)
{
    return x_strdup(text == NULL ? "" : text);
}

static bool is_lagging(const struct facts *f)
{
    return f->lag_us > f->tolerance_us;
}

static enum verdict violated(const struct findings *found, const struct ruling *r)
{
    bool is_bad = found->said[FINDING_BAD] > 0;
    if (r->exercise == VERDICT_AVOIDED && (r->is_moot || (r->may_lack && !is_bad))) {
        return VERDICT_AVOIDED;
    }
    if (r->falls && (r->exercise == VERDICT_NOT_EXERCISED || r->exercise == VERDICT_INCONCLUSIVE)) {
        return r->exercise;
    }
    if (r->timing && !r->is_money && is_lagging(r->facts)) {
        return VERDICT_INCONCLUSIVE;
    }
    if (strcmp(r->level, "should") == 0) {
        return VERDICT_WARN;
    }
    return strcmp(r->level, "may") == 0 ? VERDICT_INFO : VERDICT_FAIL;
}

static enum verdict settle(const struct findings *found, const struct ruling *r)
{
    bool is_cut = r->facts->is_cut;
    if (found->said[FINDING_HARNESS] > 0) {
        return VERDICT_HARNESS_ERROR;
    }
    // What was changed proves nothing, neither against the client nor for it; what was cut still
    // proves what stands before the cut.
    if (r->facts->evidence->integrity == INTEGRITY_BROKEN) {
        return VERDICT_INCONCLUSIVE;
    }
    // Avoiding a situation excuses nothing that was done all the same.
    if (r->refers && (r->exercise != VERDICT_AVOIDED || found->said[FINDING_BAD] == 0)) {
        return r->exercise;
    }
    if (found->said[FINDING_BAD] > 0 || (found->said[FINDING_LACK] > 0 && !is_cut)) {
        return violated(found, r);
    }
    if (is_cut) {
        return VERDICT_INCONCLUSIVE;
    }
    if (found->said[FINDING_MISSED] == 0) {
        return VERDICT_PASS;
    }
    // Without steps the moments of a case never come; what no duty hangs on is told, not held up.
    return r->facts->wire_only && strcmp(r->level, "must") != 0 ? VERDICT_INFO
                                                                : VERDICT_NOT_EXERCISED;
}

// What our side contributed to an open question.
static void explain(struct findings *found, const struct ruling *r, enum verdict verdict)
{
    const struct facts *f = r->facts;
    if (verdict == VERDICT_INCONCLUSIVE && f->is_cut) {
        findings_add(found, FINDING_NOTE, 0, "%s%s%s",
                     f->evidence->integrity == INTEGRITY_BROKEN
                         ? "The evidence is not what was written: "
                     : *f->evidence->problem != '\0' ? "The evidence is cut: "
                                                     : "The evidence does not reach to the end.",
                     f->evidence->problem, *f->evidence->problem != '\0' ? "." : "");
    } else if (verdict == VERDICT_INCONCLUSIVE && r->timing) {
        findings_add(found, FINDING_NOTE, 0,
                     "Our own lag was %" PRId64 " us, above the tolerance of %" PRId64 " us.",
                     f->lag_us, f->tolerance_us);
    } else if (r->refers) {
        findings_add(found, FINDING_NOTE, 0, "It is about a rule that was not delivered.");
    }
}

static void finish(struct result_check *c, struct findings *found, const struct ruling *r)
{
    c->verdict = settle(found, r);
    explain(found, r, c->verdict);
    c->level = x_strdup(r->level);
    // Section 7: what fails a certificate is a documented must, and money whatever its basis.
    c->advice = c->verdict == VERDICT_FAIL && !c->money && strcmp(c->basis, "documented") != 0;
    c->text = findings_take_text(found);
    c->lines = findings_take_lines(found, &c->line_count);
    findings_clear(found);
}

static const char *text_or(const cJSON *object, const char *key, const char *otherwise)
{
    const char *text = json_get_text(object, key);
    return text == NULL ? otherwise : text;
}

// With `at` the expectation is judged on what had happened when that step began; what lacked then
// is violated for good.
static void judge_moment(struct findings *found, const struct facts *f, const struct oracle *oracle,
                         const struct expectation *e)
{
    const struct step_fact *at = NULL;
    if (!oracle_step(found, f, e->json, "at", &at)) {
        return;
    }
    struct facts then;
    facts_init_before(&then, f, at);
    oracle->judge(found, &then, e);
    facts_clear(&then);
    found->said[FINDING_BAD] += found->said[FINDING_LACK];
    found->said[FINDING_LACK] = 0;
}

static void judge_by(struct findings *found, const struct facts *f, const struct oracle *oracle,
                     const struct expectation *e)
{
    if (json_get(e->json, "within_s") != NULL && !oracle->takes_within) {
        findings_add(found, FINDING_HARNESS, 0, "`within_s` has no meaning for `%s`.",
                     oracle->verb);
    } else if (json_get(e->json, "at") != NULL) {
        judge_moment(found, f, oracle, e);
    } else {
        oracle->judge(found, f, e);
    }
}

static void judge_expectation(struct result_case *out, const struct facts *f, const cJSON *json,
                              enum verdict exercise)
{
    struct expectation e = {.json = json, .args = json_get(json, "args")};
    const char *verb = fact_text(json, "verb");
    const struct oracle *oracle = oracle_find(verb);
    struct findings found = {0};
    struct ruling r = {.facts = f,
                       .exercise = exercise,
                       .refers = exercised_refers(f, &e),
                       .timing = json_is_true(json_get(json, "timing")),
                       .level = text_or(json, "level", out->level)};
    struct result_check *c = result_add_check(out);
    c->id = dup_text(json_get_text(json, "id"));
    c->basis = x_strdup(text_or(json, "basis", out->basis));
    c->money = out->money;
    c->file = dup_text(json_get_text(f->scenario, "file"));
    c->line = (unsigned)json_get_int(json, "line", 0);
    c->column = (unsigned)json_get_int(json, "column", 0);
    if (oracle == NULL) {
        findings_add(&found, FINDING_HARNESS, 0, "This judge has no oracle \"%s\".", verb);
    } else {
        r.is_money = oracle->is_money;
        r.falls = oracle->falls_when_not_exercised;
        r.may_lack = oracle->may_lack_when_avoided;
        r.is_moot = oracle->is_moot_when_avoided;
        judge_by(&found, f, oracle, &e);
    }
    finish(c, &found, &r);
}

static void judge_invariant(struct result_case *out, const struct facts *f,
                            const struct invariant *invariant)
{
    const char *waived = json_get_text(json_get(f->scenario, "waive"), invariant->id);
    struct findings found = {0};
    struct ruling r = {.facts = f, .is_money = invariant->is_money, .level = "must"};
    struct result_check *c = result_add_check(out);
    c->id = x_strdup(invariant->id);
    c->basis = x_strdup(invariant->basis);
    c->money = invariant->is_money;
    c->is_invariant = true;
    if (waived == NULL) {
        invariant->judge(&found, f);
    } else {
        findings_add(&found, FINDING_NOTE, 0, "Waived by the case: %s", waived);
    }
    finish(c, &found, &r);
}

static void add_exercised(struct result_case *out, struct findings *found, const struct facts *f,
                          enum verdict verdict)
{
    struct result_check *c = result_add_check(out);
    struct ruling r = {.facts = f, .level = "must"};
    c->id = x_strdup("exercised");
    c->basis = x_strdup("derived");
    c->level = x_strdup("must");
    c->is_invariant = true;
    c->verdict = verdict;
    explain(found, &r, verdict);
    c->text = findings_take_text(found);
    c->lines = findings_take_lines(found, &c->line_count);
    if (verdict != VERDICT_PASS && c->text != NULL) {
        out->why = x_strdup(c->text);
    }
    findings_clear(found);
}

static void judge_checks(struct result_case *out, const struct facts *f)
{
    struct findings found = {0};
    enum verdict exercise = exercised_judge(&found, f);
    const cJSON *e = NULL;
    const cJSON *expects = json_get(f->scenario, "expect");
    cJSON_ArrayForEach(e, expects)
    {
        judge_expectation(out, f, e, exercise);
    }
    size_t count = 0;
    const struct invariant *invariants = invariant_all(&count);
    for (size_t i = 0; i < count; i++) {
        judge_invariant(out, f, &invariants[i]);
    }
    add_exercised(out, &found, f, exercise);
    result_settle(out);
}

char *judge_suite(const cJSON *scenario)
{
    struct span path = json_span(json_get(scenario, "file"));
    struct span folder = {.at = "", .len = 0};
    struct span rest = path;
    while (rest.at != NULL) {
        struct span part = span_cut(&rest, '/');
        if (rest.at != NULL) {
            folder = part;
        }
    }
    return span_dup(folder);
}

static void describe(struct result_case *out, const struct evidence_case *evidence)
{
    const cJSON *s = evidence->scenario;
    const cJSON *requirement = json_get(s, "requirement");
    const cJSON *sources = json_get(requirement, "sources");
    out->id = dup_text(evidence->id != NULL ? evidence->id : json_get_text(s, "id"));
    out->title = dup_text(json_get_text(s, "title"));
    out->suite = judge_suite(s);
    out->operation = dup_text(json_get_text(s, "operation"));
    out->requirement = dup_text(json_get_text(requirement, "text"));
    out->level = x_strdup(text_or(requirement, "level", "must"));
    out->basis = x_strdup(text_or(requirement, "basis", "derived"));
    out->money = json_is_true(json_get(requirement, "money")) || json_is_true(json_get(s, "money"));
    int count = cJSON_GetArraySize(sources);
    out->sources = x_alloc((size_t)(count + 1) * sizeof *out->sources);
    const cJSON *source = NULL;
    cJSON_ArrayForEach(source, sources)
    {
        out->sources[out->source_count++] = dup_text(json_text(source));
    }
}

// A verdict that comes from no check.
static void settle_case(struct result_case *out, enum verdict verdict, const char *why)
{
    out->verdict = verdict;
    out->why = x_strdup(why);
}

// Gives false when checks are to be judged.
static bool settle_without_checks(struct result_case *out, const struct facts *f)
{
    if (strcmp(f->why, "harness") == 0) {
        settle_case(out, VERDICT_HARNESS_ERROR, text_or(f->end, "text", "the harness failed"));
        return true;
    }
    // Giving up after the first usage is a failure, which the invariant "contract" tells.
    if (!f->is_cut && strcmp(f->why, "unsupported") == 0 && f->usages_count == 0) {
        settle_case(out, VERDICT_UNSUPPORTED,
                    text_or(f->end, "text", "the client does not support what the case needs"));
        return true;
    }
    return false;
}

bool judge_has_checks(const struct evidence_case *evidence)
{
    struct facts f;
    struct result_case scratch = {0};
    facts_init(&f, evidence, false);
    bool is_settled = evidence->scenario == NULL || settle_without_checks(&scratch, &f);
    x_free(scratch.why);
    facts_clear(&f);
    return !is_settled;
}

enum rc judge_case(struct result_case *out, const struct evidence_case *evidence,
                   const struct judge_options *options)
{
    describe(out, evidence);
    out->mandatory = options != NULL && json_array_has(options->mandatory, out->id);
    out->verdict = VERDICT_PASS;
    if (evidence->scenario == NULL) {
        bool is_whole = evidence->integrity == INTEGRITY_WHOLE;
        settle_case(out, is_whole ? VERDICT_HARNESS_ERROR : VERDICT_INCONCLUSIVE,
                    *evidence->problem != '\0' ? evidence->problem : "scenario.json is missing");
        return RC_MISSING;
    }
    struct facts f;
    facts_init(&f, evidence, options != NULL && options->wire_only);
    out->duration_us = f.last_us;
    if (!settle_without_checks(out, &f)) {
        judge_checks(out, &f);
    }
    facts_clear(&f);
    return RC_OK;
}

size_t judge_declared(const cJSON *scenario)
{
    size_t invariants = 0;
    (void)invariant_all(&invariants);
    return (size_t)cJSON_GetArraySize(json_get(scenario, "expect")) + invariants + 1;
}

const char *judge_digest(void)
{
    return JUDGE_DIGEST;
}
