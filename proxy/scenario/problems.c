// SPDX-License-Identifier: Apache-2.0
#include "proxy/scenario/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/base/alloc.h"

// More would not be read, and a mistake within `each` must not fill the screen.
#define MOST 200

struct one_problem {
    enum rc code;
    struct place place;
    size_t order; // in which they were found
    char text[512];
};

struct problems {
    const char *file;
    struct one_problem *items;
    size_t count, capacity;
};

struct problems *problems_new(const char *file)
{
    struct problems *p = x_alloc(sizeof *p);
    p->file = file;
    return p;
}

void problems_free(struct problems **p)
{
    if (*p != NULL) {
        x_free((*p)->items);
        x_free(*p);
        *p = NULL;
    }
}

static bool is_known(const struct problems *p, const struct one_problem *one)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->items[i].place.line == one->place.line &&
            p->items[i].place.column == one->place.column &&
            strcmp(p->items[i].text, one->text) == 0) {
            return true;
        }
    }
    return false;
}

static void __attribute__((format(printf, 3, 0)))
note(struct problems *p, struct one_problem *one, const char *format, va_list args)
{
    (void)vsnprintf(one->text, sizeof one->text, format, args);
    if (p->count < MOST && !is_known(p, one)) {
        X_GROW(p->items, p->count, p->capacity);
        p->items[p->count++] = *one;
    }
}

void problem(struct problems *p, enum rc code, struct place place, const char *format, ...)
{
    struct one_problem one = {.code = code, .place = place, .order = p->count};
    va_list args;
    va_start(args, format);
    note(p, &one, format, args);
    va_end(args);
}

size_t problem_count(const struct problems *p)
{
    return p->count;
}

static int by_place(const void *a, const void *b)
{
    const struct one_problem *x = a;
    const struct one_problem *y = b;
    if (x->place.line != y->place.line) {
        return x->place.line < y->place.line ? -1 : 1;
    }
    if (x->place.column != y->place.column) {
        return x->place.column < y->place.column ? -1 : 1;
    }
    return x->order < y->order ? -1 : 1;
}

enum rc problems_tell(struct problems *p, struct buf *all, struct diag *d)
{
    if (p->count == 0) {
        return RC_OK;
    }
    qsort(p->items, p->count, sizeof *p->items, by_place);
    for (size_t i = 0; i < p->count && all != NULL; i++) {
        struct diag one = {0};
        (void)diag_fail_at(&one, p->items[i].code, p->file, p->items[i].place, "%s",
                           p->items[i].text);
        char line[900];
        diag_print(&one, line, sizeof line);
        buf_addf(all, "%s\n", line);
    }
    return diag_fail_at(d, p->items[0].code, p->file, p->items[0].place, "%s", p->items[0].text);
}
