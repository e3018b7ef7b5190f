// SPDX-License-Identifier: Apache-2.0
// The only file of this folder that reads from disk.
#include "proxy/scenario/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proxy/base/own.h"
#include "proxy/scenario/scenario.h"

struct list {
    struct scenario_path *items;
    size_t count, capacity;
};

static void release_dir(DIR **dir)
{
    if (*dir != NULL) {
        (void)closedir(*dir);
    }
}
#define OWN_DIR __attribute__((cleanup(release_dir)))

enum rc scenario_read_file(struct scenario_file **out, const char *path, struct buf *all,
                           struct diag *d)
{
    OWN_BUF struct buf text = {0};
    enum rc rc = file_read(&text, path, d);
    return rc == RC_OK ? scenario_read(out, buf_span(&text), path, all, d) : rc;
}

static char *join(const char *dir, const char *name)
{
    OWN_BUF struct buf path = {0};
    buf_addf(&path, "%s/%s", dir, name);
    return buf_take_text(&path);
}

static bool ends_in_json(const char *name)
{
    size_t len = strlen(name);
    return len > 5 && strcmp(name + len - 5, ".json") == 0;
}

static enum rc open_dir(DIR **out, const char *path, struct diag *d)
{
    *out = opendir(path);
    return *out == NULL ? diag_fail_at(d, RC_IO, path, (struct place){0}, "%s", strerror(errno))
                        : RC_OK;
}

static enum rc read_suite(struct list *list, const char *path, const char *suite, struct diag *d)
{
    OWN_DIR DIR *dir = NULL;
    enum rc rc = open_dir(&dir, path, d);
    for (struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
        if (ends_in_json(e->d_name) && e->d_name[0] != '.') {
            X_GROW(list->items, list->count, list->capacity);
            list->items[list->count++] = (struct scenario_path){
                .path = join(path, e->d_name),
                .suite = x_strdup(suite),
                .name = span_dup((struct span){e->d_name, strlen(e->d_name) - 5}),
            };
        }
    }
    return rc;
}

static bool is_suite(const char *path, const char *name)
{
    struct stat status;
    return name[0] != '.' && strcmp(name, "profiles") != 0 && stat(path, &status) == 0 &&
           S_ISDIR(status.st_mode);
}

static int by_name(const void *a, const void *b)
{
    const struct scenario_path *x = a;
    const struct scenario_path *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->path, y->path);
}

enum rc scenario_find(struct scenario_path **out, size_t *count, const char *dir, struct diag *d)
{
    struct list list = {0};
    OWN_DIR DIR *top = NULL;
    enum rc rc = open_dir(&top, dir, d);
    for (struct dirent *e = top == NULL ? NULL : readdir(top); e != NULL && rc == RC_OK;
         e = readdir(top)) {
        OWN(text) char *path = join(dir, e->d_name);
        if (is_suite(path, e->d_name)) {
            rc = read_suite(&list, path, e->d_name, d);
        }
    }
    if (rc != RC_OK) {
        scenario_paths_free(&list.items, list.count);
        return rc;
    }
    if (list.count > 0) {
        qsort(list.items, list.count, sizeof *list.items, by_name);
    }
    *out = list.items;
    *count = list.count;
    return RC_OK;
}

void scenario_paths_free(struct scenario_path **paths, size_t count)
{
    for (size_t i = 0; *paths != NULL && i < count; i++) {
        x_free((*paths)[i].path);
        x_free((*paths)[i].suite);
        x_free((*paths)[i].name);
    }
    x_free(*paths);
    *paths = NULL;
}
