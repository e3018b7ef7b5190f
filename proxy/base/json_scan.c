// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/json_scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/utf8.h"

static struct place place_of(const struct json_scan *s, size_t at)
{
    struct place p = {.line = 1, .column = 1};
    for (size_t i = 0; i < at && i < s->len; i++) {
        if (s->text[i] == '\n') {
            p.line++;
            p.column = 1;
        } else if (((unsigned char)s->text[i] & 0xc0) != 0x80) {
            p.column++; // columns count characters, not bytes
        }
    }
    return p;
}

enum rc json_scan_fail(const struct json_scan *s, size_t at, const char *sentence)
{
    return diag_fail_at(s->diag, RC_SYNTAX, s->file, place_of(s, at), "%s", sentence);
}

static int peek(const struct json_scan *s)
{
    return s->at < s->len ? (unsigned char)s->text[s->at] : -1;
}

static void skip_blanks(struct json_scan *s)
{
    while (s->at < s->len && strchr(" \t\r\n", s->text[s->at]) != NULL && s->text[s->at] != '\0') {
        s->at++;
    }
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(struct json_scan *s)
{
    size_t from = s->at;
    while (is_digit(peek(s))) {
        s->at++;
    }
    return s->at - from;
}

// RFC 8259 section 6.
static enum rc scan_number(struct json_scan *s)
{
    size_t from = s->at;
    if (peek(s) == '-') {
        s->at++;
    }
    size_t first = s->at;
    size_t whole = digits(s);
    if (whole == 0) {
        return json_scan_fail(s, from, "a number needs a digit here");
    }
    if (whole > 1 && s->text[first] == '0') {
        return json_scan_fail(s, from, "a number must not begin with 0");
    }
    if (peek(s) == '.') {
        s->at++;
        if (digits(s) == 0) {
            return json_scan_fail(s, from, "a number needs a digit after its point");
        }
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        if (peek(s) == '+' || peek(s) == '-') {
            s->at++;
        }
        if (digits(s) == 0) {
            return json_scan_fail(s, from, "a number needs a digit in its exponent");
        }
    }
    if (s->at - from > 60) {
        return json_scan_fail(s, from, "a number is longer than 60 characters");
    }
    char copy[64];
    memcpy(copy, s->text + from, s->at - from);
    copy[s->at - from] = '\0';
    return isfinite(strtod(copy, NULL))
               ? RC_OK
               : json_scan_fail(s, from, "a number is too large for a double");
}

static bool scan_hex4(struct json_scan *s, unsigned *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++, s->at++) {
        int c = peek(s);
        unsigned digit = 0;
        if (is_digit(c)) {
            digit = (unsigned)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = (unsigned)(c - 'a' + 10);
        } else if (c >= 'A' && c <= 'F') {
            digit = (unsigned)(c - 'A' + 10);
        } else {
            return false;
        }
        *value = *value * 16 + digit;
    }
    return true;
}

static enum rc scan_escape(struct json_scan *s)
{
    size_t from = s->at++;
    int c = peek(s);
    if (c > 0 && strchr("\"\\/bfnrt", c) != NULL) {
        s->at++;
        return RC_OK;
    }
    unsigned unit = 0;
    if (c != 'u' || (s->at++, !scan_hex4(s, &unit))) {
        return json_scan_fail(s, from, "this is no escape of a JSON string");
    }
    if (unit == 0) {
        return json_scan_fail(s, from, "\\u0000 is not accepted");
    }
    if (unit < 0xd800 || unit > 0xdfff) {
        return RC_OK;
    }
    unsigned low = 0;
    if (unit > 0xdbff || s->at + 1 >= s->len || s->text[s->at] != '\\' ||
        s->text[s->at + 1] != 'u' || (s->at += 2, !scan_hex4(s, &low)) || low < 0xdc00 ||
        low > 0xdfff) {
        return json_scan_fail(s, from, "half of a surrogate pair stands alone");
    }
    return RC_OK;
}

static enum rc scan_string(struct json_scan *s)
{
    size_t from = s->at++;
    for (;;) {
        int c = peek(s);
        if (c < 0) {
            return json_scan_fail(s, from, "this string has no end");
        }
        if (c == '"') {
            s->at++;
            return RC_OK;
        }
        if (c < 0x20) {
            return json_scan_fail(s, s->at,
                                  "a control character stands in a string; write it as \\u00xx");
        }
        if (c == '\\') {
            enum rc rc = scan_escape(s);
            if (rc != RC_OK) {
                return rc;
            }
        } else if (c < 0x80) {
            s->at++;
        } else {
            size_t width = utf8_length((struct span){s->text + s->at, s->len - s->at});
            if (width == 0) {
                return json_scan_fail(s, s->at, "this is not UTF-8");
            }
            s->at += width;
        }
    }
}

static enum rc scan_value(struct json_scan *s);

// Where the keys of one object begin and end, quotes included, to find duplicates.
struct keys {
    struct span *items;
    size_t count, capacity;
};

static enum rc add_key(struct json_scan *s, struct keys *keys, size_t from)
{
    struct span key = {.at = s->text + from, .len = s->at - from};
    // Large objects are not what we read; a quadratic look is fine up to a few hundred keys.
    for (size_t i = 0; i < keys->count; i++) {
        if (span_equal(keys->items[i], key)) {
            return diag_fail_at(s->diag, RC_SYNTAX, s->file, place_of(s, from),
                                "the key %.*s stands twice in one object",
                                (int)(key.len > 80 ? 80 : key.len), key.at);
        }
    }
    if (keys->count == 4096) {
        return json_scan_fail(s, from, "an object has more than 4096 keys");
    }
    X_GROW(keys->items, keys->count, keys->capacity);
    keys->items[keys->count++] = key;
    return RC_OK;
}

static enum rc scan_member(struct json_scan *s, struct keys *keys)
{
    skip_blanks(s);
    size_t from = s->at;
    if (peek(s) != '"') {
        return json_scan_fail(s, from, "a key in double quotes is expected here");
    }
    enum rc rc = scan_string(s);
    if (rc == RC_OK) {
        rc = add_key(s, keys, from);
    }
    if (rc != RC_OK) {
        return rc;
    }
    skip_blanks(s);
    if (peek(s) != ':') {
        return json_scan_fail(s, s->at, "a colon is expected here");
    }
    s->at++;
    return scan_value(s);
}

static enum rc scan_items(struct json_scan *s, char close, struct keys *keys)
{
    skip_blanks(s);
    if (peek(s) == close) {
        s->at++;
        return RC_OK;
    }
    for (;;) {
        enum rc rc = keys == NULL ? scan_value(s) : scan_member(s, keys);
        if (rc != RC_OK) {
            return rc;
        }
        skip_blanks(s);
        int c = peek(s);
        s->at++;
        if (c == close) {
            return RC_OK;
        }
        if (c != ',') {
            s->at--;
            return json_scan_fail(s, s->at,
                                  close == '}' ? "a comma or } is expected here"
                                               : "a comma or ] is expected here");
        }
    }
}

static enum rc scan_container(struct json_scan *s)
{
    if (s->depth == JSON_MAX_DEPTH) {
        return json_scan_fail(s, s->at, "values are nested more than 64 deep");
    }
    s->depth++;
    bool is_object = s->text[s->at++] == '{';
    struct keys keys = {0};
    enum rc rc = scan_items(s, is_object ? '}' : ']', is_object ? &keys : NULL);
    x_free(keys.items);
    s->depth--;
    return rc;
}

static enum rc scan_word(struct json_scan *s)
{
    static const char *const WORDS[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(WORDS[i]);
        if (s->len - s->at >= len && memcmp(s->text + s->at, WORDS[i], len) == 0) {
            s->at += len;
            return RC_OK;
        }
    }
    return json_scan_fail(s, s->at,
                          s->at == s->len ? "a value is expected here, but the text ends"
                                          : "a value is expected here");
}

static enum rc scan_value(struct json_scan *s)
{
    skip_blanks(s);
    if (s->wants_starts) {
        X_GROW(s->starts, s->count, s->capacity);
        s->starts[s->count++] = s->at;
    }
    int c = peek(s);
    if (c == '{' || c == '[') {
        return scan_container(s);
    }
    if (c == '"') {
        return scan_string(s);
    }
    return c == '-' || is_digit(c) ? scan_number(s) : scan_word(s);
}

enum rc json_scan_text(struct json_scan *s)
{
    enum rc rc = scan_value(s);
    if (rc != RC_OK) {
        return rc;
    }
    skip_blanks(s);
    return s->at == s->len
               ? RC_OK
               : json_scan_fail(s, s->at, "something stands after the end of the value");
}
