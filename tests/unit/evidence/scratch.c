// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/evidence/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proxy/base/instant.h"

struct manual_time scratch_time;

void scratch_need(bool good, const char *what, const struct diag *d)
{
    if (!good) {
        (void)fprintf(stderr, "fixture: %s: %s\n", what, d == NULL ? "" : d->text);
        abort();
    }
}

char *scratch_new(void)
{
    const char *base = getenv("TMPDIR");
    struct buf path = {0};
    buf_addf(&path, "%s/meterprover-XXXXXX", base == NULL ? "/tmp" : base);
    char *dir = buf_take_text(&path);
    scratch_need(mkdtemp(dir) != NULL, dir, NULL);
    scratch_time =
        (struct manual_time){.monotonic_us = 5000000, .wall_us = INT64_C(1795000500123456)};
    return dir;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the test made it
static void remove_all(const char *path)
{
    struct disk_names names = {0};
    if (!disk_is_directory(path)) {
        (void)unlink(path);
        return;
    }
    if (disk_list(&names, path, NULL) == RC_OK) {
        for (size_t i = 0; i < names.count; i++) {
            OWN(text) char *inner = disk_join(path, names.items[i]);
            remove_all(inner);
        }
    }
    disk_names_clear(&names);
    (void)rmdir(path);
}

void scratch_end(char *dir)
{
    remove_all(dir);
    x_free(dir);
}

void scratch_end_slot(char **dir)
{
    scratch_end(*dir);
}

void scratch_put(const char *dir, const char *name, struct span bytes)
{
    OWN(text) char *path = disk_join(dir, name);
    FILE *f = fopen(path, "wb");
    scratch_need(f != NULL, path, NULL);
    scratch_need(bytes.len == 0 || fwrite(bytes.at, 1, bytes.len, f) == bytes.len, path, NULL);
    scratch_need(fclose(f) == 0, path, NULL);
}

void scratch_put_text(const char *dir, const char *name, const char *text)
{
    scratch_put(dir, name, span_of(text));
}

struct buf scratch_get(const char *dir, const char *name)
{
    struct buf text = {0};
    OWN(text) char *path = disk_join(dir, name);
    scratch_need(file_read(&text, path, NULL) == RC_OK, path, NULL);
    return text;
}

void scratch_remove(const char *dir, const char *name)
{
    OWN(text) char *path = disk_join(dir, name);
    remove_all(path);
}

void scratch_mkdir(const char *dir, const char *name)
{
    OWN(text) char *path = disk_join(dir, name);
    scratch_need(mkdir(path, 0700) == 0, path, NULL);
}

bool scratch_has(const char *dir, const char *name)
{
    OWN(text) char *path = disk_join(dir, name);
    return disk_exists(path);
}

cJSON *scratch_json(struct span text)
{
    struct diag d = {0};
    cJSON *tree = NULL;
    scratch_need(json_read(&tree, NULL, text, NULL, &d) == RC_OK, "a line is not JSON", &d);
    return tree;
}
