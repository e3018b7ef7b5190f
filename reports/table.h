// SPDX-License-Identifier: Apache-2.0
// Rows of cells in three forms: aligned for a terminal, separated by tabs for programs, and as a
// table of GitHub Flavored Markdown.
#ifndef REPORTS_TABLE_H
#define REPORTS_TABLE_H

#include "proxy/base/buf.h"

enum table_form { TABLE_TERMINAL, TABLE_TABS, TABLE_MARKDOWN };

struct table_column {
    const char *head;
    bool is_code; // names; several in one cell are joined by ", "
};

struct table {
    const char *title; // may be NULL
    const struct table_column *columns;
    size_t column_count;
    char **cells; // row by row; owned
    size_t cell_count, capacity;
};

// title and columns are borrowed while the table lives.
void table_init(struct table *t, const char *title, const struct table_column *columns,
                size_t column_count);
void table_clear(struct table *t);

// Appends the next cell of the row, from left to right. Blanks at the ends go, control characters
// are shown as wrap_add_clean does.
void table_add(struct table *t, struct span cell);
size_t table_row_count(const struct table *t);

// Appends the whole table, with its title and its heads. width is a terminal's: columns are wrapped
// to fit it, and where even that cannot be done each row becomes a paragraph, so that nothing is
// left out. Programs get what has no tab and no newline inside a cell.
void table_print(const struct table *t, enum table_form form, size_t width, struct buf *out);

// Tables one below the other.
struct page {
    enum table_form form;
    size_t width;
    struct buf text; // owned; buf_clear
};

// Appends the table, after an empty line when there is one before it, and clears it.
void page_add(struct page *page, struct table *t);

#endif
