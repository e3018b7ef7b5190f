// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/evidence/evidence_tests.h"

#include <string.h>

#include "proxy/base/draw.h"
#include "proxy/evidence/secrets.h"
#include "tests/unit/evidence/scratch.h"

#define KEY "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

struct row {
    const char *name;
    const char *secret;
    const char *text;
    const char *expected; // NULL: the text stays as it is
};

static const struct row ROWS[] = {
    {"as it is", KEY, "a " KEY " b", "a [secret:k] b"},
    {"twice, side by side", KEY, KEY KEY, "[secret:k][secret:k]"},
    {"slash escaped", KEY, "wJalrXUtnFEMI\\/K7MDENG+bPxRfiCYEXAMPLEKEY", "[secret:k]"},
    {"slash escaped twice", KEY, "wJalrXUtnFEMI\\\\\\/K7MDENG+bPxRfiCYEXAMPLEKEY", "[secret:k]"},
    {"\\u escapes", KEY, "wJalrXUtnFEMI\\u002fK7MDENG\\u002BbPxRfiCYEXAMPLEKEY", "[secret:k]"},
    {"\\u escapes in embedded JSON", KEY,
     "x wJalrXUtnFEMI\\\\u002FK7MDENG\\\\u002bbPxRfiCYEXAMPLEKEY", "x [secret:k]"},
    {"percent-encoded", KEY, "t=wJalrXUtnFEMI%2FK7MDENG%2bbPxRfiCYEXAMPLEKEY&", "t=[secret:k]&"},
    {"percent-encoded twice", KEY, "wJalrXUtnFEMI%252FK7MDENG%252BbPxRfiCYEXAMPLEKEY",
     "[secret:k]"},
    {"the last byte is missing", KEY, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKE", NULL},
    {"one byte differs", KEY, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEZ", NULL},
    {"another escape", KEY, "wJalrXUtnFEMI\\u002eK7MDENG+bPxRfiCYEXAMPLEKEY", NULL},
    {"its beginning alone at the end", KEY, "wJalrXUtnFEMI/K7MDENG+bPxRfi\\u00", NULL},
    {"escaped before the anchor", "a/\"longest-run", "x a\\\\\\/\\\\\\\"longest-run",
     "x [secret:k]"},
    {"a bare quote", "say \"yes\" please", "x say \"yes\" please", "x [secret:k]"},
    {"a quote and a newline", "say \"yes\"\nplease", "x say \\\"yes\\\"\\nplease y",
     "x [secret:k] y"},
    {"the same in embedded JSON", "say \"yes\"\nplease", "say \\\\\\\"yes\\\\\\\"\\\\nplease",
     "[secret:k]"},
    {"a backslash", "back\\slash-9", "x back\\\\slash-9 back\\\\\\\\slash-9",
     "x [secret:k] [secret:k]"},
    {"a backslash before a quote", "pass\\\"word", "pass\\\\\\\"word", "[secret:k]"},
    {"a percent sign as it is", "50%2Fmore-or-less", "a50%2Fmore-or-less", "a[secret:k]"},
    {"a percent sign encoded", "50%more-or-less", "50%25more-or-less", "[secret:k]"},
    {"no run of four", "+/=+/=+/=ab", "..+/=\\u002b/%3D", NULL},
    {"no run of four, hidden", "+/=+/=+/=ab", "..+/=\\u002b\\/=+/=ab.", "..[secret:k]."},
    {"too short to be a secret", "1234567", "1234567", NULL},
    {"just long enough", "12345678", "912345678", "9[secret:k]"},
    {"ends in a half escape", "abcdefgh/", "abcdefgh\\", NULL},
    {"ends in a half \\u", "abcdefgh/", "abcdefgh\\u002", NULL},
    {"ends in a half percent", "abcdefgh/", "abcdefgh%2", NULL},
};

static void spellings(void)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct secrets *s = secrets_new();
        struct buf out = {0};
        secrets_add(s, "k", span_of(ROWS[i].secret));
        bool found = secrets_redact(s, &out, span_of(ROWS[i].text));
        OWN(text) char *text = buf_take_text(&out);
        CHECK_INT(found, ROWS[i].expected != NULL);
        CHECK_TEXT(text, found ? ROWS[i].expected : "");
        CHECK_TEXT(secrets_find(s, span_of(ROWS[i].text)), ROWS[i].expected == NULL ? NULL : "k");
        secrets_free(&s);
    }
    unit_row(NULL);
}

// A secret that holds another, or overlaps it, leaves nothing of either behind.
static void several(void)
{
    struct secrets *s = secrets_new();
    struct buf out = {0};
    secrets_add(s, "short", span_of("AKIAEXAMPLE1"));
    secrets_add(s, "long", span_of("AKIAEXAMPLE1/with+more"));
    secrets_add(s, "next", span_of("with+more&beyond"));
    secrets_add(s, "again", span_of("AKIAEXAMPLE1"));
    CHECK(secrets_redact(s, &out,
                         span_of("1 AKIAEXAMPLE1 2 AKIAEXAMPLE1/with+more 3 "
                                 "AKIAEXAMPLE1/with+more&beyond 4")));
    OWN(text) char *text = buf_take_text(&out);
    CHECK_TEXT(text, "1 [secret:short] 2 [secret:long] 3 [secret:long] 4");
    CHECK_TEXT(secrets_find(s, span_of("xAKIAEXAMPLE1x")), "short");
    CHECK(secrets_find(s, span_of("")) == NULL);
    secrets_free(&s);
}

// A window that ends like one secret, one byte before another begins.
static void no_byte_is_skipped(void)
{
    struct secrets *s = secrets_new();
    struct buf out = {0};
    secrets_add(s, "one", span_of("1234567ab"));
    secrets_add(s, "two", span_of("765432abc"));
    CHECK(secrets_redact(s, &out, span_of("x765432abc1234567ab")));
    OWN(text) char *text = buf_take_text(&out);
    CHECK_TEXT(text, "x[secret:two][secret:one]");
    secrets_free(&s);
}

static const struct row JSON_ROWS[] = {
    {"a string", "abcdefgh", ",\"a\":\"xabcdefghy\"}", ",\"a\":\"x[secret:k]y\"}"},
    {"a number", "12345678", ",\"a\":3123456789,\"b\":1}", ",\"a\":\"[secret:k]\",\"b\":1}"},
    {"a number at the end", "12345678", ",\"a\":[1,12345678]}", ",\"a\":[1,\"[secret:k]\"]}"},
    {"begins inside an escape", "nabcdefgh", ",\"a\":\"\\nabcdefgh\"}", ",\"a\":\"[secret:k]\"}"},
    {"begins inside \\u", "9abcdefgh", ",\"a\":\"\\u00e9abcdefgh\"}", ",\"a\":\"[secret:k]\"}"},
    {"begins with an escape", "/abcdefgh", ",\"a\":\"\\\\/abcdefgh\"}",
     ",\"a\":\"\\\\[secret:k]\"}"},
    {"ends in a backslash", "abcdefgh\\", ",\"a\":\"abcdefgh\\\\\\\"\"}", ",\"a\":\"[secret:k]\"}"},
    {"looks as if it held the closing quote", "\\\",12345678", ",\"a\":[\"x\\\\\",12345678]}",
     ",\"a\":[\"x[secret:k]\",12345678]}"},
};

// Whatever is replaced, a line stays JSON.
static void json_stays_json(void)
{
    for (size_t i = 0; i < sizeof JSON_ROWS / sizeof JSON_ROWS[0]; i++) {
        unit_row(JSON_ROWS[i].name);
        struct secrets *s = secrets_new();
        struct buf out = {0};
        buf_add_text(&out, "{\"s\":1");
        secrets_add(s, "k", span_of(JSON_ROWS[i].secret));
        CHECK(secrets_redact_json(s, &out, span_of(JSON_ROWS[i].text)));
        OWN(text) char *text = buf_take_text(&out);
        CHECK_TEXT(text + 6, JSON_ROWS[i].expected);
        cJSON_Delete(scratch_json(span_of(text)));
        secrets_free(&s);
    }
    unit_row(NULL);
}

// Seeded noise of the bytes that matter: JSON in, JSON out, and the secret is gone.
static void noise(void)
{
    static const char *const PIECES[] = {"\\", "\"", "/", "n", "u00", "abcdefgh",      "%2F",
                                         "\n", "8",  "e", ",", "+",   "a/b\\c\"d-efgh"};
    struct secrets *s = secrets_new();
    secrets_add(s, "k", span_of("a/b\\c\"d-efgh"));
    secrets_add(s, "l", span_of("8\nabcdefgh"));
    secrets_add(s, "m", span_of("n\"abcdefgh"));
    for (uint64_t round = 0; round < 3000; round++) {
        OWN_BUF struct buf raw = {0};
        OWN_BUF struct buf inner = {0};
        OWN_BUF struct buf line = {0};
        OWN_BUF struct buf out = {0};
        struct draw draw = {.seed = 7, .case_id = SPAN("noise"), .rule = SPAN("x"), .index = round};
        for (uint64_t i = 0; i < 8; i++) {
            buf_add_text(&raw, PIECES[draw_u64(&draw, i) % (sizeof PIECES / sizeof PIECES[0])]);
        }
        buf_add_json_string(&inner, buf_span(&raw));
        buf_add_text(&line, "{\"a\":");
        buf_add_json_string(&line, round % 2 == 0 ? buf_span(&raw) : buf_span(&inner));
        buf_add_char(&line, '}');
        bool has = span_has(buf_span(&raw), span_of("a/b\\c\"d-efgh")) ||
                   span_has(buf_span(&raw), span_of("8\nabcdefgh")) ||
                   span_has(buf_span(&raw), span_of("n\"abcdefgh"));
        bool found = secrets_redact_json(s, &out, buf_span(&line));
        CHECK(found || !has);
        if (found) {
            cJSON_Delete(scratch_json(buf_span(&out)));
        }
    }
    secrets_free(&s);
}

const struct unit_test SECRETS_TESTS[] = {
    {"spellings", spellings},
    {"several secrets", several},
    {"no byte is skipped", no_byte_is_skipped},
    {"JSON stays JSON", json_stays_json},
    {"noise", noise},
    {NULL, NULL},
};
