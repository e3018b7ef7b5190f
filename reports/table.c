// SPDX-License-Identifier: Apache-2.0
#include "reports/table.h"

#include <string.h>

#include "proxy/base/own.h"
#include "reports/wrap.h"

#define GAP 2
// A column is never made narrower than this, nor than its longest word, to make room for another.
#define LEAST_WIDTH 16
#define PARAGRAPH_INDENT 4

void table_init(struct table *t, const char *title, const struct table_column *columns,
                size_t column_count)
{
    *t = (struct table){.title = title, .columns = columns, .column_count = column_count};
}

void table_clear(struct table *t)
{
    for (size_t i = 0; i < t->cell_count; i++) {
        x_free(t->cells[i]);
    }
    x_free(t->cells);
    *t = (struct table){0};
}

void table_add(struct table *t, struct span cell)
{
    OWN_BUF struct buf clean = {0};
    wrap_add_clean(&clean, span_trim(cell));
    X_GROW(t->cells, t->cell_count, t->capacity);
    t->cells[t->cell_count++] = buf_take_text(&clean);
}

size_t table_row_count(const struct table *t)
{
    return t->column_count == 0 ? 0 : t->cell_count / t->column_count;
}

static struct span cell_at(const struct table *t, size_t row, size_t column)
{
    return span_of(t->cells[row * t->column_count + column]);
}

// Markdown

// A character with a meaning in Markdown, or in HTML, stands for itself behind a backslash.
static void add_escaped(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("\\`*_[]<>|~&$", text.at[i]) != NULL) {
            buf_add_char(out, '\\');
        }
        buf_add_char(out, text.at[i]);
    }
}

// GitHub Flavored Markdown 4.10: within a table `|` is escaped in code, too.
static void add_code(struct buf *out, struct span name)
{
    buf_add_char(out, '`');
    for (size_t i = 0; i < name.len; i++) {
        buf_add_text(out, name.at[i] == '|' ? "\\" : "");
        buf_add_char(out, name.at[i]);
    }
    buf_add_char(out, '`');
}

static void add_names(struct buf *out, struct span names)
{
    while (names.at != NULL && names.len > 0) {
        struct span name = span_trim(span_cut(&names, ','));
        add_code(out, name);
        buf_add_text(out, names.at != NULL ? ", " : "");
    }
}

static void print_markdown(const struct table *t, struct buf *out)
{
    if (t->title != NULL) {
        buf_addf(out, "### %s\n\n", t->title);
    }
    for (size_t c = 0; c < t->column_count; c++) {
        buf_addf(out, "| %s ", t->columns[c].head);
    }
    buf_add_text(out, "|\n");
    for (size_t c = 0; c < t->column_count; c++) {
        buf_add_text(out, "|---");
    }
    buf_add_text(out, "|\n");
    for (size_t r = 0; r < table_row_count(t); r++) {
        for (size_t c = 0; c < t->column_count; c++) {
            buf_add_text(out, "| ");
            (t->columns[c].is_code ? add_names : add_escaped)(out, cell_at(t, r, c));
            buf_add_char(out, ' ');
        }
        buf_add_text(out, "|\n");
    }
}

// Tabs

static void print_tabs(const struct table *t, struct buf *out)
{
    if (t->title != NULL) {
        buf_addf(out, "%s\n", t->title);
    }
    for (size_t c = 0; c < t->column_count; c++) {
        buf_addf(out, "%s%s", c == 0 ? "" : "\t", t->columns[c].head);
    }
    buf_add_char(out, '\n');
    for (size_t r = 0; r < table_row_count(t); r++) {
        for (size_t c = 0; c < t->column_count; c++) {
            buf_add_text(out, c == 0 ? "" : "\t");
            buf_add(out, cell_at(t, r, c));
        }
        buf_add_char(out, '\n');
    }
}

// A terminal

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t longest_word(struct span text)
{
    size_t longest = 0;
    while (text.at != NULL) {
        longest = larger(longest, wrap_length(span_cut(&text, ' ')));
    }
    return longest;
}

// The widths of the columns: natural ones, and those below which each cannot go.
static void measure(const struct table *t, size_t *natural, size_t *least)
{
    for (size_t c = 0; c < t->column_count; c++) {
        natural[c] = wrap_length(span_of(t->columns[c].head));
        size_t word = natural[c];
        for (size_t r = 0; r < table_row_count(t); r++) {
            natural[c] = larger(natural[c], wrap_length(cell_at(t, r, c)));
            word = larger(word, longest_word(cell_at(t, r, c)));
        }
        least[c] = natural[c] < LEAST_WIDTH ? natural[c] : larger(word, LEAST_WIDTH);
    }
}

// Takes from the widest column, again and again, until all of them fit. False: they cannot.
static bool fit(const struct table *t, size_t *widths, const size_t *least, size_t width)
{
    size_t total = GAP * (t->column_count - 1);
    for (size_t c = 0; c < t->column_count; c++) {
        total += widths[c];
    }
    while (total > width) {
        size_t widest = t->column_count;
        for (size_t c = 0; c < t->column_count; c++) {
            bool may_shrink = widths[c] > least[c];
            if (may_shrink && (widest == t->column_count || widths[c] > widths[widest])) {
                widest = c;
            }
        }
        if (widest == t->column_count) {
            return false;
        }
        widths[widest]--;
        total--;
    }
    return true;
}

// Cuts off as many words as fit; a first word that is longer stays whole.
static struct span cut_line(struct span *rest, size_t width)
{
    struct span line = {.at = rest->at};
    while (rest->at != NULL) {
        struct span after = *rest;
        struct span word = span_cut(&after, ' ');
        struct span longer = {.at = line.at, .len = (size_t)(word.at + word.len - line.at)};
        if (line.len > 0 && wrap_length(longer) > width) {
            return line;
        }
        line = longer;
        *rest = after;
    }
    return line;
}

// One row, as many lines as its tallest cell needs, without blanks at their ends.
static void print_line(struct buf *out, struct span *cells, const size_t *widths, size_t count)
{
    bool has_more = true;
    while (has_more) {
        size_t owed = 0;
        has_more = false;
        for (size_t c = 0; c < count; c++) {
            struct span line = cut_line(&cells[c], widths[c]);
            if (line.len > 0) {
                wrap_add_blanks(out, owed);
                buf_add(out, line);
                owed = 0;
            }
            owed += widths[c] - wrap_length(line) + GAP;
            has_more = has_more || cells[c].at != NULL;
        }
        buf_add_char(out, '\n');
    }
}

static void print_aligned(const struct table *t, const size_t *widths, struct buf *out)
{
    struct span *cells = x_alloc(t->column_count * sizeof *cells);
    for (size_t c = 0; c < t->column_count; c++) {
        cells[c] = span_of(t->columns[c].head);
    }
    print_line(out, cells, widths, t->column_count);
    for (size_t r = 0; r < table_row_count(t); r++) {
        for (size_t c = 0; c < t->column_count; c++) {
            cells[c] = cell_at(t, r, c);
        }
        print_line(out, cells, widths, t->column_count);
    }
    x_free(cells);
}

// The first two cells in one line, the others below, each with its head.
static void print_paragraphs(const struct table *t, size_t width, struct buf *out)
{
    for (size_t r = 0; r < table_row_count(t); r++) {
        OWN_BUF struct buf first = {0};
        OWN_BUF struct buf others = {0};
        buf_add(&first, cell_at(t, r, 0));
        for (size_t c = 1; c < t->column_count; c++) {
            struct span cell = cell_at(t, r, c);
            if (c == 1) {
                buf_add_char(&first, ' ');
                buf_add(&first, cell);
            } else if (cell.len > 0) {
                buf_addf(&others, "%s%s: ", others.len == 0 ? "" : "; ", t->columns[c].head);
                buf_add(&others, cell);
            }
        }
        wrap_add(out, buf_span(&first), 0, width);
        wrap_add(out, buf_span(&others), PARAGRAPH_INDENT, width);
    }
}

static void print_terminal(const struct table *t, size_t width, struct buf *out)
{
    size_t *widths = x_alloc(t->column_count * sizeof *widths);
    size_t *least = x_alloc(t->column_count * sizeof *least);
    if (t->title != NULL) {
        buf_addf(out, "%s\n\n", t->title);
    }
    measure(t, widths, least);
    if (fit(t, widths, least, width)) {
        print_aligned(t, widths, out);
    } else {
        print_paragraphs(t, width, out);
    }
    x_free(widths);
    x_free(least);
}

void table_print(const struct table *t, enum table_form form, size_t width, struct buf *out)
{
    switch (form) {
    case TABLE_TERMINAL:
        print_terminal(t, width, out);
        break;
    case TABLE_TABS:
        print_tabs(t, out);
        break;
    case TABLE_MARKDOWN:
        print_markdown(t, out);
        break;
    }
}

void page_add(struct page *page, struct table *t)
{
    if (page->text.len > 0) {
        buf_add_char(&page->text, '\n');
    }
    table_print(t, page->form, page->width, &page->text);
    table_clear(t);
}
