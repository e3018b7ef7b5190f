// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/json_scan.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/plain.h"
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
    for (int c = peek(s); c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = peek(s)) {
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

#define MAX_NUMBER 60
// Every whole number of so many digits is exact in a double.
#define EXACT_DIGITS 15

static double whole_number(struct span text)
{
    bool is_negative = text.at[0] == '-';
    int64_t sum = 0;
    for (size_t i = is_negative ? 1 : 0; i < text.len; i++) {
        sum = sum * 10 + (text.at[i] - '0');
    }
    return is_negative ? -(double)sum : (double)sum; // -0 keeps its sign
}

static double any_number(struct span text)
{
    char copy[MAX_NUMBER + 1];
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return strtod(copy, NULL);
}

// RFC 8259 section 6.
static enum rc scan_number(struct json_scan *s, double *value)
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
    struct span text = {.at = s->text + from, .len = s->at - from};
    if (text.len > MAX_NUMBER) {
        return json_scan_fail(s, from, "a number is longer than 60 characters");
    }
    bool is_whole = s->at == first + whole;
    *value = is_whole && whole <= EXACT_DIGITS ? whole_number(text) : any_number(text);
    return isfinite(*value) ? RC_OK : json_scan_fail(s, from, "a number is too large for a double");
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

// What stands between the quotes of a string, as it is spelled.
struct string {
    struct span spelled;
    bool has_escape;
};

static enum rc scan_character(struct json_scan *s, int c, struct string *string)
{
    if (c < 0x20) {
        return json_scan_fail(s, s->at,
                              "a control character stands in a string; write it as \\u00xx");
    }
    if (c == '\\') {
        string->has_escape = true;
        return scan_escape(s);
    }
    size_t width = utf8_length((struct span){s->text + s->at, s->len - s->at});
    s->at += width;
    return width > 0 ? RC_OK : json_scan_fail(s, s->at, "this is not UTF-8");
}

static enum rc scan_string(struct json_scan *s, struct string *string)
{
    size_t from = s->at++;
    *string = (struct string){.spelled = {.at = s->text + s->at}};
    for (;;) {
        s->at += plain_run((struct span){s->text + s->at, s->len - s->at});
        int c = peek(s);
        if (c < 0) {
            return json_scan_fail(s, from, "this string has no end");
        }
        if (c == '"') {
            string->spelled = (struct span){s->text + from + 1, s->at - from - 1};
            s->at++;
            return RC_OK;
        }
        enum rc rc = scan_character(s, c, string);
        if (rc != RC_OK) {
            return rc;
        }
    }
}

// Of an escape that was scanned and found good; at stands behind its \u.
static unsigned code_point(struct json_scan *spelled)
{
    unsigned high = 0;
    unsigned low = 0;
    (void)scan_hex4(spelled, &high);
    if (high < 0xd800 || high > 0xdfff) {
        return high;
    }
    spelled->at += 2;
    (void)scan_hex4(spelled, &low);
    return 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
}

// RFC 3629 section 3.
static char *put_code_point(char *out, unsigned code)
{
    static const unsigned char LEAD[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t width = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = width - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(LEAD[width] | code);
    return out + width;
}

static char *put_escape(char *out, struct json_scan *spelled)
{
    static const char LETTERS[] = "bfnrt";
    static const char MEANINGS[] = "\b\f\n\r\t";
    char c = spelled->text[spelled->at + 1];
    spelled->at += 2;
    if (c == 'u') {
        return put_code_point(out, code_point(spelled));
    }
    const char *letter = strchr(LETTERS, c);
    *out = (char)(letter == NULL ? c : MEANINGS[letter - LETTERS]);
    return out + 1;
}

// The string that was scanned, terminated; no escape is shorter than what it stands for.
static char *text_of(const struct json_scan *s, const struct string *string)
{
    struct json_scan spelled = {.text = string->spelled.at, .len = string->spelled.len};
    char *text = arena_take(s->arena, spelled.len + 1);
    char *out = text;
    if (!string->has_escape) {
        memcpy(text, spelled.text, spelled.len);
        out += spelled.len;
        spelled.at = spelled.len;
    }
    while (spelled.at < spelled.len) {
        if (spelled.text[spelled.at] == '\\') {
            out = put_escape(out, &spelled);
        } else {
            *out++ = spelled.text[spelled.at++];
        }
    }
    *out = '\0';
    return text;
}

static enum rc scan_value(struct json_scan *s, cJSON *node);

// The keys of one object as they are spelled, quotes included, to find duplicates. Most objects
// have few.
struct keys {
    struct span few[8];
    struct span *items;
    size_t count, capacity;
};

static void make_room(struct keys *keys)
{
    if (keys->count < keys->capacity) {
        return;
    }
    bool were_few = keys->items == keys->few;
    keys->capacity *= 2;
    keys->items = x_realloc(were_few ? NULL : keys->items, keys->capacity * sizeof *keys->items);
    if (were_few) {
        memcpy(keys->items, keys->few, sizeof keys->few);
    }
}

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
    make_room(keys);
    keys->items[keys->count++] = key;
    return RC_OK;
}

static enum rc scan_member(struct json_scan *s, struct keys *keys, cJSON *node)
{
    struct string key;
    skip_blanks(s);
    size_t from = s->at;
    if (peek(s) != '"') {
        return json_scan_fail(s, from, "a key in double quotes is expected here");
    }
    enum rc rc = scan_string(s, &key);
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
    if (node != NULL) {
        node->string = text_of(s, &key);
    }
    return scan_value(s, node);
}

// cJSON links children both ways, and the first back to the last.
static cJSON *add_child(const struct json_scan *s, cJSON *parent)
{
    if (parent == NULL) {
        return NULL;
    }
    cJSON *node = arena_take(s->arena, sizeof *node);
    *node = (cJSON){.prev = node};
    if (parent->child == NULL) {
        parent->child = node;
    } else {
        node->prev = parent->child->prev;
        node->prev->next = node;
        parent->child->prev = node;
    }
    return node;
}

static enum rc scan_items(struct json_scan *s, char close, struct keys *keys, cJSON *parent)
{
    skip_blanks(s);
    if (peek(s) == close) {
        s->at++;
        return RC_OK;
    }
    for (;;) {
        cJSON *node = add_child(s, parent);
        enum rc rc = keys == NULL ? scan_value(s, node) : scan_member(s, keys, node);
        if (rc != RC_OK) {
            return rc;
        }
        skip_blanks(s);
        int c = peek(s);
        if (c != close && c != ',') {
            return json_scan_fail(s, s->at,
                                  close == '}' ? "a comma or } is expected here"
                                               : "a comma or ] is expected here");
        }
        s->at++;
        if (c == close) {
            return RC_OK;
        }
    }
}

static enum rc scan_object(struct json_scan *s, cJSON *node)
{
    struct keys keys = {.capacity = sizeof keys.few / sizeof keys.few[0]};
    keys.items = keys.few;
    enum rc rc = scan_items(s, '}', &keys, node);
    if (keys.items != keys.few) {
        x_free(keys.items);
    }
    return rc;
}

static enum rc scan_container(struct json_scan *s, cJSON *node)
{
    if (s->depth == JSON_MAX_DEPTH) {
        return json_scan_fail(s, s->at, "values are nested more than 64 deep");
    }
    s->depth++;
    bool is_object = s->text[s->at++] == '{';
    if (node != NULL) {
        node->type = is_object ? cJSON_Object : cJSON_Array;
    }
    enum rc rc = is_object ? scan_object(s, node) : scan_items(s, ']', NULL, node);
    s->depth--;
    return rc;
}

static enum rc scan_text_value(struct json_scan *s, cJSON *node)
{
    struct string string;
    enum rc rc = scan_string(s, &string);
    if (rc == RC_OK && node != NULL) {
        node->type = cJSON_String;
        node->valuestring = text_of(s, &string);
    }
    return rc;
}

static int nearest_int(double value)
{
    if (value >= INT_MAX) {
        return INT_MAX;
    }
    return value <= INT_MIN ? INT_MIN : (int)value;
}

static enum rc scan_number_value(struct json_scan *s, cJSON *node)
{
    double value = 0;
    enum rc rc = scan_number(s, &value);
    if (rc == RC_OK && node != NULL) {
        node->type = cJSON_Number;
        node->valuedouble = value;
        node->valueint = nearest_int(value);
    }
    return rc;
}

static enum rc scan_word(struct json_scan *s, cJSON *node)
{
    static const struct {
        struct span word;
        int type;
    } WORDS[] = {{{"true", 4}, cJSON_True}, {{"false", 5}, cJSON_False}, {{"null", 4}, cJSON_NULL}};
    struct span rest = {.at = s->text + s->at, .len = s->len - s->at};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (!span_starts(rest, WORDS[i].word)) {
            continue;
        }
        s->at += WORDS[i].word.len;
        if (node != NULL) {
            node->type = WORDS[i].type;
            node->valueint = WORDS[i].type == cJSON_True;
        }
        return RC_OK;
    }
    return json_scan_fail(s, s->at,
                          s->at == s->len ? "a value is expected here, but the text ends"
                                          : "a value is expected here");
}

static enum rc scan_value(struct json_scan *s, cJSON *node)
{
    skip_blanks(s);
    if (s->wants_starts) {
        X_GROW(s->starts, s->count, s->capacity);
        s->starts[s->count++] = s->at;
    }
    int c = peek(s);
    if (c == '{' || c == '[') {
        return scan_container(s, node);
    }
    if (c == '"') {
        return scan_text_value(s, node);
    }
    return c == '-' || is_digit(c) ? scan_number_value(s, node) : scan_word(s, node);
}

enum rc json_scan_text(struct json_scan *s, cJSON *root)
{
    enum rc rc = scan_value(s, root);
    if (rc != RC_OK) {
        return rc;
    }
    skip_blanks(s);
    return s->at == s->len
               ? RC_OK
               : json_scan_fail(s, s->at, "something stands after the end of the value");
}
