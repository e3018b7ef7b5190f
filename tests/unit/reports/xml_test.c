// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/reports/reports_tests.h"

#include <ctype.h>
#include <string.h>

#include "proxy/base/utf8.h"
#include "reports/xml.h"

// A reader of just enough XML 1.0 to refuse what is not well-formed: tags nest, attributes are
// quoted and not repeated, references are known ones, every character is allowed.
struct reader {
    struct span rest;
    struct span open[16];
    size_t depth;
    size_t elements;
};

static bool take(struct reader *r, const char *text)
{
    struct span wanted = span_of(text);
    if (!span_starts(r->rest, wanted)) {
        return false;
    }
    r->rest = span_slice(r->rest, wanted.len, r->rest.len);
    return true;
}

static struct span take_name(struct reader *r)
{
    size_t len = 0;
    while (len < r->rest.len && (isalnum((unsigned char)r->rest.at[len]) ||
                                 r->rest.at[len] == '_' || r->rest.at[len] == '-')) {
        len++;
    }
    struct span name = span_slice(r->rest, 0, len);
    r->rest = span_slice(r->rest, len, r->rest.len);
    return name;
}

// Text up to one of `ends`; false when a character or a reference in it is none.
static bool take_chars(struct reader *r, const char *ends)
{
    static const char *const KNOWN[] = {"&amp;", "&lt;",  "&gt;", "&quot;",
                                        "&#39;", "&#10;", "&#9;", "&#13;"};
    while (r->rest.len > 0 && strchr(ends, r->rest.at[0]) == NULL) {
        bool known = r->rest.at[0] != '&';
        for (size_t i = 0; !known && i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
            known = span_starts(r->rest, span_of(KNOWN[i]));
        }
        size_t width = utf8_length(r->rest);
        bool is_char =
            width > 1 || (width == 1 && ((unsigned char)r->rest.at[0] >= 0x20 ||
                                         r->rest.at[0] == '\n' || r->rest.at[0] == '\t'));
        if (!known || !is_char || r->rest.at[0] == '<' ||
            span_starts(r->rest, SPAN("\xef\xbf\xbe")) || span_starts(r->rest, SPAN("]]>"))) {
            return false;
        }
        r->rest = span_slice(r->rest, width, r->rest.len);
    }
    return r->rest.len > 0 || *ends == '<';
}

static bool take_attributes(struct reader *r)
{
    struct span seen[16];
    size_t count = 0;
    while (take(r, " ")) {
        struct span name = take_name(r);
        if (name.len == 0 || !take(r, "=\"") || !take_chars(r, "\"") || !take(r, "\"") ||
            count == 16) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            if (span_equal(seen[i], name)) {
                return false;
            }
        }
        seen[count++] = name;
    }
    return true;
}

static bool take_tag(struct reader *r)
{
    if (take(r, "</")) {
        struct span name = take_name(r);
        return r->depth > 0 && span_equal(name, r->open[--r->depth]) && take(r, ">");
    }
    if (!take(r, "<") || (r->depth == 0 && r->elements > 0)) {
        return false;
    }
    struct span name = take_name(r);
    r->elements++;
    if (name.len == 0 || !take_attributes(r)) {
        return false;
    }
    if (take(r, "/>")) {
        return true;
    }
    if (r->depth == 16 || !take(r, ">")) {
        return false;
    }
    r->open[r->depth++] = name;
    return true;
}

static bool is_well_formed(const char *text)
{
    struct reader r = {.rest = span_of(text)};
    if (!take(&r, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")) {
        return false;
    }
    while (r.rest.len > 0) {
        if (!take_tag(&r) || !take_chars(&r, "<")) {
            return false;
        }
    }
    return r.depth == 0 && r.elements > 0;
}

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static void the_reader_is_strict(void)
{
    static const char *const BAD[] = {HEAD,
                                      HEAD "<a>",
                                      HEAD "<a></b>",
                                      HEAD "<a/><b/>",
                                      HEAD "<a b=\"1\" b=\"2\"/>",
                                      HEAD "<a b=\"<\"/>",
                                      HEAD "<a>&nbsp;</a>",
                                      HEAD "<a>\x01</a>",
                                      HEAD "<a>\xff</a>",
                                      HEAD "<a>]]></a>",
                                      HEAD "<a b='1'/>",
                                      "<a/>",
                                      HEAD "<a b=\"1\"c=\"1\"/>",
                                      HEAD "<a>\xef\xbf\xbe</a>",
                                      HEAD "<a>&</a>"};
    CHECK(is_well_formed(HEAD "<a b=\"1 &lt;\" c=\"\"><b/>x &amp; \xc3\xa9</a>\n"));
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        unit_row(BAD[i]);
        CHECK(!is_well_formed(BAD[i]));
    }
    unit_row(NULL);
}

static void escapes(void)
{
    struct buf out = {0};
    xml_add(&out, span_of(MODEL_HOSTILE));
    OWN(text) char *text = buf_take_text(&out);
    CHECK_TEXT(text, "&lt;&amp;&quot;&#39;&gt;]]&gt;\xef\xbf\xbd\xef\xbf\xbd[31m\n\t"
                     "\xef\xbf\xbd\xc3\xa9\xe2\x80\xae\xef\xbf\xbd\xf0\x9f\x92\xb8");
    xml_add(&out, span_of("\r\x7f"));
    xml_add_attribute(&out, "a", span_of("\"x\"\n\t\r"));
    OWN(text) char *attribute = buf_take_text(&out);
    CHECK_TEXT(attribute, "&#13;\x7f a=\"&quot;x&quot;&#10;&#9;&#13;\"");
}

static void junit_is_well_formed(void)
{
    struct result_run *runs[] = {model_every_verdict(), model_hostile(), result_run_new()};
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        OWN(text) char *text = model_render(runs[i], REPORT_JUNIT, NULL);
        CHECK(is_well_formed(text));
        result_run_free(&runs[i]);
    }
}

static size_t occurrences(const char *text, const char *of)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, of)) != NULL; at++) {
        count++;
    }
    return count;
}

// What each verdict becomes, one by one.
static void junit_elements(void)
{
    static const struct {
        enum verdict verdict;
        bool mandatory;
        const char *element, *sums;
    } ROWS[] = {
        {VERDICT_PASS, true, NULL, "failures=\"0\" errors=\"0\" skipped=\"0\""},
        {VERDICT_INFO, false, "<system-out>", "failures=\"0\" errors=\"0\" skipped=\"0\""},
        {VERDICT_AVOIDED, false, "<system-out>", "failures=\"0\" errors=\"0\" skipped=\"0\""},
        {VERDICT_WARN, false, "<system-out>", "failures=\"0\" errors=\"0\" skipped=\"0\""},
        {VERDICT_UNSUPPORTED, false, "<skipped ", "failures=\"0\" errors=\"0\" skipped=\"1\""},
        {VERDICT_UNSUPPORTED, true, "<error ", "failures=\"0\" errors=\"1\" skipped=\"0\""},
        {VERDICT_NOT_EXERCISED, false, "<error ", "failures=\"0\" errors=\"1\" skipped=\"0\""},
        {VERDICT_INCONCLUSIVE, false, "<error ", "failures=\"0\" errors=\"1\" skipped=\"0\""},
        {VERDICT_FAIL, false, "<failure ", "failures=\"1\" errors=\"0\" skipped=\"0\""},
        {VERDICT_HARNESS_ERROR, false, "<error ", "failures=\"0\" errors=\"1\" skipped=\"0\""},
    };
    static const char *const ALL[] = {"<system-out>", "<skipped ", "<error ", "<failure "};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct result_run *r = result_run_new();
        unit_row(verdict_name(ROWS[i].verdict));
        model_case(r, "x", ROWS[i].verdict)->mandatory = ROWS[i].mandatory;
        OWN(text) char *text = model_render(r, REPORT_JUNIT, NULL);
        for (size_t k = 0; k < sizeof ALL / sizeof ALL[0]; k++) {
            bool wanted = ROWS[i].element != NULL && strcmp(ALL[k], ROWS[i].element) == 0;
            CHECK_INT(occurrences(text, ALL[k]), wanted ? 1 : 0);
        }
        CHECK_INT(occurrences(text, ROWS[i].sums), 2); // of the whole and of the suite
        result_run_free(&r);
    }
    unit_row(NULL);
}

static void junit_tells_of_the_run(void)
{
    struct result_run *r = result_run_new();
    (void)model_case(r, "x", VERDICT_PASS);
    OWN(text) char *good = model_render(r, REPORT_JUNIT, NULL);
    CHECK_INT(occurrences(good, "<error "), 0);
    r->interrupted = true;
    OWN(text) char *bad = model_render(r, REPORT_JUNIT, NULL);
    CHECK_INT(occurrences(bad, "<error message=\"the run was interrupted"), 1);
    CHECK_INT(occurrences(bad, "<testsuites name=\"meterprover\" tests=\"2\" failures=\"0\" "
                               "errors=\"1\""),
              1);
    result_run_free(&r);
}

const struct unit_test XML_TESTS[] = {
    {"the reader is strict", the_reader_is_strict},     {"escapes", escapes},
    {"JUnit is well-formed", junit_is_well_formed},     {"JUnit's elements", junit_elements},
    {"JUnit tells of the run", junit_tells_of_the_run}, {NULL, NULL},
};
