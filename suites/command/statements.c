// SPDX-License-Identifier: Apache-2.0
#include "suites/command/statements.h"

#include <string.h>

#include "proxy/base/own.h"
#include "proxy/scenario/problems.h"
#include "suites/oracle/oracle.h"

// The members of a statement; all but the last are needed.
static const char *const MEMBERS[] = {"id", "document", "where", "date", "text", "untested"};
#define MEMBER_COUNT (sizeof MEMBERS / sizeof MEMBERS[0])

enum rc statements_read(cJSON **out, struct diag *d)
{
    OWN_BUF struct buf path = {0};
    buf_addf(&path, "%s/statements.json%c", catalogue_default_dir(), '\0');
    return json_read_file(out, NULL, path.data, d);
}

bool statements_are(const cJSON *tree)
{
    return cJSON_IsArray(tree) && json_get(tree->child, "document") != NULL;
}

// Who cites a statement

static void add_name(struct buf *names, const char *name)
{
    buf_addf(names, "%s%s", names->len == 0 ? "" : ", ", name);
}

static void cases_that_cite(struct buf *names, const struct catalogue *catalogue, const char *id)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        if (json_array_has(json_get(catalogue->cases[i]->requirement, "sources"), id)) {
            add_name(names, catalogue->cases[i]->id);
        }
    }
}

static void invariants_that_cite(struct buf *names, const char *id)
{
    size_t count = 0;
    const struct invariant *rows = invariant_all(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; rows[i].sources != NULL && rows[i].sources[k] != NULL; k++) {
            if (strcmp(rows[i].sources[k], id) == 0) {
                add_name(names, rows[i].id);
            }
        }
    }
}

// Checking

struct check {
    const cJSON *statements;
    const struct json_places *places;
    const struct catalogue *catalogue;
    struct problems *problems;
};

static struct place place(const struct check *c, const cJSON *node)
{
    return json_place(c->places, node);
}

static bool has_shape(struct check *c, const cJSON *statement)
{
    size_t before = problem_count(c->problems);
    for (const cJSON *member = statement->child; member != NULL; member = member->next) {
        size_t known = 0;
        while (known < MEMBER_COUNT && strcmp(MEMBERS[known], member->string) != 0) {
            known++;
        }
        if (known == MEMBER_COUNT) {
            problem(c->problems, RC_UNKNOWN, place(c, member), "a statement has no key \"%s\"",
                    member->string);
        } else if (json_span(member).len == 0) {
            problem(c->problems, RC_TYPE, place(c, member),
                    "\"%s\" must be a text that is not empty", member->string);
        }
    }
    for (size_t i = 0; i + 1 < MEMBER_COUNT; i++) {
        if (json_get(statement, MEMBERS[i]) == NULL) {
            problem(c->problems, RC_MISSING, place(c, statement), "the key \"%s\" is missing here",
                    MEMBERS[i]);
        }
    }
    return problem_count(c->problems) == before;
}

static const cJSON *find(const cJSON *statements, const char *id)
{
    const cJSON *statement = NULL;
    cJSON_ArrayForEach(statement, statements)
    {
        if (span_is(json_span(json_get(statement, "id")), id)) {
            return statement;
        }
    }
    return NULL;
}

static void check_statement(struct check *c, const cJSON *statement)
{
    OWN_BUF struct buf cases = {0};
    OWN_BUF struct buf invariants = {0};
    if (!has_shape(c, statement)) {
        return;
    }
    const char *id = json_get_text(statement, "id");
    const cJSON *reason = json_get(statement, "untested");
    cases_that_cite(&cases, c->catalogue, id);
    invariants_that_cite(&invariants, id);
    struct span by = buf_span(cases.len > 0 ? &cases : &invariants);
    if (find(c->statements, id) != statement) {
        problem(c->problems, RC_CONFLICT, place(c, statement), "%s is listed twice", id);
    }
    if (by.len == 0 && reason == NULL) {
        problem(c->problems, RC_MISSING, place(c, statement),
                "no case and no invariant holds a client to %s: cite it, or say why not in "
                "\"untested\"",
                id);
    } else if (by.len > 0 && reason != NULL) {
        problem(c->problems, RC_CONFLICT, place(c, reason),
                "%s is tested by %.*s: its \"untested\" must go", id, (int)by.len, by.at);
    }
}

static void check_invariants(struct check *c)
{
    size_t count = 0;
    const struct invariant *rows = invariant_all(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; rows[i].sources != NULL && rows[i].sources[k] != NULL; k++) {
            if (find(c->statements, rows[i].sources[k]) == NULL) {
                problem(c->problems, RC_UNKNOWN, (struct place){0},
                        "the invariant \"%s\" cites \"%s\", which is not listed", rows[i].id,
                        rows[i].sources[k]);
            }
        }
    }
}

static enum rc read_beside(struct catalogue *catalogue, const char *path, struct diag *d)
{
    const char *slash = strrchr(path, '/');
    OWN_BUF struct buf dir = {0};
    buf_addf(&dir, "%.*s%c", slash == NULL ? 1 : (int)(slash - path), slash == NULL ? "." : path,
             '\0');
    return catalogue_read(catalogue, dir.data, d);
}

enum rc statements_check(const char *path, struct buf *all, struct diag *d)
{
    struct catalogue catalogue = {0};
    struct json_places *places = NULL;
    OWN(json) cJSON *tree = NULL;
    enum rc rc = json_read_file(&tree, &places, path, d);
    if (rc == RC_OK) {
        rc = read_beside(&catalogue, path, d);
    }
    if (rc == RC_OK) {
        struct check c = {.statements = tree,
                          .places = places,
                          .catalogue = &catalogue,
                          .problems = problems_new(path)};
        const cJSON *statement = NULL;
        cJSON_ArrayForEach(statement, tree)
        {
            check_statement(&c, statement);
        }
        check_invariants(&c);
        rc = problems_tell(c.problems, all, d);
        problems_free(&c.problems);
    }
    catalogue_clear(&catalogue);
    json_places_free(&places);
    return rc;
}

// Printing

static const struct table_column STATEMENT_COLUMNS[] = {
    {"statement", true}, {"says", false}, {"document", false},  {"where", false},
    {"date", false},     {"cases", true}, {"invariants", true}, {"untested", false}};
static const struct table_column CASE_COLUMNS[] = {
    {"case", true}, {"requirement", false}, {"statements", true}};
static const struct table_column INVARIANT_COLUMNS[] = {
    {"invariant", true}, {"holds when", false}, {"statements", true}};
#define COUNT(columns) (sizeof(columns) / sizeof(columns)[0])

static void trace_statements(struct page *page, const cJSON *statements,
                             const struct catalogue *catalogue, bool is_choice)
{
    static const char *const PLAIN[] = {"id", "text", "document", "where", "date"};
    struct table t;
    table_init(&t, "Statements", STATEMENT_COLUMNS, COUNT(STATEMENT_COLUMNS));
    const cJSON *statement = NULL;
    cJSON_ArrayForEach(statement, statements)
    {
        OWN_BUF struct buf cases = {0};
        OWN_BUF struct buf invariants = {0};
        cases_that_cite(&cases, catalogue, json_get_text(statement, "id"));
        invariants_that_cite(&invariants, json_get_text(statement, "id"));
        if (is_choice && cases.len == 0) {
            continue;
        }
        for (size_t i = 0; i < COUNT(PLAIN); i++) {
            table_add(&t, json_span(json_get(statement, PLAIN[i])));
        }
        table_add(&t, buf_span(&cases));
        table_add(&t, buf_span(&invariants));
        table_add(&t, json_span(json_get(statement, "untested")));
    }
    page_add(page, &t);
}

static void trace_cases(struct page *page, const struct catalogue *catalogue)
{
    struct table t;
    table_init(&t, "Cases", CASE_COLUMNS, COUNT(CASE_COLUMNS));
    for (size_t i = 0; i < catalogue->count; i++) {
        const cJSON *requirement = catalogue->cases[i]->requirement;
        OWN_BUF struct buf names = {0};
        const cJSON *source = NULL;
        cJSON_ArrayForEach(source, json_get(requirement, "sources"))
        {
            add_name(&names, json_text(source));
        }
        table_add(&t, span_of(catalogue->cases[i]->id));
        table_add(&t, json_span(json_get(requirement, "text")));
        table_add(&t, buf_span(&names));
    }
    page_add(page, &t);
}

static void trace_invariants(struct page *page)
{
    struct table t;
    size_t count = 0;
    const struct invariant *rows = invariant_all(&count);
    table_init(&t, "Invariants", INVARIANT_COLUMNS, COUNT(INVARIANT_COLUMNS));
    for (size_t i = 0; i < count; i++) {
        OWN_BUF struct buf names = {0};
        for (size_t k = 0; rows[i].sources != NULL && rows[i].sources[k] != NULL; k++) {
            add_name(&names, rows[i].sources[k]);
        }
        table_add(&t, span_of(rows[i].id));
        table_add(&t, span_of(rows[i].help));
        table_add(&t, buf_span(&names));
    }
    page_add(page, &t);
}

void statements_trace(struct page *page, const cJSON *statements, const struct catalogue *catalogue,
                      bool is_choice)
{
    trace_statements(page, statements, catalogue, is_choice);
    trace_cases(page, catalogue);
    trace_invariants(page);
}
