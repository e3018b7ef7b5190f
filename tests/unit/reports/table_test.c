// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/reports/reports_tests.h"

#include "reports/table.h"

static const struct table_column COLUMNS[] = {
    {"id", true},
    {"what it says", false},
    {"cited by", true},
};

static void fill(struct table *t, const char *title)
{
    static const char *const CELLS[] = {
        "a-1", "One\tsentence | with <b>signs</b>.", "BMU-R01, BMU-R02|x", "b", "  \x1b[31m*two* ",
        "",
    };
    table_init(t, title, COLUMNS, 3);
    for (size_t i = 0; i < sizeof CELLS / sizeof CELLS[0]; i++) {
        table_add(t, span_of(CELLS[i]));
    }
}

static char *printed(enum table_form form, size_t width, const char *title)
{
    struct table t;
    struct buf out = {0};
    fill(&t, title);
    CHECK_INT(table_row_count(&t), 2);
    table_print(&t, form, width, &out);
    table_clear(&t);
    return buf_take_text(&out);
}

static void forms_are_exact(void)
{
    static const struct {
        const char *name;
        enum table_form form;
        size_t width;
        const char *title, *expected;
    } ROWS[] = {
        {"tabs", TABLE_TABS, 0, NULL,
         "id\twhat it says\tcited by\n"
         "a-1\tOne sentence | with <b>signs</b>.\tBMU-R01, BMU-R02|x\n"
         "b\t\\x1b[31m*two*\t\n"},
        {"tabs with a title", TABLE_TABS, 0, "Things",
         "Things\nid\twhat it says\tcited by\n"
         "a-1\tOne sentence | with <b>signs</b>.\tBMU-R01, BMU-R02|x\n"
         "b\t\\x1b[31m*two*\t\n"},
        {"markdown", TABLE_MARKDOWN, 0, "Things",
         "### Things\n\n"
         "| id | what it says | cited by |\n|---|---|---|\n"
         "| `a-1` | One sentence \\| with \\<b\\>signs\\</b\\>. | `BMU-R01`, `BMU-R02\\|x` |\n"
         "| `b` | \\\\x1b\\[31m\\*two\\* |  |\n"},
        {"as wide as it likes", TABLE_TERMINAL, 80, "Things",
         "Things\n\n"
         "id   what it says                       cited by\n"
         "a-1  One sentence | with <b>signs</b>.  BMU-R01, BMU-R02|x\n"
         "b    \\x1b[31m*two*\n"},
        {"wrapped", TABLE_TERMINAL, 40, NULL,
         "id   what it says      cited by\n"
         "a-1  One sentence |    BMU-R01,\n"
         "     with              BMU-R02|x\n"
         "     <b>signs</b>.\n"
         "b    \\x1b[31m*two*\n"},
        {"too narrow for columns", TABLE_TERMINAL, 30, NULL,
         "a-1 One sentence | with\n"
         "<b>signs</b>.\n"
         "    cited by: BMU-R01,\n"
         "    BMU-R02|x\n"
         "b \\x1b[31m*two*\n"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        OWN(text) char *text = printed(ROWS[i].form, ROWS[i].width, ROWS[i].title);
        CHECK_TEXT(text, ROWS[i].expected);
    }
    unit_row(NULL);
}

// At every width all is there, and no line is wider.
static void widths_are_kept(void)
{
    for (size_t width = 20; width < 90; width++) {
        OWN(text) char *text = printed(TABLE_TERMINAL, width, NULL);
        struct span rest = span_of(text);
        while (rest.at != NULL) {
            CHECK(span_cut(&rest, '\n').len <= width);
        }
        CHECK(span_has(span_of(text), SPAN("<b>signs</b>.")));
        CHECK(span_has(span_of(text), SPAN("BMU-R02|x")));
    }
}

const struct unit_test TABLE_TESTS[] = {
    {"forms are exact", forms_are_exact},
    {"widths are kept", widths_are_kept},
    {NULL, NULL},
};
