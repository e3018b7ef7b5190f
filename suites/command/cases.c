// SPDX-License-Identifier: Apache-2.0
// cases: what there is to be played, and the words that cases are made of, from the files and
// tables themselves.
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/scenario/vocabulary.h"
#include "reports/table.h"
#include "suites/command/catalogue.h"
#include "suites/command/command.h"
#include "suites/command/playable.h"
#include "suites/command/profile.h"
#include "suites/command/reference.h"
#include "suites/command/statements.h"

#define USUAL_WIDTH 80

const struct option_row CASES_OPTIONS[] = {
    {"--profile", "NAME", "only the cases of that product type"},
    {"--run", "GLOB", "only cases whose id matches; may be repeated"},
    {"-v", NULL, "with the requirement of each case and its sources"},
    {"--steps", NULL, "what a client can be asked, instead of the cases"},
    {"--actions", NULL, "what the wire can do"},
    {"--oracles", NULL, "what can be demanded: expectations, and what holds in every case"},
    {"--keys", NULL, "all other keys of a scenario file"},
    {"--traceability", NULL,
     "what is documented, with the cases and invariants that hold a client to it, and the reverse"},
    {"--markdown", NULL, "as tables of GitHub Markdown"},
    {"--scenarios", "DIR", "another folder of scenario files"},
    {"--help", NULL, "print this"},
    {NULL, NULL, NULL},
};

// What is printed instead of the cases, in this order.
static const struct {
    const char *option;
    void (*print)(struct page *page);
} SECTIONS[] = {
    {"--steps", reference_steps},
    {"--actions", reference_actions},
    {"--oracles", reference_oracles},
    {"--keys", reference_keys},
};
#define SECTION_COUNT (sizeof SECTIONS / sizeof SECTIONS[0])

static const struct table_column COLUMNS[] = {
    {"case", true},         {"title", false},     {"level", false},   {"basis", false},
    {"money", false},       {"operation", true},  {"profiles", true}, {"played", false},
    {"requirement", false}, {"statements", true},
};
#define COLUMN_COUNT (sizeof COLUMNS / sizeof COLUMNS[0])
#define LOUD_COLUMNS 2 // the last ones

static void add_list(struct table *t, const cJSON *list)
{
    OWN_BUF struct buf names = {0};
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        buf_addf(&names, "%s%s", names.len == 0 ? "" : ", ", json_text(item));
    }
    table_add(t, buf_span(&names));
}

// "yes", or the sentence that says what this version cannot play.
static void add_played(struct table *t, const struct scenario *s)
{
    struct diag d = {0};
    OWN_BUF struct buf text = {0};
    if (case_is_playable(s, &d) != RC_OK) {
        buf_addf(&text, "no: %s", d.text);
    }
    table_add(t, text.len > 0 ? buf_span(&text) : SPAN("yes"));
}

static void add_case(struct table *t, const struct scenario *s, const struct line *line)
{
    table_add(t, span_of(s->id));
    table_add(t, span_of(s->title));
    table_add(t, json_span(json_get(s->requirement, "level")));
    table_add(t, json_span(json_get(s->requirement, "basis")));
    table_add(t, span_of(s->money ? "yes" : ""));
    table_add(t, span_of(s->operation));
    add_list(t, s->profiles);
    add_played(t, s);
    if (line_has(line, "-v")) {
        table_add(t, json_span(json_get(s->requirement, "text")));
        add_list(t, json_get(s->requirement, "sources"));
    }
}

static void print_cases(struct page *page, const struct catalogue *catalogue,
                        const struct line *line)
{
    struct table t;
    table_init(&t, page->form == TABLE_MARKDOWN ? "Cases" : NULL, COLUMNS,
               COLUMN_COUNT - (line_has(line, "-v") ? 0 : LOUD_COLUMNS));
    for (size_t i = 0; i < catalogue->count; i++) {
        add_case(&t, catalogue->cases[i], line);
    }
    page_add(page, &t);
}

// A person's terminal gets columns, a program tabs.
static void page_init(struct page *page, const struct line *line)
{
    struct winsize size = {0};
    *page = (struct page){.form = TABLE_TABS, .width = USUAL_WIDTH};
    if (line_has(line, "--markdown")) {
        page->form = TABLE_MARKDOWN;
    } else if (isatty(STDOUT_FILENO) == 1) {
        page->form = TABLE_TERMINAL;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
            page->width = size.ws_col;
        }
    }
}

static bool prints_words(const struct line *line)
{
    bool prints = false;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        prints = prints || line_has(line, SECTIONS[i].option);
    }
    return prints;
}

static bool prints_list(const struct line *line)
{
    return !prints_words(line) && !line_has(line, "--traceability");
}

static bool needs_cases(const struct line *line)
{
    return prints_list(line) || line_has(line, "--traceability");
}

// What chooses among cases has no meaning for words.
static enum rc refuse_choice(const struct line *line, struct diag *d)
{
    static const struct {
        const char *option;
        bool (*has_meaning)(const struct line *line);
    } CHOICES[] = {
        {"--profile", needs_cases},
        {"--run", needs_cases},
        {"--scenarios", needs_cases},
        {"-v", prints_list},
    };
    for (size_t i = 0; i < sizeof CHOICES / sizeof CHOICES[0]; i++) {
        if (line_has(line, CHOICES[i].option) && !CHOICES[i].has_meaning(line)) {
            return diag_fail(d, RC_USAGE, "%s is about the list of cases, which is not printed",
                             CHOICES[i].option);
        }
    }
    return RC_OK;
}

static enum rc check_line(const struct line *line, struct diag *d)
{
    const char *profile = line_value(line, "--profile", NULL);
    if (line->rest[0] != NULL) {
        return diag_fail(d, RC_USAGE, "\"%s\" is no option, and there is nothing else to name",
                         line->rest[0]);
    }
    enum rc rc = profile == NULL ? RC_OK : profile_exists(profile, d);
    return rc == RC_OK ? refuse_choice(line, d) : rc;
}

static enum rc choose(struct catalogue *catalogue, const struct line *line, struct diag *d)
{
    static const char *const NONE[] = {NULL};
    const char **wanted = line_all(line, "--run");
    enum rc rc = catalogue_open(catalogue, line, d);
    if (rc == RC_OK) {
        rc = catalogue_select(catalogue, line_value(line, "--profile", NULL), wanted, NONE, d);
    }
    x_free(wanted);
    return rc;
}

static enum rc print_trace(struct page *page, const struct line *line,
                           const struct catalogue *catalogue, struct diag *d)
{
    OWN(json) cJSON *statements = NULL;
    enum rc rc = statements_read(&statements, d);
    if (rc == RC_OK) {
        statements_trace(page, statements, catalogue,
                         line_has(line, "--profile") || line_has(line, "--run"));
    }
    return rc;
}

static enum rc print_all(struct page *page, const struct line *line,
                         const struct catalogue *catalogue, struct diag *d)
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (line_has(line, SECTIONS[i].option)) {
            SECTIONS[i].print(page);
        }
    }
    if (prints_list(line)) {
        print_cases(page, catalogue, line);
    }
    return line_has(line, "--traceability") ? print_trace(page, line, catalogue, d) : RC_OK;
}

static int tell(const struct line *line, const struct catalogue *catalogue)
{
    struct page page;
    struct diag d = {0};
    const char *profile = line_value(line, "--profile", NULL);
    if (needs_cases(line) && catalogue->count == 0) {
        (void)fprintf(stderr, "meterprover cases: there is no case%s%s in %s\n",
                      profile == NULL ? "" : " of the profile ", profile == NULL ? "" : profile,
                      line_value(line, "--scenarios", catalogue_default_dir()));
        return EXIT_NOTHING;
    }
    page_init(&page, line);
    enum rc rc = print_all(&page, line, catalogue, &d);
    if (rc == RC_OK) {
        (void)fwrite(page.text.data, 1, page.text.len, stdout);
    }
    buf_clear(&page.text);
    return rc == RC_OK ? EXIT_PASSED : line_fail(line, &d);
}

int cases_command(const struct line *line)
{
    struct catalogue catalogue = {0};
    struct diag d = {0};
    enum rc rc = check_line(line, &d);
    if (rc == RC_OK && needs_cases(line)) {
        rc = choose(&catalogue, line, &d);
    }
    int code = rc == RC_OK ? tell(line, &catalogue) : line_fail(line, &d);
    catalogue_clear(&catalogue);
    return code;
}
