// SPDX-License-Identifier: Apache-2.0
// A scan of /proc is no snapshot: processes are born and adopted while it goes on. A scan in which
// a parent is missing is therefore repeated, and callers that must not miss anyone scan until
// nothing changes any more.
#include "suites/client/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/alloc.h"

#define MAX_TORN_SCANS 5

struct table {
    struct process *at;
    size_t count, capacity;
};

bool process_has_ended(const struct process *p)
{
    return p->state == 'Z' || p->state == 'X';
}

static bool take_number(struct span *rest, pid_t *value)
{
    uint64_t number = 0;
    struct span word = span_cut(rest, ' ');
    if (word.len > 0 && word.at[0] == '-') {
        *value = -1; // no group or session in our namespace
        return true;
    }
    if (!span_to_u64(word, INT32_MAX, &number)) {
        return false;
    }
    *value = (pid_t)number;
    return true;
}

bool process_parse(struct process *out, struct span text)
{
    // proc(5): "pid (comm) state ppid pgrp ..."; comm is whatever the process calls itself, with
    // blanks and parentheses, so the last parenthesis is the one that ends it.
    const char *end = text.len == 0 ? NULL : memrchr(text.at, ')', text.len);
    if (end == NULL) {
        return false;
    }
    struct span rest = text;
    if (!take_number(&rest, &out->pid)) {
        return false;
    }
    rest = span_slice(text, (size_t)(end - text.at) + 1, text.len);
    if (rest.len < 4 || rest.at[0] != ' ' || rest.at[2] != ' ') {
        return false;
    }
    out->state = rest.at[1];
    rest = span_slice(rest, 3, rest.len);
    return take_number(&rest, &out->parent) && take_number(&rest, &out->group);
}

static bool read_stat(struct process *out, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    char text[512];
    ssize_t n = read(fd, text, sizeof text);
    (void)close(fd);
    return n > 0 && process_parse(out, (struct span){.at = text, .len = (size_t)n});
}

static bool is_number(const char *name)
{
    uint64_t value = 0;
    return span_to_u64(span_of(name), INT32_MAX, &value);
}

static enum rc read_table(struct table *table)
{
    DIR *dir = opendir("/proc");
    if (dir == NULL) {
        return RC_IO;
    }
    table->count = 0;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[320];
        struct process p = {0};
        (void)snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        if (is_number(entry->d_name) && read_stat(&p, path)) {
            X_GROW(table->at, table->count, table->capacity);
            table->at[table->count++] = p;
        }
    }
    (void)closedir(dir);
    return RC_OK;
}

static int by_pid(const void *a, const void *b)
{
    const struct process *one = a;
    const struct process *other = b;
    return (one->pid > other->pid) - (one->pid < other->pid);
}

static struct process *find(const struct table *table, pid_t pid)
{
    struct process key = {.pid = pid};
    return table->count == 0 ? NULL : bsearch(&key, table->at, table->count, sizeof key, by_pid);
}

// Marks the descendants of root; false when some parent is missing, so that some may be unmarked.
static bool mark(struct table *table, pid_t root)
{
    bool is_whole = true;
    bool has_changed = true;
    while (has_changed) {
        has_changed = false;
        for (size_t i = 0; i < table->count; i++) {
            struct process *p = &table->at[i];
            const struct process *parent = find(table, p->parent);
            bool is_ours = p->parent == root || (parent != NULL && parent->is_ours);
            has_changed = has_changed || (is_ours && !p->is_ours);
            p->is_ours = is_ours;
            // Parent 0: started from outside of this pid namespace, or by the kernel.
            is_whole = is_whole && (parent != NULL || p->parent == 0);
        }
    }
    return is_whole;
}

static size_t keep_marked(struct table *table, pid_t root)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (table->at[i].is_ours && table->at[i].pid != root) {
            table->at[kept++] = table->at[i];
        }
    }
    return kept;
}

enum rc tree_scan(struct tree *out, pid_t root)
{
    *out = (struct tree){0};
    struct table table = {0};
    bool is_whole = false;
    for (int i = 0; !is_whole && i < MAX_TORN_SCANS; i++) {
        enum rc code = read_table(&table);
        if (code != RC_OK) {
            x_free(table.at);
            return code;
        }
        if (table.count > 0) {
            qsort(table.at, table.count, sizeof *table.at, by_pid);
        }
        is_whole = mark(&table, root);
    }
    *out = (struct tree){.at = table.at, .count = keep_marked(&table, root)};
    return RC_OK;
}

void tree_clear(struct tree *t)
{
    x_free(t->at);
    *t = (struct tree){0};
}

bool process_is_stopped(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    bool stopped = dir != NULL || errno == ENOENT; // absent: it has ended
    // The state in /proc/PID/stat is that of the first thread only; the others stop in their own
    // time.
    for (const struct dirent *entry = dir == NULL ? NULL : readdir(dir); entry != NULL && stopped;
         entry = readdir(dir)) {
        char stat[384];
        struct process p = {0};
        (void)snprintf(stat, sizeof stat, "/proc/%d/task/%s/stat", (int)pid, entry->d_name);
        stopped = !is_number(entry->d_name) || !read_stat(&p, stat) || p.state == 'T' ||
                  p.state == 't' || process_has_ended(&p);
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return stopped;
}
