// SPDX-License-Identifier: Apache-2.0
// JSON as RFC 8259 has it, read strictly: cJSON builds the tree, our scanner decides first whether
// the text is JSON at all and records where each value stands (cJSON accepts 007, trailing text,
// duplicate keys and bad UTF-8, and keeps no positions).
#ifndef PROXY_BASE_JSON_H
#define PROXY_BASE_JSON_H

#include <cjson/cJSON.h>

#include "proxy/base/arena.h"
#include "proxy/base/buf.h"
#include "proxy/base/diag.h"
#include "proxy/base/span.h"

#define JSON_MAX_DEPTH 64

// Where the values of one tree stand in their text.
struct json_places;

// Parses one JSON text. Refuses: anything after it, duplicate keys in one object, bad UTF-8, lone
// surrogates, \u0000, raw control characters, depth over JSON_MAX_DEPTH, numbers beyond double.
// *out is owned by the caller (cJSON_Delete). places may be NULL; else *places is owned by the
// caller and speaks of the nodes of *out while they live. file names the text in d; both may be
// NULL.
MUST_USE enum rc json_read(cJSON **out, struct json_places **places, struct span text,
                           const char *file, struct diag *d);

// The same for a text that is read, looked at and forgotten, in a third of the time: the nodes lie
// in the arena and die with it. They must not be changed, nor given to cJSON_Delete. What was built
// before a failure lies in the arena, too.
MUST_USE enum rc json_read_once(const cJSON **out, struct arena *arena, struct span text,
                                const char *file, struct diag *d);

// Reads and parses a whole file; RC_IO when it cannot be read.
MUST_USE enum rc json_read_file(cJSON **out, struct json_places **places, const char *path,
                                struct diag *d);

// The place of a node's first character; {0, 0} when the node is not known.
struct place json_place(const struct json_places *places, const cJSON *node);
// Says that node stands where like stands (for copies); both may have children, which follow.
void json_place_like(struct json_places *places, const cJSON *node, const cJSON *like);
// Accepts NULL in *places and nulls it.
void json_places_free(struct json_places **places);

// Members and values; every function accepts NULL and wrong types, and gives the empty answer.
const cJSON *json_get(const cJSON *object, const char *key); // NULL when absent
const char *json_text(const cJSON *node);                    // NULL unless a string
struct span json_span(const cJSON *node);                    // empty unless a string
bool json_is_true(const cJSON *node);
// True and the value when the node is a number without fraction within [min, max].
bool json_int(const cJSON *node, int64_t min, int64_t max, int64_t *value);
const char *json_get_text(const cJSON *object, const char *key);
int64_t json_get_int(const cJSON *object, const char *key, int64_t otherwise);
// True when array holds that string.
bool json_array_has(const cJSON *array, const char *text);
// "an object", "a string", "a number", "true or false", "null", "an array".
const char *json_type_name(const cJSON *node);

// Appends the tree as compact JSON; integers up to 2^53 are printed exactly.
void json_print(struct buf *b, const cJSON *node);

// Reads a whole file into an owned buffer; RC_IO with errno's sentence in d.
MUST_USE enum rc file_read(struct buf *out, const char *path, struct diag *d);

#endif
