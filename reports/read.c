// SPDX-License-Identifier: Apache-2.0
// Reads results.json by the same tables that render it. What is computed from the rest ("verdict",
// "counts") must agree with the rest: a file whose summary was edited is refused.
#include <limits.h>
#include <string.h>

#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "reports/fields.h"
#include "reports/report.h"

struct reading {
    const char *file;
    struct json_places *places;
    struct diag *diag;
};

static enum rc fail(const struct reading *r, const cJSON *node, enum rc code, const char *key,
                    const char *expected)
{
    return diag_fail_at(r->diag, code, r->file, json_place(r->places, node), "\"%.60s\" %s", key,
                        expected);
}

static bool take_text(char **text, const cJSON *node)
{
    if (!cJSON_IsString(node)) {
        return false;
    }
    *text = x_strdup(node->valuestring);
    return true;
}

static bool take_unsigned(unsigned *value, const cJSON *node)
{
    int64_t number = 0;
    if (!json_int(node, 0, UINT_MAX, &number)) {
        return false;
    }
    *value = (unsigned)number;
    return true;
}

static bool take_texts(const struct field *f, void *base, const cJSON *node)
{
    const cJSON *item = NULL;
    char ***texts = field_at(f, base);
    size_t *count = field_count(f, base);
    *texts = x_alloc((size_t)cJSON_GetArraySize(node) * sizeof **texts);
    cJSON_ArrayForEach(item, node)
    {
        if (!take_text(&(*texts)[*count], item)) {
            return false;
        }
        ++*count;
    }
    return cJSON_IsArray(node) != 0;
}

static bool take_lines(const struct field *f, void *base, const cJSON *node)
{
    const cJSON *item = NULL;
    unsigned **lines = field_at(f, base);
    size_t *count = field_count(f, base);
    *lines = x_alloc((size_t)cJSON_GetArraySize(node) * sizeof **lines);
    cJSON_ArrayForEach(item, node)
    {
        if (!take_unsigned(&(*lines)[(*count)++], item)) {
            return false;
        }
    }
    return cJSON_IsArray(node) != 0;
}

static bool take_bool(bool *value, const cJSON *node)
{
    *value = json_is_true(node);
    return cJSON_IsBool(node) != 0;
}

static bool take_value(const struct field *f, void *base, const cJSON *node)
{
    switch (f->kind) {
    case FIELD_TEXT:
        return take_text(field_at(f, base), node);
    case FIELD_NULLABLE:
        return cJSON_IsNull(node) || take_text(field_at(f, base), node);
    case FIELD_BOOL:
        return take_bool(field_at(f, base), node);
    case FIELD_UNSIGNED:
        return take_unsigned(field_at(f, base), node);
    case FIELD_I64:
        return json_int(node, 0, INT64_MAX, field_at(f, base));
    case FIELD_U64:
        return span_to_u64(json_span(node), UINT64_MAX, field_at(f, base));
    case FIELD_VERDICT:
        return verdict_find(field_at(f, base), json_span(node));
    case FIELD_TEXTS:
        return take_texts(f, base, node);
    case FIELD_LINES:
        return take_lines(f, base, node);
    }
    return false;
}

static const char *expectation(enum field_kind kind)
{
    static const char *const TEXTS[] = {
        [FIELD_TEXT] = "must be a string",
        [FIELD_NULLABLE] = "must be a string or null",
        [FIELD_BOOL] = "must be true or false",
        [FIELD_UNSIGNED] = "must be a whole number from 0",
        [FIELD_I64] = "must be a whole number from 0",
        [FIELD_U64] = "must be a string of decimal digits",
        [FIELD_VERDICT] = "must be a verdict",
        [FIELD_TEXTS] = "must be an array of strings",
        [FIELD_LINES] = "must be an array of whole numbers",
    };
    return TEXTS[kind];
}

static bool is_field(const struct field *fields, const char *key)
{
    for (const struct field *f = fields; f->key != NULL; f++) {
        if (strcmp(f->key, key) == 0) {
            return true;
        }
    }
    return false;
}

// more: further keys that the caller reads, separated by blanks on both sides.
static enum rc refuse_unknown(const struct reading *r, const cJSON *object,
                              const struct field *fields, const char *const *more)
{
    for (const cJSON *m = object->child; m != NULL; m = m->next) {
        bool known = is_field(fields, m->string);
        for (const char *const *k = more; *k != NULL; k++) {
            known = known || strcmp(*k, m->string) == 0;
        }
        if (!known) {
            return fail(r, m, RC_UNKNOWN, m->string, "is not a member of results format 1");
        }
    }
    return RC_OK;
}

static enum rc take_members(const struct reading *r, const cJSON *object,
                            const struct field *fields, const char *const *more, void *base)
{
    if (!cJSON_IsObject(object)) {
        return diag_fail_at(r->diag, RC_TYPE, r->file, json_place(r->places, object),
                            "an object is expected here");
    }
    enum rc rc = refuse_unknown(r, object, fields, more);
    for (const struct field *f = fields; rc == RC_OK && f->key != NULL; f++) {
        const cJSON *node = json_get(object, f->key);
        if (node == NULL) {
            rc = fail(r, object, RC_MISSING, f->key, "is missing");
        } else if (!take_value(f, base, node)) {
            rc = fail(r, node, RC_TYPE, f->key, expectation(f->kind));
        }
    }
    return rc;
}

static enum rc take_case(const struct reading *r, struct result_case *c, const cJSON *object)
{
    static const char *const OF_CASE[] = {"checks", NULL};
    static const char *const OF_CHECK[] = {NULL};
    const cJSON *checks = json_get(object, "checks");
    const cJSON *item = NULL;
    enum rc rc = take_members(r, object, FIELDS_OF_CASE, OF_CASE, c);
    if (rc == RC_OK && !cJSON_IsArray(checks)) {
        rc = fail(r, object, RC_MISSING, "checks", "must be an array");
    }
    cJSON_ArrayForEach(item, checks)
    {
        if (rc == RC_OK) {
            rc = take_members(r, item, FIELDS_OF_CHECK, OF_CHECK, result_add_check(c));
        }
    }
    return rc;
}

static enum rc check_summary(const struct reading *r, const struct result_run *run,
                             const cJSON *tree)
{
    const cJSON *counts = json_get(tree, "counts");
    if (!span_is(json_span(json_get(tree, "verdict")), verdict_name(result_verdict(run)))) {
        return fail(r, tree, RC_CONFLICT, "verdict", "is not the verdict of these cases");
    }
    bool agrees = cJSON_GetArraySize(counts) == VERDICT_COUNT;
    for (int i = 0; i < VERDICT_COUNT; i++) {
        enum verdict v = (enum verdict)i;
        agrees =
            agrees && json_get_int(counts, verdict_name(v), -1) == (int64_t)result_count(run, v);
    }
    return agrees ? RC_OK
                  : fail(r, tree, RC_CONFLICT, "counts", "are not the counts of these cases");
}

static enum rc take_run(const struct reading *r, struct result_run *run, const cJSON *tree)
{
    static const char *const OF_RUN[] = {"results", "verdict", "counts", "cases", NULL};
    const cJSON *cases = json_get(tree, "cases");
    const cJSON *item = NULL;
    if (json_get_int(tree, "results", 0) != 1) {
        return fail(r, tree, RC_UNSUPPORTED, "results",
                    "must be 1: this is the format that is read");
    }
    enum rc rc = take_members(r, tree, FIELDS_OF_RUN, OF_RUN, run);
    if (rc == RC_OK && !cJSON_IsArray(cases)) {
        rc = fail(r, tree, RC_MISSING, "cases", "must be an array");
    }
    cJSON_ArrayForEach(item, cases)
    {
        if (rc == RC_OK) {
            rc = take_case(r, result_add_case(run), item);
        }
    }
    return rc == RC_OK ? check_summary(r, run, tree) : rc;
}

enum rc results_read(struct result_run **out, struct span text, const char *file, struct diag *d)
{
    struct reading r = {.file = file, .diag = d};
    OWN(json) cJSON *tree = NULL;
    enum rc rc = json_read(&tree, &r.places, text, file, d);
    if (rc != RC_OK) {
        return rc;
    }
    struct result_run *run = result_run_new();
    rc = take_run(&r, run, tree);
    json_places_free(&r.places);
    if (rc == RC_OK) {
        *out = run;
    } else {
        result_run_free(&run);
    }
    return rc;
}
