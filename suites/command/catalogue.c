// SPDX-License-Identifier: Apache-2.0
#include "suites/command/catalogue.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/scenario/files.h"

const char *catalogue_default_dir(void)
{
    return METERPROVER_SOURCE_DIR "/scenarios";
}

static int by_id(const void *a, const void *b)
{
    const struct scenario *const *left = a;
    const struct scenario *const *right = b;
    return strcmp((*left)->id, (*right)->id);
}

static enum rc add_file(struct catalogue *c, const char *path, struct diag *d)
{
    struct scenario_file *file = NULL;
    enum rc rc = scenario_read_file(&file, path, NULL, d);
    if (rc != RC_OK) {
        return rc;
    }
    c->files = x_realloc(c->files, (c->file_count + 1) * sizeof(struct scenario_file *));
    c->files[c->file_count++] = file;
    for (size_t i = 0; i < scenario_count(file); i++) {
        c->cases = x_realloc(c->cases, (c->count + 1) * sizeof(const struct scenario *));
        c->cases[c->count++] = scenario_at(file, i);
    }
    return RC_OK;
}

static enum rc refuse_twins(const struct catalogue *c, struct diag *d)
{
    for (size_t i = 1; i < c->count; i++) {
        if (strcmp(c->cases[i - 1]->id, c->cases[i]->id) == 0) {
            return diag_fail_at(d, RC_CONFLICT, c->cases[i]->file, (struct place){0},
                                "the id %s stands in %s too", c->cases[i]->id,
                                c->cases[i - 1]->file);
        }
    }
    return RC_OK;
}

enum rc catalogue_read(struct catalogue *out, const char *dir, struct diag *d)
{
    *out = (struct catalogue){0};
    struct scenario_path *paths = NULL;
    size_t count = 0;
    enum rc rc = scenario_find(&paths, &count, dir, d);
    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        rc = add_file(out, paths[i].path, d);
    }
    scenario_paths_free(&paths, count);
    if (rc == RC_OK) {
        if (out->count > 0) {
            // NOLINTNEXTLINE(bugprone-sizeof-expression): the elements are pointers
            qsort(out->cases, out->count, sizeof *out->cases, by_id);
        }
        rc = refuse_twins(out, d);
    }
    if (rc != RC_OK) {
        catalogue_clear(out);
    }
    return rc;
}

enum rc catalogue_open(struct catalogue *out, const struct line *line, struct diag *d)
{
    const char *dir = line_value(line, "--scenarios", catalogue_default_dir());
    struct diag why = {0};
    char text[900];
    enum rc rc = catalogue_read(out, dir, &why);
    if (rc == RC_IO && strcmp(why.file, dir) == 0) {
        diag_print(&why, text, sizeof text);
        return diag_fail(d, RC_USAGE, "%s; --scenarios takes a folder of scenario files", text);
    }
    *d = why;
    return rc;
}

void catalogue_clear(struct catalogue *c)
{
    for (size_t i = 0; i < c->file_count; i++) {
        scenario_file_free(&c->files[i]);
    }
    x_free(c->files);
    x_free(c->cases);
    *c = (struct catalogue){0};
}

static bool matches_any(const struct scenario *s, const char *const *globs)
{
    for (; globs != NULL && *globs != NULL; globs++) {
        if (fnmatch(*globs, s->id, 0) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_of(const struct scenario *s, const char *profile)
{
    return profile == NULL || scenario_in_profile(s, profile);
}

static enum rc each_matches(const struct catalogue *c, const char *profile,
                            const char *const *globs, struct diag *d)
{
    for (; globs != NULL && *globs != NULL; globs++) {
        const char *const one[] = {*globs, NULL};
        bool found = false;
        for (size_t i = 0; i < c->count; i++) {
            found = found || (is_of(c->cases[i], profile) && matches_any(c->cases[i], one));
        }
        if (!found) {
            return diag_fail(d, RC_USAGE, "\"%s\" matches no case%s%s; see meterprover cases",
                             *globs, profile == NULL ? "" : " of the profile ",
                             profile == NULL ? "" : profile);
        }
    }
    return RC_OK;
}

enum rc catalogue_select(struct catalogue *c, const char *profile, const char *const *run,
                         const char *const *skip, struct diag *d)
{
    enum rc rc = each_matches(c, profile, run, d);
    if (rc == RC_OK) {
        rc = each_matches(c, profile, skip, d);
    }
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct scenario *s = c->cases[i];
        bool wanted = run == NULL || run[0] == NULL || matches_any(s, run);
        if (is_of(s, profile) && wanted && !matches_any(s, skip)) {
            c->cases[kept++] = s;
        }
    }
    c->count = rc == RC_OK ? kept : c->count;
    return rc;
}

struct span catalogue_suite(const struct scenario *s)
{
    struct span path = span_of(s->file);
    struct span suite = {0};
    while (path.at != NULL) {
        struct span part = span_cut(&path, '/');
        if (path.at != NULL) {
            suite = part;
        }
    }
    return suite;
}
