// SPDX-License-Identifier: Apache-2.0
// The way of a file: strict JSON, variants and unfolding, shape by the vocabulary, structs,
// meaning. Each stage runs only on what the one before found sound; all problems of a stage are
// told.
#include "proxy/scenario/scenario.h"

#include <string.h>

#include "proxy/base/own.h"
#include "proxy/scenario/build.h"
#include "proxy/scenario/check.h"
#include "proxy/scenario/expand.h"
#include "proxy/scenario/meaning.h"

struct scenario_file {
    char *path;
    cJSON *raw;
    struct json_places *places;
    cJSON **trees; // those not yet taken by a case
    size_t tree_count;
    struct built *cases;
    size_t case_count;
};

static void check_shapes(const struct scenario_file *f, struct problems *problems)
{
    for (size_t i = 0; i < f->tree_count; i++) {
        check_tree(f->trees[i], TYPE_CASE,
                   &(struct check_options){.problems = problems, .places = f->places});
    }
}

static void build_cases(struct scenario_file *f)
{
    f->cases = x_alloc(f->tree_count * sizeof *f->cases);
    for (size_t i = 0; i < f->tree_count; i++) {
        build(&f->cases[i], f->trees[i], f->places, f->path);
        f->trees[i] = NULL;
    }
    f->case_count = f->tree_count;
}

static void check_meaning(const struct scenario *s, bool is_steered, struct problems *problems)
{
    struct symbols *symbols = symbols_new(s);
    check_names(s, symbols, problems);
    check_steps(s, problems);
    check_rules(s, is_steered, problems);
    check_expects(s, problems);
    check_timeline(s, problems);
    symbols_free(&symbols);
}

static void read_cases(struct scenario_file *f, bool is_steered, struct problems *problems)
{
    if (!cJSON_IsObject(f->raw)) {
        problem(problems, RC_TYPE, json_place(f->places, f->raw),
                "a scenario file holds an object, not %s", json_type_name(f->raw));
        return;
    }
    expand(&f->trees, &f->tree_count, f->raw, f->places, problems);
    check_shapes(f, problems);
    if (problem_count(problems) > 0) {
        return;
    }
    build_cases(f);
    for (size_t i = 0; i < f->case_count; i++) {
        check_meaning(&f->cases[i].scenario, is_steered, problems);
    }
}

// A file that is not even JSON has one problem, which json_read has told already.
static enum rc tell_json(enum rc rc, struct buf *all, const struct diag *d)
{
    if (all != NULL) {
        char line[900];
        diag_print(d, line, sizeof line);
        buf_addf(all, "%s\n", line);
    }
    return rc;
}

static enum rc read_text(struct scenario_file **out, struct span text, const char *path,
                         bool is_steered, struct buf *all, struct diag *d)
{
    struct scenario_file *f = x_alloc(sizeof *f);
    f->path = x_strdup(path);
    struct diag json = {0};
    enum rc rc = json_read(&f->raw, &f->places, text, f->path, &json);
    if (rc != RC_OK) {
        (void)diag_fail_at(d, rc, json.file, json.place, "%s", json.text);
        rc = tell_json(rc, all, &json);
    } else {
        struct problems *problems = problems_new(f->path);
        read_cases(f, is_steered, problems);
        rc = problems_tell(problems, all, d);
        problems_free(&problems);
    }
    if (rc != RC_OK) {
        scenario_file_free(&f);
        return rc;
    }
    *out = f;
    return RC_OK;
}

enum rc scenario_read(struct scenario_file **out, struct span text, const char *path,
                      struct buf *all, struct diag *d)
{
    return read_text(out, text, path, false, all, d);
}

enum rc scenario_read_steered(struct scenario_file **out, struct span text, const char *path,
                              struct buf *all, struct diag *d)
{
    return read_text(out, text, path, true, all, d);
}

size_t scenario_count(const struct scenario_file *file)
{
    return file->case_count;
}

const struct scenario *scenario_at(const struct scenario_file *file, size_t i)
{
    return &file->cases[i].scenario;
}

void scenario_file_free(struct scenario_file **file)
{
    struct scenario_file *f = *file;
    if (f == NULL) {
        return;
    }
    for (size_t i = 0; i < f->case_count; i++) {
        build_clear(&f->cases[i]);
    }
    for (size_t i = 0; i < f->tree_count; i++) {
        cJSON_Delete(f->trees[i]);
    }
    x_free(f->cases);
    x_free(f->trees);
    cJSON_Delete(f->raw);
    json_places_free(&f->places);
    x_free(f->path);
    x_free(f);
    *file = NULL;
}

bool scenario_in_profile(const struct scenario *s, const char *profile)
{
    return json_array_has(s->profiles, profile);
}

bool scenario_has_agreements(const char *profile)
{
    return strcmp(profile, "saas-agreements") == 0;
}

bool scenario_adds_up(const char *profile)
{
    return strcmp(profile, "agentcore") == 0;
}

bool scenario_registers(const char *profile)
{
    return strcmp(profile, "container-hourly") == 0;
}

bool scenario_is_behind_proxy(const struct scenario *s)
{
    return span_is(json_span(json_get(s->client, "transport")), "proxy");
}

bool scenario_is_over_tls(const struct scenario *s)
{
    bool is_itself = span_is(json_span(json_get(s->client, "transport")), "tls");
    return is_itself || scenario_is_behind_proxy(s);
}

enum operation scenario_metering(const char *profile)
{
    bool is_saas = strcmp(profile, "saas") == 0 || scenario_has_agreements(profile);
    return is_saas ? OPERATION_BATCH_METER_USAGE : OPERATION_METER_USAGE;
}

enum operation operation_under(const char *word, const char *profile)
{
    return strcmp(word, "metering") == 0 ? scenario_metering(profile)
                                         : operation_find(span_of(word));
}

static void check_source(const struct scenario *s, const cJSON *source, const cJSON *statements,
                         struct problems *problems)
{
    for (const cJSON *item = statements->child; item != NULL; item = item->next) {
        if (span_equal(json_span(json_get(item, "id")), json_span(source))) {
            return;
        }
    }
    problem(problems, RC_UNKNOWN, json_place(s->places, source),
            "no statement is called \"%.200s\"", json_text(source));
}

enum rc scenario_check_sources(const struct scenario_file *file, const cJSON *statements,
                               struct buf *all, struct diag *d)
{
    struct problems *problems = problems_new(file->path);
    for (size_t i = 0; i < file->case_count; i++) {
        const struct scenario *s = &file->cases[i].scenario;
        const cJSON *sources = json_get(s->requirement, "sources");
        for (const cJSON *item = sources->child; item != NULL; item = item->next) {
            check_source(s, item, statements, problems);
        }
    }
    enum rc rc = problems_tell(problems, all, d);
    problems_free(&problems);
    return rc;
}
