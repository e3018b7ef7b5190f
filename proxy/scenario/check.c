// SPDX-License-Identifier: Apache-2.0
// Every sentence about the shape of a file is made here: unknown keys and verbs, missing keys,
// wrong types, values out of range. What names mean is not known here; texts are told to the
// caller.
#include "proxy/scenario/check.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"

struct check {
    const struct check_options *options;
    regex_t patterns[TYPE_COUNT_OF_TYPES]; // compiled when first needed
    bool compiled[TYPE_COUNT_OF_TYPES];
    struct problems *problems; // never NULL
};

typedef void check_form_fn(struct check *c, const cJSON *node, enum type type, const char *name);

static void check_value(struct check *c, const cJSON *node, enum type type, const char *name);

static struct place place(const struct check *c, const cJSON *node)
{
    return json_place(c->options->places, node);
}

static void wrong_type(struct check *c, const cJSON *node, enum type type, const char *name)
{
    OWN(text) char *phrase = type_phrase(type);
    problem(c->problems, RC_TYPE, place(c, node), "\"%s\" must be %s, not %s", name, phrase,
            json_type_name(node));
}

static void out_of_range(struct check *c, const cJSON *node, enum type type, const char *name)
{
    OWN(text) char *phrase = type_phrase(type);
    problem(c->problems, RC_RANGE, place(c, node), "\"%s\" must be %s, not %.12g", name, phrase,
            node->valuedouble);
}

static void check_any(struct check *c, const cJSON *node, enum type type, const char *name)
{
    (void)c;
    (void)node;
    (void)type;
    (void)name;
}

static void check_nothing(struct check *c, const cJSON *node, enum type type, const char *name)
{
    if (!cJSON_IsNull(node)) {
        wrong_type(c, node, type, name);
    }
}

static void check_bool(struct check *c, const cJSON *node, enum type type, const char *name)
{
    if (!cJSON_IsBool(node)) {
        wrong_type(c, node, type, name);
    }
}

static void check_number(struct check *c, const cJSON *node, enum type type, const char *name)
{
    const struct type_row *row = type_row(type);
    if (!cJSON_IsNumber(node)) {
        wrong_type(c, node, type, name);
    } else if (node->valuedouble < row->min || node->valuedouble > row->max) {
        out_of_range(c, node, type, name);
    }
}

static void check_integer(struct check *c, const cJSON *node, enum type type, const char *name)
{
    const struct type_row *row = type_row(type);
    int64_t ignored = 0;
    if (!cJSON_IsNumber(node)) {
        wrong_type(c, node, type, name);
    } else if (!json_int(node, (int64_t)row->min, (int64_t)row->max, &ignored)) {
        out_of_range(c, node, type, name);
    }
}

static bool pattern_holds(struct check *c, enum type type, const char *text)
{
    if (!c->compiled[type]) {
        c->compiled[type] =
            regcomp(&c->patterns[type], type_row(type)->words, REG_EXTENDED | REG_NOSUB) == 0;
    }
    return c->compiled[type] && regexec(&c->patterns[type], text, 0, NULL, 0) == 0;
}

static bool text_holds(struct check *c, enum type type, struct span text)
{
    const struct type_row *row = type_row(type);
    if ((double)text.len < row->min || (double)text.len > row->max) {
        return false;
    }
    if (row->words == NULL) {
        return true;
    }
    // cJSON's strings end in NUL, and so do keys: text.at can be given to regexec.
    return row->words[0] == '^' ? pattern_holds(c, type, text.at) : words_have(row->words, text);
}

// The sentence for a text that is not what it should be, with the nearest word. label: what is
// spoken of, as the sentence begins.
static void wrong_text(struct check *c, const cJSON *node, enum type type, const char *label,
                       struct span text)
{
    const struct type_row *row = type_row(type);
    OWN(text) char *phrase = type_phrase(type);
    struct nearest near;
    nearest_start(&near, text);
    if (row->words != NULL && row->words[0] != '^') {
        struct span rest = span_of(row->words);
        while (rest.at != NULL) {
            nearest_offer(&near, span_cut(&rest, '|'));
        }
    }
    char hint[120];
    nearest_hint(&near, hint, sizeof hint);
    bool is_long = text.len > 80;
    problem(c->problems, RC_RANGE, place(c, node), "%s must be %s, not \"%.*s%s\"%s", label, phrase,
            is_long ? 77 : (int)text.len, text.at, is_long ? "..." : "", hint);
}

static void check_span(struct check *c, const cJSON *node, enum type type, const char *label,
                       struct span text)
{
    if (!text_holds(c, type, text)) {
        wrong_text(c, node, type, label, text);
    } else if (c->options->text != NULL) {
        c->options->text(c->options->arg, type, text, node);
    }
}

static void check_text(struct check *c, const cJSON *node, enum type type, const char *name)
{
    if (!cJSON_IsString(node)) {
        wrong_type(c, node, type, name);
    } else {
        char label[120];
        (void)snprintf(label, sizeof label, "\"%.100s\"", name);
        check_span(c, node, type, label, json_span(node));
    }
}

static void check_size(struct check *c, const cJSON *node, enum type type, const char *name)
{
    const struct type_row *row = type_row(type);
    int size = cJSON_GetArraySize(node);
    if (size < row->min || (row->max > 0 && size > row->max)) {
        problem(c->problems, RC_RANGE, place(c, node), "\"%s\" must be %s, but it has %d", name,
                row->phrase, size);
    }
}

static void check_list(struct check *c, const cJSON *node, enum type type, const char *name)
{
    if (!cJSON_IsArray(node)) {
        wrong_type(c, node, type, name);
        return;
    }
    check_size(c, node, type, name);
    for (const cJSON *item = node->child; item != NULL; item = item->next) {
        check_value(c, item, type_row(type)->item, name);
    }
}

static void check_map(struct check *c, const cJSON *node, enum type type, const char *name)
{
    const struct type_row *row = type_row(type);
    if (!cJSON_IsObject(node)) {
        wrong_type(c, node, type, name);
        return;
    }
    check_size(c, node, type, name);
    char label[120];
    (void)snprintf(label, sizeof label, "a key of \"%.100s\"", name);
    for (const cJSON *item = node->child; item != NULL; item = item->next) {
        if (row->other != TYPE_NONE) {
            check_span(c, item, row->other, label, span_of(item->string));
        }
        check_value(c, item, row->item, item->string);
    }
}

// Whether a value of that JSON type can be of the type at all.
static bool form_fits(enum type type, const cJSON *node)
{
    const struct type_row *row = type_row(type);
    switch (row->form) {
    case FORM_ANY:
        return true;
    case FORM_NOTHING:
        return cJSON_IsNull(node) != 0;
    case FORM_BOOL:
        return cJSON_IsBool(node) != 0;
    case FORM_INTEGER:
    case FORM_NUMBER:
        return cJSON_IsNumber(node) != 0;
    case FORM_TEXT:
        return cJSON_IsString(node) != 0;
    case FORM_LIST:
        return cJSON_IsArray(node) != 0;
    case FORM_OBJECT:
    case FORM_MAP:
    case FORM_STEP:
    case FORM_ACTION:
    case FORM_EXPECT:
    case FORM_EXPECTS:
        return cJSON_IsObject(node) != 0;
    case FORM_EITHER:
        break;
    }
    return false;
}

static void check_either(struct check *c, const cJSON *node, enum type type, const char *name)
{
    const struct type_row *row = type_row(type);
    if (form_fits(row->item, node)) {
        check_value(c, node, row->item, name);
    } else if (form_fits(row->other, node)) {
        check_value(c, node, row->other, name);
    } else {
        wrong_type(c, node, type, name);
    }
}

static void unknown_key(struct check *c, const cJSON *item, enum type type, const char *name)
{
    // "a token" says more than the name of the list that it stands in; "an object" says less.
    const char *phrase = type_row(type)->phrase;
    bool is_plain = strstr(phrase, "object") != NULL;
    struct nearest near;
    nearest_start(&near, span_of(item->string));
    size_t count = 0;
    const struct field_row *rows = field_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].owner == type) {
            nearest_offer(&near, span_of(rows[i].key));
        }
    }
    char hint[120];
    nearest_hint(&near, hint, sizeof hint);
    problem(c->problems, RC_UNKNOWN, place(c, item), "%s%s%s has no key \"%.80s\"%s",
            is_plain ? "\"" : "", is_plain ? name : phrase, is_plain ? "\"" : "", item->string,
            hint);
}

// Gives whether all required keys are there.
static bool has_all_keys(struct check *c, const cJSON *node, enum type type)
{
    bool has_all = true;
    size_t count = 0;
    const struct field_row *rows = field_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].owner == type && rows[i].required && json_get(node, rows[i].key) == NULL) {
            problem(c->problems, RC_MISSING, place(c, node), "the key \"%s\" is missing here",
                    rows[i].key);
            has_all = false;
        }
    }
    return has_all;
}

static void check_object(struct check *c, const cJSON *node, enum type type, const char *name)
{
    if (!cJSON_IsObject(node)) {
        wrong_type(c, node, type, name);
        return;
    }
    for (const cJSON *item = node->child; item != NULL; item = item->next) {
        const struct field_row *field = field_find(type, span_of(item->string));
        if (field == NULL) {
            unknown_key(c, item, type, name);
        } else {
            check_value(c, item, field->type, field->key);
        }
    }
    if (has_all_keys(c, node, type) && type_row(type)->max > 0) {
        check_size(c, node, type, name);
    }
}

static void unknown_verb(struct check *c, const cJSON *item, enum type type, const char *name,
                         const struct verb_table *verbs)
{
    struct nearest near;
    nearest_start(&near, span_of(item->string));
    for (size_t i = 0; i < verbs->count; i++) {
        nearest_offer(&near, span_of(verbs->rows[i].name));
    }
    if (near.best.at == NULL) {
        unknown_key(c, item, type, name);
        return;
    }
    char hint[120];
    nearest_hint(&near, hint, sizeof hint);
    problem(c->problems, RC_UNKNOWN, place(c, item), "there is no %s \"%.80s\"%s", verbs->noun,
            item->string, hint);
}

static void wrong_verb_count(struct check *c, const cJSON *node, const struct verb_table *verbs,
                             const char *first, const char *second)
{
    if (first == NULL) {
        problem(c->problems, RC_MISSING, place(c, node), "this %s has no verb", verbs->noun);
    } else if (second != NULL) {
        problem(c->problems, RC_CONFLICT, place(c, node),
                "%s %s has exactly one verb, but here are \"%s\" and \"%s\"",
                strchr("aeiou", verbs->noun[0]) != NULL ? "an" : "a", verbs->noun, first, second);
    }
}

// Steps, actions, expectations: exactly one verb beside the common keys, which are fields of the
// type. FORM_EXPECTS allows several verbs.
static void check_verbs(struct check *c, const cJSON *node, enum type type, const char *name)
{
    const struct verb_table *verbs = verb_table_of(type_row(type)->form);
    if (!cJSON_IsObject(node)) {
        wrong_type(c, node, type, name);
        return;
    }
    const char *first = NULL;
    const char *second = NULL;
    bool is_unknown = false;
    for (const cJSON *item = node->child; item != NULL; item = item->next) {
        size_t verb = verb_find(verbs, span_of(item->string));
        const struct field_row *field = field_find(type, span_of(item->string));
        if (verb < verbs->count) {
            *(first == NULL ? &first : &second) = item->string;
            check_value(c, item, verbs->rows[verb].type, item->string);
        } else if (field != NULL) {
            check_value(c, item, field->type, field->key);
        } else {
            is_unknown = true;
            unknown_verb(c, item, type, name, verbs);
        }
    }
    (void)has_all_keys(c, node, type);
    if (type_row(type)->form == FORM_EXPECTS) {
        check_size(c, node, type, name);
    } else if (!is_unknown || first != NULL) {
        wrong_verb_count(c, node, verbs, first, second);
    }
}

static void check_value(struct check *c, const cJSON *node, enum type type, const char *name)
{
    static check_form_fn *const FORMS[] = {
        [FORM_ANY] = check_any,         [FORM_NOTHING] = check_nothing, [FORM_BOOL] = check_bool,
        [FORM_INTEGER] = check_integer, [FORM_NUMBER] = check_number,   [FORM_TEXT] = check_text,
        [FORM_OBJECT] = check_object,   [FORM_LIST] = check_list,       [FORM_MAP] = check_map,
        [FORM_EITHER] = check_either,   [FORM_STEP] = check_verbs,      [FORM_ACTION] = check_verbs,
        [FORM_EXPECT] = check_verbs,    [FORM_EXPECTS] = check_verbs,
    };
    FORMS[type_row(type)->form](c, node, type, name);
}

void check_tree(const cJSON *node, enum type type, const struct check_options *options)
{
    struct check *c = x_alloc(sizeof *c);
    struct problems *ignored = options->problems == NULL ? problems_new("") : NULL;
    c->options = options;
    c->problems = options->problems == NULL ? ignored : options->problems;
    check_value(c, node, type, "the file");
    for (size_t i = 0; i < TYPE_COUNT_OF_TYPES; i++) {
        if (c->compiled[i]) {
            regfree(&c->patterns[i]);
        }
    }
    problems_free(&ignored);
    x_free(c);
}
