// SPDX-License-Identifier: Apache-2.0
// The tables of vocabulary.def: types of values, keys of objects, and what each verb takes.
#ifndef PROXY_SCENARIO_VOCABULARY_H
#define PROXY_SCENARIO_VOCABULARY_H

#include "proxy/scenario/scenario.h"

enum type {
    TYPE_NONE,
#define TYPE(id, form, item, other, min, max, words, phrase) TYPE_##id,
#include "proxy/scenario/vocabulary.def"
    TYPE_COUNT_OF_TYPES
};

// How a type is built. STEP, ACTION and EXPECT are objects with exactly one verb beside their
// common keys; EXPECTS is an object of one or more expectations without common keys.
enum form {
    FORM_ANY,
    FORM_NOTHING,
    FORM_BOOL,
    FORM_INTEGER,
    FORM_NUMBER,
    FORM_TEXT,
    FORM_OBJECT,
    FORM_LIST,
    FORM_MAP,
    FORM_EITHER,
    FORM_STEP,
    FORM_ACTION,
    FORM_EXPECT,
    FORM_EXPECTS
};

struct type_row {
    const char *name;
    enum form form;
    enum type item, other;
    double min, max;
    const char *words; // "a|b", a pattern that begins with ^, or NULL
    const char *phrase;
};

struct field_row {
    enum type owner;
    const char *key;
    enum type type;
    bool required;
    const char *help;
};

// A verb of steps, actions or expectations.
struct verb_row {
    const char *name, *help;
    enum type type;
    unsigned phases; // of actions: a bit per enum phase
};

struct verb_table {
    const struct verb_row *rows;
    size_t count;
    const char *noun; // "step"
};

// Never NULL; type must not be TYPE_NONE.
const struct type_row *type_row(enum type type);
// What a value of the type is, as a sentence says it: its words, one by one, or its phrase. Owned
// (x_free).
char *type_phrase(enum type type);
// All fields, in the order of the file.
const struct field_row *field_rows(size_t *count);
// NULL when the type has no such key.
const struct field_row *field_find(enum type owner, struct span key);

// The verbs of FORM_STEP, FORM_ACTION, FORM_EXPECT and FORM_EXPECTS; NULL for other forms.
const struct verb_table *verb_table_of(enum form form);
// The index of the verb (its enum), or the table's count.
size_t verb_find(const struct verb_table *table, struct span name);

enum fault_kind action_kind(enum action_verb verb);
// Whether rules of that phase can do it.
bool action_works_in(enum action_verb verb, enum phase phase);

const char *phase_name(enum phase phase);
enum phase phase_find(struct span name); // PHASE_REQUEST when there is no such name

// What `match` counts, as PER_REQUEST and so on of struct rule.
#define PER_COUNT 3
const char *per_name(unsigned per);

// Whether text is one of the words of "a|b".
bool words_have(const char *words, struct span text);

// Collects known names and gives the one nearest to what was written.
struct nearest {
    struct span wanted;
    struct span best;
    size_t distance;
};
void nearest_start(struct nearest *n, struct span wanted);
void nearest_offer(struct nearest *n, struct span known);
// Writes "; did you mean \"best\"?" when something is near, else nothing. Always terminated.
void nearest_hint(const struct nearest *n, char *out, size_t size);

#endif
