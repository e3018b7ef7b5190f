// SPDX-License-Identifier: Apache-2.0
// Two passes over one text: scan() walks the grammar and notes the place of every value in the
// order in which values begin; cJSON then builds the tree, and a walk over it in the same order
// ties each node to its place.
#include "proxy/base/json.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/utf8.h"

struct json_places {
    struct {
        const cJSON *node;
        struct place place;
    } * slots; // open addressing, capacity a power of two
    size_t count, capacity;
};

struct scan {
    const char *text;
    size_t len, at;
    const char *file;
    struct diag *diag;
    size_t *starts; // where each value begins, in order; NULL when nobody asks
    size_t count, capacity;
    bool wants_starts;
    unsigned depth;
};

static struct place place_of(const struct scan *s, size_t at)
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

static enum rc fail_at(const struct scan *s, size_t at, const char *sentence)
{
    return diag_fail_at(s->diag, RC_SYNTAX, s->file, place_of(s, at), "%s", sentence);
}

static int peek(const struct scan *s)
{
    return s->at < s->len ? (unsigned char)s->text[s->at] : -1;
}

static void skip_blanks(struct scan *s)
{
    while (s->at < s->len && strchr(" \t\r\n", s->text[s->at]) != NULL && s->text[s->at] != '\0') {
        s->at++;
    }
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(struct scan *s)
{
    size_t from = s->at;
    while (is_digit(peek(s))) {
        s->at++;
    }
    return s->at - from;
}

// RFC 8259 section 6.
static enum rc scan_number(struct scan *s)
{
    size_t from = s->at;
    if (peek(s) == '-') {
        s->at++;
    }
    size_t first = s->at;
    size_t whole = digits(s);
    if (whole == 0) {
        return fail_at(s, from, "a number needs a digit here");
    }
    if (whole > 1 && s->text[first] == '0') {
        return fail_at(s, from, "a number must not begin with 0");
    }
    if (peek(s) == '.') {
        s->at++;
        if (digits(s) == 0) {
            return fail_at(s, from, "a number needs a digit after its point");
        }
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        if (peek(s) == '+' || peek(s) == '-') {
            s->at++;
        }
        if (digits(s) == 0) {
            return fail_at(s, from, "a number needs a digit in its exponent");
        }
    }
    if (s->at - from > 60) {
        return fail_at(s, from, "a number is longer than 60 characters");
    }
    char copy[64];
    memcpy(copy, s->text + from, s->at - from);
    copy[s->at - from] = '\0';
    return isfinite(strtod(copy, NULL)) ? RC_OK
                                        : fail_at(s, from, "a number is too large for a double");
}

static bool scan_hex4(struct scan *s, unsigned *value)
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

static enum rc scan_escape(struct scan *s)
{
    size_t from = s->at++;
    int c = peek(s);
    if (c > 0 && strchr("\"\\/bfnrt", c) != NULL) {
        s->at++;
        return RC_OK;
    }
    unsigned unit = 0;
    if (c != 'u' || (s->at++, !scan_hex4(s, &unit))) {
        return fail_at(s, from, "this is no escape of a JSON string");
    }
    if (unit == 0) {
        return fail_at(s, from, "\\u0000 is not accepted");
    }
    if (unit < 0xd800 || unit > 0xdfff) {
        return RC_OK;
    }
    unsigned low = 0;
    if (unit > 0xdbff || s->at + 1 >= s->len || s->text[s->at] != '\\' ||
        s->text[s->at + 1] != 'u' || (s->at += 2, !scan_hex4(s, &low)) || low < 0xdc00 ||
        low > 0xdfff) {
        return fail_at(s, from, "half of a surrogate pair stands alone");
    }
    return RC_OK;
}

static enum rc scan_string(struct scan *s)
{
    size_t from = s->at++;
    for (;;) {
        int c = peek(s);
        if (c < 0) {
            return fail_at(s, from, "this string has no end");
        }
        if (c == '"') {
            s->at++;
            return RC_OK;
        }
        if (c < 0x20) {
            return fail_at(s, s->at, "a control character stands in a string; write it as \\u00xx");
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
                return fail_at(s, s->at, "this is not UTF-8");
            }
            s->at += width;
        }
    }
}

static enum rc scan_value(struct scan *s);

// Where the keys of one object begin and end, quotes included, to find duplicates.
struct keys {
    struct span *items;
    size_t count, capacity;
};

static enum rc add_key(struct scan *s, struct keys *keys, size_t from)
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
        return fail_at(s, from, "an object has more than 4096 keys");
    }
    X_GROW(keys->items, keys->count, keys->capacity);
    keys->items[keys->count++] = key;
    return RC_OK;
}

static enum rc scan_member(struct scan *s, struct keys *keys)
{
    skip_blanks(s);
    size_t from = s->at;
    if (peek(s) != '"') {
        return fail_at(s, from, "a key in double quotes is expected here");
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
        return fail_at(s, s->at, "a colon is expected here");
    }
    s->at++;
    return scan_value(s);
}

static enum rc scan_items(struct scan *s, char close, struct keys *keys)
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
            return fail_at(s, s->at,
                           close == '}' ? "a comma or } is expected here"
                                        : "a comma or ] is expected here");
        }
    }
}

static enum rc scan_container(struct scan *s)
{
    if (s->depth == JSON_MAX_DEPTH) {
        return fail_at(s, s->at, "values are nested more than 64 deep");
    }
    s->depth++;
    bool is_object = s->text[s->at++] == '{';
    struct keys keys = {0};
    enum rc rc = scan_items(s, is_object ? '}' : ']', is_object ? &keys : NULL);
    x_free(keys.items);
    s->depth--;
    return rc;
}

static enum rc scan_word(struct scan *s)
{
    static const char *const WORDS[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(WORDS[i]);
        if (s->len - s->at >= len && memcmp(s->text + s->at, WORDS[i], len) == 0) {
            s->at += len;
            return RC_OK;
        }
    }
    return fail_at(s, s->at,
                   s->at == s->len ? "a value is expected here, but the text ends"
                                   : "a value is expected here");
}

static enum rc scan_value(struct scan *s)
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

static enum rc scan_text(struct scan *s)
{
    enum rc rc = scan_value(s);
    if (rc != RC_OK) {
        return rc;
    }
    skip_blanks(s);
    return s->at == s->len ? RC_OK
                           : fail_at(s, s->at, "something stands after the end of the value");
}

static size_t slot_of(const struct json_places *p, const cJSON *node)
{
    size_t mask = p->capacity - 1;
    size_t i = ((uintptr_t)node >> 4) * (size_t)UINT64_C(0x9e3779b97f4a7c15) & mask;
    while (p->slots[i].node != NULL && p->slots[i].node != node) {
        i = (i + 1) & mask;
    }
    return i;
}

static void set_place(struct json_places *p, const cJSON *node, struct place place)
{
    if ((p->count + 1) * 2 > p->capacity) {
        struct json_places old = *p;
        p->capacity = old.capacity == 0 ? 64 : old.capacity * 2;
        p->slots = x_alloc(p->capacity * sizeof *p->slots);
        for (size_t i = 0; i < old.capacity; i++) {
            if (old.slots[i].node != NULL) {
                p->slots[slot_of(p, old.slots[i].node)] = old.slots[i];
            }
        }
        x_free(old.slots);
    }
    size_t i = slot_of(p, node);
    if (p->slots[i].node == NULL) {
        p->count++;
    }
    p->slots[i].node = node;
    p->slots[i].place = place;
}

struct walk {
    const struct scan *scan;
    struct json_places *places;
    size_t next; // the value that comes next
    size_t at;   // the text up to here is counted in place
    struct place place;
};

static void advance(struct walk *w, size_t to)
{
    for (; w->at < to; w->at++) {
        if (w->scan->text[w->at] == '\n') {
            w->place.line++;
            w->place.column = 1;
        } else if (((unsigned char)w->scan->text[w->at] & 0xc0) != 0x80) {
            w->place.column++;
        }
    }
}

// NOLINTNEXTLINE(misc-no-recursion): depth is bounded by JSON_MAX_DEPTH
static void tie(struct walk *w, const cJSON *node)
{
    assert(node != NULL);
    advance(w, w->scan->starts[w->next++]);
    set_place(w->places, node, w->place);
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
        tie(w, child);
    }
}

enum rc json_read(cJSON **out, struct json_places **places, struct span text, const char *file,
                  struct diag *d)
{
    struct scan s = {.text = text.len == 0 ? "" : text.at,
                     .len = text.len,
                     .file = file,
                     .diag = d,
                     .wants_starts = places != NULL};
    enum rc rc = scan_text(&s);
    cJSON *tree = NULL;
    if (rc == RC_OK) {
        tree = cJSON_ParseWithLength(s.text, s.len);
        rc = tree == NULL ? fail_at(&s, 0, "the text could not be parsed") : RC_OK;
    }
    if (rc == RC_OK && places != NULL) {
        *places = x_alloc(sizeof **places);
        struct walk w = {.scan = &s, .places = *places, .place = {.line = 1, .column = 1}};
        tie(&w, tree);
    }
    x_free(s.starts);
    if (rc == RC_OK) {
        *out = tree;
    }
    return rc;
}

enum rc file_read(struct buf *out, const char *path, struct diag *d)
{
    FILE *f = fopen(path, "rbe");
    if (f == NULL) {
        return diag_fail_at(d, RC_IO, path, (struct place){0}, "%s", strerror(errno));
    }
    size_t got = 0;
    errno = 0;
    do {
        got = fread(buf_room(out, 65536), 1, 65536, f);
        buf_grew(out, got);
    } while (got > 0);
    bool bad = ferror(f) != 0;
    int why = errno;
    (void)fclose(f);
    return bad ? diag_fail_at(d, RC_IO, path, (struct place){0}, "%s", strerror(why)) : RC_OK;
}

enum rc json_read_file(cJSON **out, struct json_places **places, const char *path, struct diag *d)
{
    struct buf text = {0};
    enum rc rc = file_read(&text, path, d);
    if (rc == RC_OK) {
        rc = json_read(out, places, buf_span(&text), path, d);
    }
    buf_clear(&text);
    return rc;
}

struct place json_place(const struct json_places *places, const cJSON *node)
{
    if (places == NULL || node == NULL || places->capacity == 0) {
        return (struct place){0};
    }
    size_t i = slot_of(places, node);
    return places->slots[i].node == NULL ? (struct place){0} : places->slots[i].place;
}

// NOLINTNEXTLINE(misc-no-recursion): depth is bounded by JSON_MAX_DEPTH
void json_place_like(struct json_places *places, const cJSON *node, const cJSON *like)
{
    assert(node != NULL && like != NULL);
    set_place(places, node, json_place(places, like));
    const cJSON *a = node->child;
    const cJSON *b = like->child;
    for (; a != NULL && b != NULL; a = a->next, b = b->next) {
        json_place_like(places, a, b);
    }
}

void json_places_free(struct json_places **places)
{
    if (*places != NULL) {
        x_free((*places)->slots);
        x_free(*places);
        *places = NULL;
    }
}

const cJSON *json_get(const cJSON *object, const char *key)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

const char *json_text(const cJSON *node)
{
    return cJSON_IsString(node) ? node->valuestring : NULL;
}

struct span json_span(const cJSON *node)
{
    return span_of(json_text(node));
}

bool json_is_true(const cJSON *node)
{
    return cJSON_IsTrue(node) != 0;
}

bool json_int(const cJSON *node, int64_t min, int64_t max, int64_t *value)
{
    if (!cJSON_IsNumber(node) || fabs(node->valuedouble) > 9007199254740992.0 ||
        floor(node->valuedouble) != node->valuedouble) {
        return false;
    }
    int64_t number = (int64_t)node->valuedouble;
    if (number < min || number > max) {
        return false;
    }
    *value = number;
    return true;
}

const char *json_get_text(const cJSON *object, const char *key)
{
    return json_text(json_get(object, key));
}

int64_t json_get_int(const cJSON *object, const char *key, int64_t otherwise)
{
    int64_t value = otherwise;
    return json_int(json_get(object, key), INT64_MIN, INT64_MAX, &value) ? value : otherwise;
}

bool json_array_has(const cJSON *array, const char *text)
{
    const cJSON *item = NULL;
    if (!cJSON_IsArray(array)) {
        return false;
    }
    cJSON_ArrayForEach(item, array)
    {
        if (span_is(json_span(item), text)) {
            return true;
        }
    }
    return false;
}

const char *json_type_name(const cJSON *node)
{
    if (cJSON_IsObject(node)) {
        return "an object";
    }
    if (cJSON_IsArray(node)) {
        return "an array";
    }
    if (cJSON_IsString(node)) {
        return "a string";
    }
    if (cJSON_IsNumber(node)) {
        return "a number";
    }
    return cJSON_IsBool(node) ? "true or false" : "null";
}

static void print_number(struct buf *b, double value)
{
    if (floor(value) == value && fabs(value) <= 9007199254740992.0) {
        buf_add_i64(b, (int64_t)value);
    } else {
        buf_addf(b, "%.17g", value);
    }
}

static void print_items(struct buf *b, const cJSON *node, bool is_object)
{
    buf_add_char(b, is_object ? '{' : '[');
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
        if (child != node->child) {
            buf_add_char(b, ',');
        }
        if (is_object) {
            buf_add_json_string(b, span_of(child->string));
            buf_add_char(b, ':');
        }
        json_print(b, child);
    }
    buf_add_char(b, is_object ? '}' : ']');
}

// NOLINTNEXTLINE(misc-no-recursion): depth is bounded by JSON_MAX_DEPTH
void json_print(struct buf *b, const cJSON *node)
{
    if (node != NULL && (cJSON_IsObject(node) || cJSON_IsArray(node))) {
        print_items(b, node, cJSON_IsObject(node) != 0);
    } else if (cJSON_IsString(node)) {
        buf_add_json_string(b, json_span(node));
    } else if (cJSON_IsNumber(node)) {
        print_number(b, node->valuedouble);
    } else if (cJSON_IsBool(node)) {
        buf_add_text(b, cJSON_IsTrue(node) ? "true" : "false");
    } else {
        buf_add_text(b, "null");
    }
}
