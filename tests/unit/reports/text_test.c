// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/reports/reports_tests.h"

#include <string.h>

#include "proxy/base/utf8.h"
#include "reports/wrap.h"

static char *wrapped(const char *text, size_t indent, size_t width)
{
    struct buf out = {0};
    wrap_add(&out, span_of(text), indent, width);
    return buf_take_text(&out);
}

static void words_are_wrapped(void)
{
    static const struct {
        const char *name, *text, *expected;
        size_t indent, width;
    } ROWS[] = {
        {"fits exactly", "aa bb", "aa bb\n", 0, 5},
        {"one too long", "aa bbb", "aa\nbbb\n", 0, 5},
        {"indent counts", "aa bb", "  aa\n  bb\n", 2, 6},
        {"a long word stays whole", "a abcdefghij b", "a\nabcdefghij\nb\n", 0, 5},
        {"blanks fold", "  a   b ", "a b\n", 0, 9},
        {"its own newlines", "a\nb c\n\nd", "a\nb c\nd\n", 0, 9},
        {"characters, not bytes", "\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9",
         "\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9\n", 0, 5},
        {"nothing", "", "", 3, 9},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        OWN(text) char *text = wrapped(ROWS[i].text, ROWS[i].indent, ROWS[i].width);
        CHECK_TEXT(text, ROWS[i].expected);
    }
    unit_row(NULL);
}

static void terminals_are_safe(void)
{
    static const struct {
        const char *text, *expected;
    } ROWS[] = {
        {"\x1b[31mred", "\\x1b[31mred"},
        {"\x07\x7f\xc2\x9b", "\\x07\\x7f\\x9b"},
        {"a\nb\tc", "a b c"},
        {"\xe2\x80\xaegnp.exe", "\\u202egnp.exe"},
        {"\xe2\x81\xa6\xe2\x80\xa8", "\\u2066\\u2028"},
        {"\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"caf\xc3\xa9 \xf0\x9f\x92\xb8", "caf\xc3\xa9 \xf0\x9f\x92\xb8"},
        {"\xe2\x80\xa9\xe2\x80\xaf", "\\u2029\xe2\x80\xaf"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct buf out = {0};
        wrap_add_clean(&out, span_of(ROWS[i].text));
        OWN(text) char *text = buf_take_text(&out);
        CHECK_TEXT(text, ROWS[i].expected);
    }
}

// However hostile the results, no control character but the newline leaves, and no escape sequence.
static void hostile_results(void)
{
    struct result_run *r = model_hostile();
    OWN(text) char *text = model_render(r, REPORT_TEXT, NULL);
    CHECK(utf8_is_valid(span_of(text)));
    for (const char *c = text; *c != '\0'; c++) {
        CHECK((unsigned char)*c >= 0x20 || *c == '\n');
    }
    CHECK(strstr(text, "\\x01\\x1b[31m") != NULL);
    result_run_free(&r);
}

static void colour_is_asked_for(void)
{
    struct result_run *r = model_every_verdict();
    OWN(text) char *plain = model_render(r, REPORT_TEXT, NULL);
    OWN(text)
    char *coloured = model_render(r, REPORT_TEXT, &(struct report_options){.colour = true});
    CHECK(strchr(plain, '\x1b') == NULL);
    CHECK(strstr(coloured, "\x1b[31;1mFAIL\x1b[0m") != NULL);
    // Colours change nothing else.
    struct buf stripped = {0};
    for (const char *c = coloured; *c != '\0'; c++) {
        if (*c == '\x1b') {
            c = strchr(c, 'm');
        } else {
            buf_add_char(&stripped, *c);
        }
    }
    OWN(text) char *text = buf_take_text(&stripped);
    CHECK_TEXT(text, plain);
    result_run_free(&r);
}

static void width_is_kept(void)
{
    struct result_run *r = model_every_verdict();
    OWN(text) char *text = model_render(r, REPORT_TEXT, &(struct report_options){.width = 60});
    struct span rest = span_of(strstr(text, "FAIL BMU-R02"));
    bool in_findings = true;
    while (in_findings && rest.len > 0) {
        struct span row = span_cut(&rest, '\n');
        CHECK(row.len <= 60 || span_has(row, SPAN("shown by")) || span_has(row, SPAN("demanded")) ||
              span_has(row, SPAN("model:")));
        in_findings = !span_has(row, SPAN("HARNESS"));
    }
    result_run_free(&r);
}

static void nothing_selected(void)
{
    struct result_run *r = result_run_new();
    OWN(text) char *text = model_render(r, REPORT_TEXT, NULL);
    CHECK_TEXT(text, "seed      0\n\n\n0 cases\nNOT EXERCISED: no case was selected\n");
    result_run_free(&r);
}

const struct unit_test TEXT_TESTS[] = {
    {"words are wrapped", words_are_wrapped},
    {"terminals are safe", terminals_are_safe},
    {"hostile results", hostile_results},
    {"colour is asked for", colour_is_asked_for},
    {"width is kept", width_is_kept},
    {"nothing selected", nothing_selected},
    {NULL, NULL},
};
