// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/base_tests.h"

#include <string.h>

#include "proxy/base/buf.h"
#include "proxy/base/digest.h"
#include "proxy/base/own.h"
#include "proxy/base/utf8.h"

static void spans(void)
{
    struct span rest = span_of("a,b,,c");
    CHECK(span_is(span_cut(&rest, ','), "a"));
    CHECK(span_is(span_cut(&rest, ','), "b"));
    CHECK(span_is(span_cut(&rest, ','), ""));
    CHECK(span_is(span_cut(&rest, ','), "c"));
    CHECK(rest.at == NULL);
    CHECK(span_is(span_trim(span_of(" \t x y \t")), "x y"));
    CHECK(span_is(span_trim(span_of("  ")), ""));
    CHECK(span_equal_nocase(span_of("Content-Length"), span_of("content-lengtH")));
    CHECK(!span_equal_nocase(span_of("a"), span_of("ab")));
    CHECK(span_has(span_of("aaab"), span_of("aab")) && !span_has(span_of("aaab"), span_of("ba")));
    CHECK(!span_has(span_of("x"), span_of("")));
    CHECK(span_is(span_slice(span_of("abc"), 2, 9), "c") &&
          span_slice(span_of("abc"), 5, 9).len == 0);
}

static void numbers(void)
{
    uint64_t value = 0;
    CHECK(span_to_u64(span_of("0"), 0, &value) && value == 0);
    CHECK(span_to_u64(span_of("18446744073709551615"), UINT64_MAX, &value) && value == UINT64_MAX);
    CHECK(!span_to_u64(span_of("18446744073709551616"), UINT64_MAX, &value));
    CHECK(span_to_u64(span_of("25"), 25, &value) && !span_to_u64(span_of("26"), 25, &value));
    CHECK(!span_to_u64(span_of(""), 9, &value) && !span_to_u64(span_of("+1"), 9, &value));
    CHECK(!span_to_u64(span_of(" 1"), 9, &value) && !span_to_u64(span_of("1x"), 9, &value));
}

static void renders(void)
{
    struct buf b = {0};
    buf_add_i64(&b, INT64_MIN);
    buf_add_char(&b, ' ');
    buf_add_u64(&b, 0);
    buf_addf(&b, " %s", "x");
    buf_add_json_string(&b, (struct span){"\xff\x01\"\xed\xa0\x80", 6});
    OWN(text) char *text = buf_take_text(&b);
    CHECK_TEXT(
        text,
        "-9223372036854775808 0 x\"\xef\xbf\xbd\\u0001\\\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    buf_add_text(&b, "abcdef");
    buf_consume(&b, 4);
    CHECK(span_is(buf_span(&b), "ef"));
    buf_clear(&b);
}

static void expect_byte(struct buf *out, unsigned char byte)
{
    if (byte == '"' || byte == '\\') {
        buf_addf(out, "\\%c", byte);
    } else if (byte == '\n' || byte == '\t' || byte == '\r') {
        buf_add_text(out, byte == '\n' ? "\\n" : byte == '\t' ? "\\t" : "\\r");
    } else if (byte < 0x20 || byte == 0x7f) {
        buf_addf(out, "\\u%04x", byte);
    } else if (byte < 0x80) {
        buf_add_char(out, (char)byte);
    } else {
        buf_add_text(out, "\xef\xbf\xbd");
    }
}

// Most texts are copied by words: every byte, in texts of every length, at every place.
static void strings(void)
{
    static const char LETTERS[] = "abcdefghijklmnopqrst";
    for (size_t len = 0; len < sizeof LETTERS; len++) {
        for (size_t i = 0; i < 256 * len; i++) {
            char text[sizeof LETTERS] = "";
            OWN_BUF struct buf actual = {0};
            OWN_BUF struct buf expected = {0};
            memcpy(text, LETTERS, len);
            text[i / 256] = (char)(i % 256);
            buf_add_json_string(&actual, (struct span){text, len});
            buf_add_char(&expected, '"');
            for (size_t k = 0; k < len; k++) {
                expect_byte(&expected, (unsigned char)text[k]);
            }
            buf_add_char(&expected, '"');
            if (!span_equal(buf_span(&actual), buf_span(&expected))) {
                CHECK_INT(i % 256, -1);
            }
        }
    }
    OWN_BUF struct buf empty = {0};
    buf_add_json_string(&empty, (struct span){0});
    buf_add_text(&empty, NULL);
    buf_add_member(&empty, "k", SPAN("v"));
    buf_add_member_i64(&empty, "i", -7);
    buf_add_member_bool(&empty, "", true);
    CHECK(span_is(buf_span(&empty), "\"\",\"k\":\"v\",\"i\":-7,\"\":true"));
}

static void utf8(void)
{
    CHECK_INT(utf8_length(span_of("a")), 1);
    CHECK_INT(utf8_length(span_of("\xf4\x8f\xbf\xbf")), 4);
    CHECK_INT(utf8_length(span_of("\xf4\x90\x80\x80")), 0);
    CHECK_INT(utf8_length(span_of("\xe0\x9f\xbf")), 0);
    CHECK_INT(utf8_length(span_of("\xc3")), 0);
    CHECK(utf8_is_valid(span_of("")) && !utf8_is_valid(span_of("a\x80")));
}

static void digests(void)
{
    char hex[SHA256_HEX];
    sha256_hex(hex, span_of("abc")); // FIPS 180-4, example B.1
    CHECK_TEXT(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    unsigned char mac[SHA256_BYTES];
    hmac_sha256(mac, span_of("Jefe"), span_of("what do ya want for nothing?")); // RFC 4231, case 2
    digest_to_hex(hex, mac);
    CHECK_TEXT(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    struct sha256_stream *s = sha256_stream_new();
    sha256_stream_add(s, span_of("a"));
    sha256_stream_hex(s, hex);
    sha256_stream_add(s, span_of("bc"));
    sha256_stream_hex(s, hex);
    CHECK_TEXT(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_stream_free(&s);
}

const struct unit_test TEXT_TESTS[] = {
    {"spans", spans},       {"numbers", numbers},
    {"rendering", renders}, {"strings by words and by bytes", strings},
    {"UTF-8", utf8},        {"digests", digests},
    {NULL, NULL},
};
