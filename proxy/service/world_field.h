// SPDX-License-Identifier: Apache-2.0
// Reads objects of a world by tables of the keys they may have. A key names the member that its
// value goes into, or a function where more is to be done.
#ifndef PROXY_SERVICE_WORLD_FIELD_H
#define PROXY_SERVICE_WORLD_FIELD_H

#include "proxy/service/world_data.h"

struct reading {
    struct world *w;
    enum world_layer layer;
    int64_t now_us;
    struct diag *d;
    char where[96]; // what is being read: "customers.acme"
};

enum field_kind { FIELD_TEXT, FIELD_FLAG, FIELD_MOMENT, FIELD_DURATION, FIELD_OWN };

typedef enum rc read_fn(struct reading *r, void *object, const cJSON *value);

struct field {
    const char *name;
    size_t offset;
    read_fn *read; // for FIELD_OWN
    enum field_kind kind;
    bool in_map; // the seller may say it in a --world file
};

#define TEXT_FIELD(type, key, member, mapped)                                                      \
    {                                                                                              \
        .name = (key), .kind = FIELD_TEXT, .offset = offsetof(type, member), .in_map = (mapped)    \
    }
#define FLAG_FIELD(type, key, member)                                                              \
    {                                                                                              \
        .name = (key), .kind = FIELD_FLAG, .offset = offsetof(type, member)                        \
    }
#define MOMENT_FIELD(type, key, member)                                                            \
    {                                                                                              \
        .name = (key), .kind = FIELD_MOMENT, .offset = offsetof(type, member)                      \
    }
#define DURATION_FIELD(type, key, member)                                                          \
    {                                                                                              \
        .name = (key), .kind = FIELD_DURATION, .offset = offsetof(type, member)                    \
    }
#define OWN_FIELD(key, function, mapped)                                                           \
    {                                                                                              \
        .name = (key), .kind = FIELD_OWN, .read = (function), .in_map = (mapped)                   \
    }
#define END_OF_FIELDS                                                                              \
    {                                                                                              \
        .name = NULL                                                                               \
    }

// A collection of named things: {"acme": {…}} or [{"name": "acme", …}].
struct collection {
    const char *name;
    // Finds the thing or makes it. NULL, with a sentence in the reading, when it may not be made.
    void *(*get)(struct reading *r, struct span symbol);
    const struct field *fields;
};

// Values. Each refuses a wrong type with a sentence that names where it stands.
MUST_USE enum rc read_text(struct reading *r, const char **out, const cJSON *value);
MUST_USE enum rc read_flag(struct reading *r, bool *out, const cJSON *value);
MUST_USE enum rc read_moment(struct reading *r, int64_t *out, const cJSON *value);
MUST_USE enum rc read_duration(struct reading *r, int64_t *out, const cJSON *value);
// Finds one of a list of words (NULL at the end); gives its place, or fails with all of them in the
// sentence.
MUST_USE enum rc read_word(struct reading *r, const cJSON *value, const char *const *words,
                           size_t *place);
// Fails: "world.customers.acme.license must be WANTED, not a number".
MUST_USE enum rc wrong_type(const struct reading *r, const cJSON *value, const char *wanted);

// Every key of the object, in order; unknown ones are refused.
MUST_USE enum rc read_fields(struct reading *r, const struct field *fields, void *object,
                             const cJSON *json);
// Every thing of a collection.
MUST_USE enum rc read_collection(struct reading *r, const struct collection *c, const cJSON *json);

// Says where the reading is: at "world.WHAT.SYMBOL", or at "world".
void reading_enter(struct reading *r, const char *what, struct span symbol);
void reading_leave(struct reading *r);

#endif
