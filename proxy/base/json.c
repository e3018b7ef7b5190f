// SPDX-License-Identifier: Apache-2.0
// Two passes over one text: json_scan_text walks the grammar and notes the place of every value in
// the order in which values begin; cJSON then builds the tree, and a walk over it in the same order
// ties each node to its place.
#include "proxy/base/json.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/json_scan.h"

struct json_places {
    struct {
        const cJSON *node;
        struct place place;
    } * slots; // open addressing, capacity a power of two
    size_t count, capacity;
};

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
    const struct json_scan *scan;
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
    struct json_scan s = {.text = text.len == 0 ? "" : text.at,
                          .len = text.len,
                          .file = file,
                          .diag = d,
                          .wants_starts = places != NULL};
    enum rc rc = json_scan_text(&s, NULL);
    cJSON *tree = NULL;
    if (rc == RC_OK) {
        tree = cJSON_ParseWithLength(s.text, s.len);
        rc = tree == NULL ? json_scan_fail(&s, 0, "the text could not be parsed") : RC_OK;
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

enum rc json_read_once(const cJSON **out, struct arena *arena, struct span text, const char *file,
                       struct diag *d)
{
    struct json_scan s = {.text = text.len == 0 ? "" : text.at,
                          .len = text.len,
                          .file = file,
                          .diag = d,
                          .arena = arena};
    cJSON *root = arena_take(arena, sizeof *root);
    *root = (cJSON){.type = cJSON_Invalid};
    enum rc rc = json_scan_text(&s, root);
    if (rc == RC_OK) {
        *out = root;
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
    const cJSON *child = cJSON_IsObject(object) ? object->child : NULL;
    while (child != NULL && (child->string[0] != key[0] || strcmp(child->string, key) != 0)) {
        child = child->next;
    }
    return child;
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
