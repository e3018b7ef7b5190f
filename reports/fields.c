// SPDX-License-Identifier: Apache-2.0
#include "reports/fields.h"

#include "proxy/base/alloc.h"

#define AT(type, name, kind_)                                                                      \
    {                                                                                              \
        .key = #name, .kind = (kind_), .offset = offsetof(struct type, name)                       \
    }
#define LIST(type, key_, name, counter, kind_)                                                     \
    {                                                                                              \
        .key = (key_), .kind = (kind_), .offset = offsetof(struct type, name),                     \
        .count_offset = offsetof(struct type, counter)                                             \
    }

const struct field FIELDS_OF_RUN[] = {
    AT(result_run, harness, FIELD_NULLABLE),
    AT(result_run, judge, FIELD_NULLABLE),
    AT(result_run, client, FIELD_NULLABLE),
    AT(result_run, contract, FIELD_NULLABLE),
    AT(result_run, profile, FIELD_NULLABLE),
    AT(result_run, rule_set, FIELD_NULLABLE),
    AT(result_run, seed, FIELD_U64),
    AT(result_run, interrupted, FIELD_BOOL),
    AT(result_run, problem, FIELD_NULLABLE),
    AT(result_run, problem_verdict, FIELD_VERDICT),
    {.key = NULL},
};

const struct field FIELDS_OF_CASE[] = {
    AT(result_case, id, FIELD_TEXT),
    AT(result_case, title, FIELD_NULLABLE),
    AT(result_case, suite, FIELD_NULLABLE),
    AT(result_case, operation, FIELD_NULLABLE),
    AT(result_case, requirement, FIELD_NULLABLE),
    AT(result_case, level, FIELD_NULLABLE),
    AT(result_case, basis, FIELD_NULLABLE),
    AT(result_case, money, FIELD_BOOL),
    LIST(result_case, "sources", sources, source_count, FIELD_TEXTS),
    AT(result_case, verdict, FIELD_VERDICT),
    AT(result_case, mandatory, FIELD_BOOL),
    AT(result_case, why, FIELD_NULLABLE),
    AT(result_case, duration_us, FIELD_I64),
    {.key = NULL},
};

const struct field FIELDS_OF_CHECK[] = {
    AT(result_check, id, FIELD_TEXT),
    AT(result_check, verdict, FIELD_VERDICT),
    AT(result_check, level, FIELD_NULLABLE),
    AT(result_check, basis, FIELD_NULLABLE),
    AT(result_check, money, FIELD_BOOL),
    AT(result_check, is_invariant, FIELD_BOOL),
    AT(result_check, advice, FIELD_BOOL),
    AT(result_check, text, FIELD_NULLABLE),
    LIST(result_check, "lines", lines, line_count, FIELD_LINES),
    AT(result_check, file, FIELD_NULLABLE),
    AT(result_check, line, FIELD_UNSIGNED),
    AT(result_check, column, FIELD_UNSIGNED),
    {.key = NULL},
};

void *field_at(const struct field *f, void *base)
{
    return (char *)base + f->offset;
}

size_t *field_count(const struct field *f, void *base)
{
    return (void *)((char *)base + f->count_offset);
}

const void *field_peek(const struct field *f, const void *base)
{
    return (const char *)base + f->offset;
}

size_t field_peek_count(const struct field *f, const void *base)
{
    const void *count = (const char *)base + f->count_offset;
    return *(const size_t *)count;
}

static void clear_texts(const struct field *f, void *base)
{
    char ***texts = field_at(f, base);
    for (size_t i = 0; i < *field_count(f, base); i++) {
        x_free((*texts)[i]);
    }
    x_free(*texts);
    *texts = NULL;
    *field_count(f, base) = 0;
}

static void clear_lines(const struct field *f, void *base)
{
    unsigned **lines = field_at(f, base);
    x_free(*lines);
    *lines = NULL;
    *field_count(f, base) = 0;
}

static void clear_text(const struct field *f, void *base)
{
    char **text = field_at(f, base);
    x_free(*text);
    *text = NULL;
}

void fields_clear(const struct field *fields, void *base)
{
    for (const struct field *f = fields; f->key != NULL; f++) {
        if (f->kind == FIELD_TEXT || f->kind == FIELD_NULLABLE) {
            clear_text(f, base);
        } else if (f->kind == FIELD_TEXTS) {
            clear_texts(f, base);
        } else if (f->kind == FIELD_LINES) {
            clear_lines(f, base);
        }
    }
}
