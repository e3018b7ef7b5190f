// SPDX-License-Identifier: Apache-2.0
// First everything is looked at and noted, then it is removed: a refusal finds all as it was.
// run.json goes last, so that a removal that is interrupted can be taken up again.
#include "proxy/evidence/oldrun.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "proxy/evidence/disk.h"
#include "proxy/evidence/layout.h"

struct paths {
    char **items;
    size_t count, capacity;
};

static void paths_add(struct paths *paths, char *path)
{
    X_GROW(paths->items, paths->count, paths->capacity);
    paths->items[paths->count++] = path;
}

static void paths_clear(struct paths *paths)
{
    for (size_t i = 0; i < paths->count; i++) {
        x_free(paths->items[i]);
    }
    x_free(paths->items);
    *paths = (struct paths){0};
}

static enum rc foreign(struct diag *d, const char *path)
{
    return diag_fail_at(d, RC_CONFLICT, path, (struct place){0},
                        "this was not written by the run whose directory it stands in; move it "
                        "away, or choose another directory");
}

// Whether the end line of the case's journal lists that file.
static bool journal_lists(const char *case_dir, const char *name)
{
    OWN(text) char *path = disk_join(case_dir, LAYOUT_JOURNAL);
    OWN_BUF struct buf text = {0};
    if (disk_read(&text, path, NULL) != RC_OK || text.len == 0) {
        return false;
    }
    struct span lines = buf_span(&text);
    lines.len -= lines.at[lines.len - 1] == '\n' ? 1 : 0;
    size_t from = lines.len;
    while (from > 0 && lines.at[from - 1] != '\n') {
        from--;
    }
    OWN(json) cJSON *end = NULL;
    return json_read(&end, NULL, span_slice(lines, from, lines.len), path, NULL) == RC_OK &&
           json_get(json_get(end, "files"), name) != NULL;
}

static enum rc survey_case(const char *dir, struct paths *files, struct diag *d)
{
    struct disk_names names = {0};
    enum rc rc = disk_is_directory(dir) ? disk_list(&names, dir, d) : foreign(d, dir);
    for (size_t i = 0; rc == RC_OK && i < names.count; i++) {
        char *path = disk_join(dir, names.items[i]);
        paths_add(files, path);
        if (disk_is_directory(path) ||
            (!layout_is_case_file(names.items[i]) && !journal_lists(dir, names.items[i]))) {
            rc = foreign(d, path);
        }
    }
    disk_names_clear(&names);
    return rc;
}

static bool lists_dir(const cJSON *cases, const char *name)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, cases)
    {
        char dir[LAYOUT_ID_MAX + 1];
        struct span id = json_span(json_get(item, "id"));
        if (layout_id_is_good(id)) {
            layout_case_dir(dir, id);
            if (strcmp(dir, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

static enum rc survey_cases(const char *dir, const cJSON *cases, struct paths *files,
                            struct paths *dirs, struct diag *d)
{
    struct disk_names names = {0};
    enum rc rc = disk_is_directory(dir) ? disk_list(&names, dir, d) : foreign(d, dir);
    for (size_t i = 0; rc == RC_OK && i < names.count; i++) {
        char *path = disk_join(dir, names.items[i]);
        paths_add(dirs, path);
        rc = lists_dir(cases, names.items[i]) ? survey_case(path, files, d) : foreign(d, path);
    }
    disk_names_clear(&names);
    return rc;
}

static enum rc survey_reports(const char *dir, struct paths *files, struct diag *d)
{
    struct disk_names names = {0};
    enum rc rc = disk_list(&names, dir, d);
    for (size_t i = 0; rc == RC_OK && i < names.count; i++) {
        if (layout_is_run_file(names.items[i]) && strcmp(names.items[i], LAYOUT_RUN) != 0) {
            paths_add(files, disk_join(dir, names.items[i]));
        }
    }
    disk_names_clear(&names);
    return rc;
}

static enum rc remove_paths(const struct paths *paths, int (*remove_one)(const char *),
                            struct diag *d)
{
    for (size_t i = 0; i < paths->count; i++) {
        if (remove_one(paths->items[i]) != 0 && errno != ENOENT) {
            return disk_fail(d, paths->items[i], errno);
        }
    }
    return RC_OK;
}

static enum rc read_old(cJSON **old, const char *path, struct diag *d)
{
    OWN_BUF struct buf text = {0};
    enum rc rc = disk_read(&text, path, d);
    if (rc != RC_OK) {
        return rc;
    }
    if (json_read(old, NULL, buf_span(&text), path, NULL) == RC_OK &&
        cJSON_IsArray(json_get(*old, "cases")) && cJSON_IsObject(json_get(*old, "closing")) &&
        json_get_text(*old, "digest") != NULL) {
        return RC_OK;
    }
    return diag_fail_at(d, RC_CONFLICT, path, (struct place){0},
                        "this is not the run.json of a run of ours; move it away, or choose "
                        "another directory");
}

enum rc oldrun_remove(const char *dir, struct diag *d)
{
    OWN(text) char *path = disk_join(dir, LAYOUT_RUN);
    OWN(text) char *cases = disk_join(dir, LAYOUT_CASES);
    OWN(json) cJSON *old = NULL;
    struct paths files = {0};
    struct paths dirs = {0};
    enum rc rc = read_old(&old, path, d);
    if (rc == RC_OK && disk_exists(cases)) {
        rc = survey_cases(cases, json_get(old, "cases"), &files, &dirs, d);
    }
    if (rc == RC_OK) {
        rc = survey_reports(dir, &files, d);
    }
    if (rc == RC_OK) {
        rc = remove_paths(&files, unlink, d);
    }
    if (rc == RC_OK) {
        rc = remove_paths(&dirs, rmdir, d);
    }
    if (rc == RC_OK && disk_exists(cases) && rmdir(cases) != 0) {
        rc = disk_fail(d, cases, errno);
    }
    paths_clear(&files);
    paths_clear(&dirs);
    return rc;
}

enum rc oldrun_remove_case(const char *dir, struct diag *d)
{
    if (!disk_exists(dir)) {
        return RC_OK;
    }
    struct disk_names names = {0};
    struct paths files = {0};
    enum rc rc = disk_list(&names, dir, d);
    for (size_t i = 0; rc == RC_OK && i < names.count; i++) {
        char *path = disk_join(dir, names.items[i]);
        paths_add(&files, path);
        rc = disk_is_directory(path) ? foreign(d, path) : RC_OK;
    }
    if (rc == RC_OK) {
        rc = remove_paths(&files, unlink, d);
    }
    if (rc == RC_OK && rmdir(dir) != 0) {
        rc = disk_fail(d, dir, errno);
    }
    disk_names_clear(&names);
    paths_clear(&files);
    return rc;
}
