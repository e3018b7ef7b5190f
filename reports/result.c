// SPDX-License-Identifier: Apache-2.0
#include "reports/result.h"

#include "proxy/base/alloc.h"
#include "reports/fields.h"

static const struct {
    const char *name;
    const char *help;
} ROWS[] = {
#define VERDICT(id, text, sentence) [VERDICT_##id] = {.name = (text), .help = (sentence)},
#include "reports/verdict.def"
};
_Static_assert(sizeof ROWS / sizeof ROWS[0] == VERDICT_COUNT, "every verdict has a row");

const char *verdict_name(enum verdict verdict)
{
    return (size_t)verdict < VERDICT_COUNT ? ROWS[verdict].name : "?";
}

const char *verdict_help(enum verdict verdict)
{
    return (size_t)verdict < VERDICT_COUNT ? ROWS[verdict].help : "?";
}

enum verdict verdict_worse(enum verdict a, enum verdict b)
{
    return a > b ? a : b;
}

bool verdict_find(enum verdict *out, struct span name)
{
    for (int i = 0; i < VERDICT_COUNT; i++) {
        if (span_is(name, ROWS[i].name)) {
            *out = (enum verdict)i;
            return true;
        }
    }
    return false;
}

struct result_run *result_run_new(void)
{
    return x_alloc(sizeof(struct result_run));
}

static void clear_case(struct result_case *c)
{
    for (size_t i = 0; i < c->check_count; i++) {
        fields_clear(FIELDS_OF_CHECK, &c->checks[i]);
    }
    x_free(c->checks);
    fields_clear(FIELDS_OF_CASE, c);
}

void result_run_free(struct result_run **r)
{
    if (*r == NULL) {
        return;
    }
    for (size_t i = 0; i < (*r)->count; i++) {
        clear_case(&(*r)->cases[i]);
    }
    x_free((*r)->cases);
    fields_clear(FIELDS_OF_RUN, *r);
    x_free(*r);
    *r = NULL;
}

// The struct keeps no capacity, so arrays grow when their length is a power of two.
static bool is_full(size_t count)
{
    return (count & (count - 1)) == 0;
}

struct result_case *result_add_case(struct result_run *r)
{
    if (is_full(r->count)) {
        size_t room = r->count == 0 ? 1 : r->count * 2;
        r->cases = x_realloc(r->cases, room * sizeof *r->cases);
    }
    struct result_case *c = &r->cases[r->count++];
    *c = (struct result_case){.verdict = VERDICT_PASS};
    return c;
}

struct result_check *result_add_check(struct result_case *c)
{
    if (is_full(c->check_count)) {
        size_t room = c->check_count == 0 ? 1 : c->check_count * 2;
        c->checks = x_realloc(c->checks, room * sizeof *c->checks);
    }
    struct result_check *check = &c->checks[c->check_count++];
    *check = (struct result_check){.verdict = VERDICT_PASS};
    return check;
}

void result_settle(struct result_case *c)
{
    for (size_t i = 0; i < c->check_count; i++) {
        c->verdict = verdict_worse(c->verdict, c->checks[i].verdict);
    }
}

enum verdict result_verdict(const struct result_run *r)
{
    enum verdict worst = r->count == 0 ? VERDICT_NOT_EXERCISED : VERDICT_PASS;
    if (r->interrupted) {
        worst = VERDICT_INCONCLUSIVE;
    }
    if (r->problem != NULL) {
        worst = verdict_worse(worst, r->problem_verdict == VERDICT_PASS ? VERDICT_HARNESS_ERROR
                                                                        : r->problem_verdict);
    }
    for (size_t i = 0; i < r->count; i++) {
        worst = verdict_worse(worst, r->cases[i].verdict);
    }
    return worst;
}

size_t result_count(const struct result_run *r, enum verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++) {
        count += r->cases[i].verdict == verdict ? 1 : 0;
    }
    return count;
}

static bool lacks_mandatory(const struct result_run *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->cases[i].mandatory && r->cases[i].verdict == VERDICT_UNSUPPORTED) {
            return true;
        }
    }
    return false;
}

// When every case is UNSUPPORTED nothing was judged: that is no pass.
static bool judged_nothing(const struct result_run *r)
{
    return result_count(r, VERDICT_UNSUPPORTED) == r->count;
}

int result_exit_code(const struct result_run *r)
{
    enum verdict worst = result_verdict(r);
    if (r->count == 0 && r->problem == NULL && !r->interrupted) {
        return 5;
    }
    if (worst == VERDICT_HARNESS_ERROR) {
        return 3;
    }
    if (worst == VERDICT_FAIL) {
        return 1;
    }
    return worst >= VERDICT_NOT_EXERCISED || lacks_mandatory(r) || judged_nothing(r) ? 2 : 0;
}
