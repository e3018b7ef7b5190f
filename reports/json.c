// SPDX-License-Identifier: Apache-2.0
// results.json: the model, member by member in the order of the tables. Nothing in it depends on
// when or where it is written. Indented down to the checks, so that two of them can be compared.
#include "reports/fields.h"
#include "reports/report.h"

static void add_text(struct buf *out, const char *text)
{
    if (text == NULL) {
        buf_add_text(out, "null");
    } else {
        buf_add_json_string(out, span_of(text));
    }
}

static void add_texts(struct buf *out, const struct field *f, const void *base)
{
    char *const *const *texts = field_peek(f, base);
    buf_add_char(out, '[');
    for (size_t i = 0; i < field_peek_count(f, base); i++) {
        buf_add_text(out, i == 0 ? "" : ", ");
        add_text(out, (*texts)[i]);
    }
    buf_add_char(out, ']');
}

static void add_lines(struct buf *out, const struct field *f, const void *base)
{
    const unsigned *const *lines = field_peek(f, base);
    buf_add_char(out, '[');
    for (size_t i = 0; i < field_peek_count(f, base); i++) {
        buf_add_text(out, i == 0 ? "" : ", ");
        buf_add_u64(out, (*lines)[i]);
    }
    buf_add_char(out, ']');
}

static void add_value(struct buf *out, const struct field *f, const void *base)
{
    const void *at = field_peek(f, base);
    switch (f->kind) {
    case FIELD_TEXT:
    case FIELD_NULLABLE:
        add_text(out, *(char *const *)at);
        break;
    case FIELD_BOOL:
        buf_add_text(out, *(const bool *)at ? "true" : "false");
        break;
    case FIELD_UNSIGNED:
        buf_add_u64(out, *(const unsigned *)at);
        break;
    case FIELD_I64:
        buf_add_i64(out, *(const int64_t *)at);
        break;
    case FIELD_U64:
        buf_add_char(out, '"');
        buf_add_u64(out, *(const uint64_t *)at);
        buf_add_char(out, '"');
        break;
    case FIELD_VERDICT:
        add_text(out, verdict_name(*(const enum verdict *)at));
        break;
    case FIELD_TEXTS:
        add_texts(out, f, base);
        break;
    case FIELD_LINES:
        add_lines(out, f, base);
        break;
    }
}

// Each member, with `before` in front of it.
static void add_members(struct buf *out, const struct field *fields, const void *base,
                        const char *first, const char *between)
{
    for (const struct field *f = fields; f->key != NULL; f++) {
        buf_add_text(out, f == fields ? first : between);
        buf_addf(out, "\"%s\": ", f->key);
        add_value(out, f, base);
    }
}

static void add_case(struct buf *out, const struct result_case *c)
{
    buf_add_text(out, "\n    {");
    add_members(out, FIELDS_OF_CASE, c, "\n      ", ",\n      ");
    buf_add_text(out, ",\n      \"checks\": [");
    for (size_t i = 0; i < c->check_count; i++) {
        buf_add_text(out, i == 0 ? "\n        {" : ",\n        {");
        add_members(out, FIELDS_OF_CHECK, &c->checks[i], "", ", ");
        buf_add_char(out, '}');
    }
    buf_add_text(out, c->check_count == 0 ? "]\n    }" : "\n      ]\n    }");
}

static void add_counts(struct buf *out, const struct result_run *run)
{
    buf_add_text(out, ",\n  \"counts\": {");
    for (int i = 0; i < VERDICT_COUNT; i++) {
        buf_addf(out, "%s\"%s\": %zu", i == 0 ? "" : ", ", verdict_name((enum verdict)i),
                 result_count(run, (enum verdict)i));
    }
    buf_add_char(out, '}');
}

void report_render_JSON(struct buf *out, const struct result_run *run,
                        const struct report_options *options)
{
    (void)options;
    buf_add_text(out, "{\n  \"results\": 1,\n  ");
    add_members(out, FIELDS_OF_RUN, run, "", ",\n  ");
    buf_addf(out, ",\n  \"verdict\": \"%s\"", verdict_name(result_verdict(run)));
    add_counts(out, run);
    buf_add_text(out, ",\n  \"cases\": [");
    for (size_t i = 0; i < run->count; i++) {
        buf_add_text(out, i == 0 ? "" : ",");
        add_case(out, &run->cases[i]);
    }
    buf_add_text(out, run->count == 0 ? "]\n}\n" : "\n  ]\n}\n");
}
