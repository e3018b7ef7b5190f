// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/options.h"

#include <string.h>

#include "proxy/base/alloc.h"

#define HELP_COLUMN 26
#define HELP_WIDTH 80
#define MAX_NAME 64

// Levenshtein's distance, two rows at a time; names longer than MAX_NAME are far from everything.
static size_t distance(const char *a, const char *b)
{
    size_t row[MAX_NAME + 1];
    size_t rows = strlen(a);
    size_t columns = strlen(b);
    if (rows > MAX_NAME || columns > MAX_NAME) {
        return MAX_NAME;
    }
    for (size_t j = 0; j <= columns; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= rows; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            size_t best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < best ? change : best;
        }
    }
    return row[columns];
}

const char *nearest_name(const char *name, const char *const *names)
{
    const char *best = NULL;
    size_t limit = strlen(name) / 3 + 1;
    for (; *names != NULL; names++) {
        size_t d = distance(name, *names);
        if (d <= limit) {
            best = *names;
            limit = d == 0 ? 0 : d - 1;
        }
    }
    return best;
}

static enum rc unknown(const struct option_row *rows, const char *word, struct diag *d)
{
    size_t count = 0;
    while (rows[count].name != NULL) {
        count++;
    }
    const char **names = x_alloc((count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        names[i] = rows[i].name;
    }
    const char *near = nearest_name(word, names);
    x_free(names);
    return near == NULL ? diag_fail(d, RC_USAGE, "there is no option %s", word)
                        : diag_fail(d, RC_USAGE, "there is no option %s; is %s meant?", word, near);
}

static const struct option_row *find(const struct option_row *rows, struct span name)
{
    for (; rows->name != NULL; rows++) {
        if (span_is(name, rows->name)) {
            return rows;
        }
    }
    return NULL;
}

static enum rc read_one(const struct option_row *rows, int argc, char **argv, int *at,
                        option_fn *fn, void *arg, struct diag *d)
{
    const char *word = argv[*at];
    const char *equals = strchr(word, '=');
    size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const struct option_row *row = find(rows, (struct span){.at = word, .len = len});
    if (row == NULL) {
        return unknown(rows, word, d);
    }
    const char *value = equals == NULL ? NULL : equals + 1;
    if (row->argument == NULL && value != NULL) {
        return diag_fail(d, RC_USAGE, "%s takes no value", row->name);
    }
    if (row->argument != NULL && value == NULL) {
        if (*at + 1 >= argc || strcmp(argv[*at + 1], "--") == 0) {
            return diag_fail(d, RC_USAGE, "%s needs a value: %s %s", row->name, row->name,
                             row->argument);
        }
        value = argv[++*at];
    }
    ++*at;
    return fn(arg, row, value, d);
}

enum rc options_read(const struct option_row *rows, int argc, char **argv, option_fn *fn, void *arg,
                     int *rest, struct diag *d)
{
    int at = 0;
    enum rc rc = RC_OK;
    while (rc == RC_OK && at < argc && argv[at][0] == '-' && argv[at][1] != '\0') {
        if (strcmp(argv[at], "--") == 0) {
            at++;
            break;
        }
        rc = read_one(rows, argc, argv, &at, fn, arg, d);
    }
    *rest = at;
    return rc;
}

static void add_spaces(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_char(out, ' ');
    }
}

static void add_wrapped(struct buf *out, struct span text)
{
    size_t column = HELP_COLUMN;
    while (text.at != NULL) {
        struct span word = span_cut(&text, ' ');
        if (column > HELP_COLUMN && column + 1 + word.len > HELP_WIDTH) {
            buf_add_char(out, '\n');
            add_spaces(out, HELP_COLUMN);
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            buf_add_char(out, ' ');
            column++;
        }
        buf_add(out, word);
        column += word.len;
    }
    buf_add_char(out, '\n');
}

void options_help(const struct option_row *rows, struct buf *out)
{
    for (; rows->name != NULL; rows++) {
        size_t start = out->len;
        buf_addf(out, "  %s%s%s", rows->name, rows->argument == NULL ? "" : " ",
                 rows->argument == NULL ? "" : rows->argument);
        size_t width = out->len - start;
        if (width + 2 > HELP_COLUMN) {
            buf_add_char(out, '\n');
            width = 0;
        }
        add_spaces(out, HELP_COLUMN - width);
        add_wrapped(out, span_of(rows->help));
    }
}
