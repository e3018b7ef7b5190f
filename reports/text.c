// SPDX-License-Identifier: Apache-2.0
// For people: one line a case, then each finding with what shows it, then the sum.
#include <string.h>

#include "proxy/base/own.h"
#include "reports/report.h"
#include "reports/wrap.h"

#define DEFAULT_WIDTH 100

struct page {
    struct buf *out;
    bool colour;
    size_t width;
};

static const char *colour_of(enum verdict verdict)
{
    static const char *const COLOURS[] = {
        [VERDICT_PASS] = "32",
        [VERDICT_INFO] = "36",
        [VERDICT_AVOIDED] = "32",
        [VERDICT_WARN] = "33",
        [VERDICT_UNSUPPORTED] = "36",
        [VERDICT_NOT_EXERCISED] = "35",
        [VERDICT_INCONCLUSIVE] = "35",
        [VERDICT_FAIL] = "31;1",
        [VERDICT_HARNESS_ERROR] = "31;1",
    };
    _Static_assert(sizeof COLOURS / sizeof COLOURS[0] == VERDICT_COUNT, "every verdict has one");
    return COLOURS[verdict];
}

static void add_verdict(const struct page *p, enum verdict verdict)
{
    if (p->colour) {
        buf_addf(p->out, "\x1b[%sm%s\x1b[0m", colour_of(verdict), verdict_name(verdict));
    } else {
        buf_add_text(p->out, verdict_name(verdict));
    }
}

static void add_clean(const struct page *p, const char *text)
{
    wrap_add_clean(p->out, span_of(text));
}

static size_t clean_length(const char *text)
{
    OWN_BUF struct buf clean = {0};
    wrap_add_clean(&clean, span_of(text));
    return wrap_length(buf_span(&clean));
}

static void add_labelled(const struct page *p, const char *label, const char *text)
{
    if (text != NULL) {
        buf_addf(p->out, "%-10s", label);
        add_clean(p, text);
        buf_add_char(p->out, '\n');
    }
}

static void add_head(const struct page *p, const struct result_run *run)
{
    add_labelled(p, "client", run->client);
    if (run->contract != NULL && strcmp(run->contract, "exec") == 0) {
        add_labelled(p, "contract", "exec, wire only: asked is what the client sent first");
    }
    add_labelled(p, "profile", run->profile);
    add_labelled(p, "rules", run->rule_set);
    buf_addf(p->out, "%-10s%llu\n\n", "seed", (unsigned long long)run->seed);
}

static size_t longest_id(const struct result_run *run)
{
    size_t longest = strlen("CASE");
    for (size_t i = 0; i < run->count; i++) {
        size_t length = clean_length(run->cases[i].id);
        longest = length > longest ? length : longest;
    }
    return longest;
}

static size_t longest_verdict(void)
{
    size_t longest = 0;
    for (int i = 0; i < VERDICT_COUNT; i++) {
        size_t length = strlen(verdict_name((enum verdict)i));
        longest = length > longest ? length : longest;
    }
    return longest;
}

static void add_row(const struct page *p, const struct result_case *c, size_t verdict_width,
                    size_t id_width)
{
    add_verdict(p, c->verdict);
    wrap_add_blanks(p->out, verdict_width - strlen(verdict_name(c->verdict)) + 2);
    add_clean(p, c->id);
    if (c->title != NULL) {
        wrap_add_blanks(p->out, id_width - clean_length(c->id) + 2);
        add_clean(p, c->title);
    }
    buf_add_char(p->out, '\n');
}

static void add_table(const struct page *p, const struct result_run *run)
{
    size_t verdict_width = longest_verdict();
    size_t id_width = longest_id(run);
    if (run->count == 0) {
        return;
    }
    buf_addf(p->out, "%-*s  %-*s  TITLE\n", (int)verdict_width, "VERDICT", (int)id_width, "CASE");
    for (size_t i = 0; i < run->count; i++) {
        add_row(p, &run->cases[i], verdict_width, id_width);
    }
}

// "must, documented, money": as much of it as is known.
static void add_weight(struct buf *out, const char *level, const char *basis, bool money)
{
    const char *parts[] = {level, basis, money ? "money" : NULL};
    const char *before = "";
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i] != NULL) {
            buf_add_text(out, before);
            buf_add_text(out, parts[i]);
            before = ", ";
        }
    }
}

static void add_evidence(const struct page *p, const struct result_case *c,
                         const struct result_check *check)
{
    OWN_BUF struct buf shown = {0};
    report_add_shown(&shown, c, check);
    if (shown.len > 0) {
        buf_add_text(p->out, "      shown by ");
        buf_add(p->out, buf_span(&shown));
        buf_add_char(p->out, '\n');
    }
}

static void add_demand(const struct page *p, const struct result_check *check)
{
    if (check->file != NULL) {
        buf_add_text(p->out, "      demanded by ");
        add_clean(p, check->file);
        buf_addf(p->out, ":%u:%u\n", check->line, check->column);
    }
}

static void add_check(const struct page *p, const struct result_case *c,
                      const struct result_check *check)
{
    OWN_BUF struct buf weight = {0};
    add_weight(&weight, check->level, check->basis, check->money);
    buf_add_text(p->out, "\n    ");
    add_verdict(p, check->verdict);
    buf_add_char(p->out, ' ');
    add_clean(p, check->id);
    if (weight.len > 0) {
        buf_add_text(p->out, " (");
        wrap_add_clean(p->out, buf_span(&weight));
        buf_add_char(p->out, ')');
    }
    buf_add_text(p->out, check->advice ? ", advice\n" : "\n");
    wrap_add(p->out, span_of(check->text), 6, p->width);
    add_evidence(p, c, check);
    add_demand(p, check);
}

static bool is_worth_telling(const struct result_check *check)
{
    return check->verdict >= VERDICT_WARN ||
           (check->verdict != VERDICT_PASS && check->text != NULL);
}

static bool has_finding(const struct result_case *c)
{
    for (size_t i = 0; i < c->check_count; i++) {
        if (is_worth_telling(&c->checks[i])) {
            return true;
        }
    }
    return c->verdict >= VERDICT_WARN || c->why != NULL;
}

static void add_requirement(const struct page *p, const struct result_case *c)
{
    OWN_BUF struct buf line = {0};
    wrap_add(p->out, span_of(c->requirement), 4, p->width);
    add_weight(&line, c->level, c->basis, c->money);
    for (size_t i = 0; i < c->source_count; i++) {
        buf_add_text(&line, line.len == 0 ? "" : i == 0 ? "; " : ", ");
        buf_add_text(&line, c->sources[i]);
    }
    wrap_add(p->out, buf_span(&line), 4, p->width);
}

static void add_findings(const struct page *p, const struct result_case *c)
{
    buf_add_char(p->out, '\n');
    add_verdict(p, c->verdict);
    buf_add_char(p->out, ' ');
    add_clean(p, c->id);
    if (c->title != NULL) {
        buf_add_text(p->out, ": ");
        add_clean(p, c->title);
    }
    buf_add_char(p->out, '\n');
    add_requirement(p, c);
    if (c->why != NULL) {
        buf_add_char(p->out, '\n');
        wrap_add(p->out, span_of(c->why), 4, p->width);
    }
    for (size_t i = 0; i < c->check_count; i++) {
        if (is_worth_telling(&c->checks[i])) {
            add_check(p, c, &c->checks[i]);
        }
    }
}

static void add_sum(const struct page *p, const struct result_run *run)
{
    const char *before = ": ";
    buf_addf(p->out, "\n%zu case%s", run->count, run->count == 1 ? "" : "s");
    for (int i = VERDICT_COUNT - 1; i >= 0; i--) {
        size_t count = result_count(run, (enum verdict)i);
        if (count > 0) {
            buf_addf(p->out, "%s%zu ", before, count);
            add_verdict(p, (enum verdict)i);
            before = ", ";
        }
    }
    buf_add_char(p->out, '\n');
    if (run->interrupted) {
        buf_add_text(p->out, "The run was interrupted: not every case was run.\n");
    }
    wrap_add(p->out, span_of(run->problem), 0, p->width);
    enum verdict verdict = result_verdict(run);
    add_verdict(p, verdict);
    buf_addf(p->out, ": %s\n",
             result_exit_code(run) == 5 ? "no case was selected" : verdict_help(verdict));
}

void report_render_TEXT(struct buf *out, const struct result_run *run,
                        const struct report_options *options)
{
    struct page p = {
        .out = out,
        .colour = options != NULL && options->colour,
        .width = options == NULL || options->width == 0 ? DEFAULT_WIDTH : options->width,
    };
    add_head(&p, run);
    add_table(&p, run);
    for (size_t i = 0; i < run->count; i++) {
        if (has_finding(&run->cases[i])) {
            add_findings(&p, &run->cases[i]);
        }
    }
    add_sum(&p, run);
}
