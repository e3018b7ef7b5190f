// SPDX-License-Identifier: Apache-2.0
// Works on copies, and each copy is told at once where it stands: places are kept by address, and
// an address may have belonged to a node that is gone.
#include "proxy/scenario/expand.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"
#include "proxy/scenario/check.h"

struct expander {
    struct json_places *places;
    struct problems *problems;
    const cJSON *let; // of the variant at work; NULL for none
    bool *used;       // one per member of let
    size_t made;      // items that the case at work has got by unfolding
};

// One variable of `each`, at one of its numbers.
struct counter {
    char pattern[72]; // "{i}"
    int64_t from, to;
};

static cJSON *copy_of(struct expander *x, const cJSON *node)
{
    cJSON *copy = cJSON_Duplicate(node, 1);
    json_place_like(x->places, copy, node);
    return copy;
}

static cJSON *member(cJSON *object, const char *key)
{
    cJSON *item = cJSON_IsObject(object) ? object->child : NULL;
    while (item != NULL && strcmp(item->string, key) != 0) {
        item = item->next;
    }
    return item;
}

// Objects are merged key by key, anything else takes the place of what was there.
static void merge(struct expander *x, cJSON *into, const cJSON *from)
{
    for (const cJSON *item = from->child; item != NULL; item = item->next) {
        cJSON *old = member(into, item->string);
        if (cJSON_IsObject(old) && cJSON_IsObject(item)) {
            merge(x, old, item);
        } else if (old != NULL) {
            cJSON_ReplaceItemInObjectCaseSensitive(into, item->string, copy_of(x, item));
        } else {
            cJSON_AddItemToObject(into, item->string, copy_of(x, item));
        }
    }
}

static const cJSON *value_of(struct expander *x, const char *name)
{
    size_t i = 0;
    for (const cJSON *item = x->let == NULL ? NULL : x->let->child; item != NULL;
         item = item->next, i++) {
        if (strcmp(item->string, name) == 0) {
            x->used[i] = true;
            return item;
        }
    }
    return NULL;
}

// "$token.t1" and "$world.public_key_file" are known only when the case runs.
static bool is_late(const char *variable)
{
    return span_starts(span_of(variable), SPAN("$token.")) ||
           span_starts(span_of(variable), SPAN("$world."));
}

static void unknown_variable(struct expander *x, const cJSON *node)
{
    struct nearest near;
    nearest_start(&near, span_of(node->valuestring + 1));
    for (const cJSON *item = x->let == NULL ? NULL : x->let->child; item != NULL;
         item = item->next) {
        nearest_offer(&near, span_of(item->string));
    }
    char hint[120];
    nearest_hint(&near, hint, sizeof hint);
    problem(x->problems, RC_UNKNOWN, json_place(x->places, node),
            "\"%.80s\" is no variable of this case%s", node->valuestring, hint);
}

static void substitute(struct expander *x, cJSON *parent)
{
    cJSON *next = NULL;
    for (cJSON *node = parent->child; node != NULL; node = next) {
        next = node->next;
        bool is_variable = cJSON_IsString(node) && node->valuestring[0] == '$';
        const cJSON *value = is_variable ? value_of(x, node->valuestring + 1) : NULL;
        if (!is_variable) {
            substitute(x, node);
        } else if (value == NULL) {
            if (!is_late(node->valuestring)) {
                unknown_variable(x, node);
            }
        } else if (cJSON_IsObject(parent)) {
            // The key is copied before the old node is gone.
            OWN(text) char *key = x_strdup(node->string);
            cJSON_ReplaceItemInObjectCaseSensitive(parent, key, copy_of(x, value));
        } else {
            cJSON_ReplaceItemViaPointer(parent, node, copy_of(x, value));
        }
    }
}

static void refuse_variables_in(struct expander *x, const cJSON *value)
{
    if (cJSON_IsString(value) && value->valuestring[0] == '$' && !is_late(value->valuestring)) {
        problem(x->problems, RC_CONFLICT, json_place(x->places, value),
                "the value of a variable must not hold another one");
    }
    for (const cJSON *child = value->child; child != NULL; child = child->next) {
        refuse_variables_in(x, child);
    }
}

static void check_let(struct expander *x)
{
    size_t i = 0;
    for (const cJSON *item = x->let == NULL ? NULL : x->let->child; item != NULL;
         item = item->next, i++) {
        if (!x->used[i]) {
            problem(x->problems, RC_CONFLICT, json_place(x->places, item),
                    "the variable \"%.80s\" is never used", item->string);
        }
        refuse_variables_in(x, item);
    }
}

// Reads {"i": [1, 1000]}; anything else is left to the checker of shapes.
static bool read_each(struct expander *x, const cJSON *each, struct counter *counter)
{
    const cJSON *range = cJSON_IsObject(each) ? each->child : NULL;
    if (range == NULL || !cJSON_IsArray(range) || range->next != NULL ||
        cJSON_GetArraySize(range) != 2 || strlen(range->string) > 60) {
        return false;
    }
    if (!json_int(range->child, 0, 1000000, &counter->from) ||
        !json_int(range->child->next, 0, 1000000, &counter->to)) {
        return false;
    }
    if (counter->from > counter->to) {
        problem(x->problems, RC_RANGE, json_place(x->places, range),
                "\"%s\" begins at %d, which is after its end", range->string, (int)counter->from);
        return false;
    }
    (void)snprintf(counter->pattern, sizeof counter->pattern, "{%s}", range->string);
    return true;
}

static void replace_in_text(cJSON *node, const char *pattern, int64_t number)
{
    const char *hit = strstr(node->valuestring, pattern);
    if (hit == NULL) {
        return;
    }
    OWN_BUF struct buf text = {0};
    const char *at = node->valuestring;
    for (; hit != NULL; at = hit + strlen(pattern), hit = strstr(at, pattern)) {
        buf_add(&text, (struct span){.at = at, .len = (size_t)(hit - at)});
        buf_add_i64(&text, number);
    }
    buf_add_text(&text, at);
    OWN(text) char *whole = buf_take_text(&text);
    (void)cJSON_SetValuestring(node, whole);
}

static void replace_counter(cJSON *node, const char *pattern, int64_t number)
{
    if (cJSON_IsString(node)) {
        replace_in_text(node, pattern, number);
    }
    for (cJSON *child = node->child; child != NULL; child = child->next) {
        replace_counter(child, pattern, number);
    }
}

// Counts one more item of the case; false when it has too many, which is told once.
static bool has_room(struct expander *x, const cJSON *from)
{
    if (++x->made == EXPAND_MOST + 1) {
        problem(x->problems, RC_LIMIT, json_place(x->places, from),
                "this unfolds to more than %d items", EXPAND_MOST);
    }
    return x->made <= EXPAND_MOST;
}

// Puts one copy of item per number into list; holder is the object within the copy that has `each`.
static void unfold_each(struct expander *x, cJSON *list, const cJSON *item, const char *holder,
                        const struct counter *counter)
{
    for (int64_t i = counter->from; i <= counter->to && has_room(x, item); i++) {
        cJSON *copy = copy_of(x, item);
        cJSON *has_each = holder == NULL ? copy : member(copy, holder);
        cJSON_DeleteItemFromObjectCaseSensitive(has_each, "each");
        replace_counter(copy, counter->pattern, i);
        cJSON_AddItemToArray(list, copy);
    }
}

static void unfold_steps(struct expander *x, cJSON *steps);

static void repeat_once(struct expander *x, cJSON *list, const cJSON *steps, const char *pattern,
                        int64_t number)
{
    cJSON *copy = copy_of(x, steps);
    replace_counter(copy, pattern, number);
    unfold_steps(x, copy);
    while (copy->child != NULL && has_room(x, steps)) {
        cJSON_AddItemToArray(list, cJSON_DetachItemViaPointer(copy, copy->child));
    }
    cJSON_Delete(copy);
}

// Gives false when the step must stay as it is, because something is wrong with it.
static bool unfold_repeat(struct expander *x, cJSON *list, const cJSON *item)
{
    const cJSON *repeat = json_get(item, "repeat");
    const cJSON *steps = json_get(repeat, "steps");
    const cJSON *times = json_get(repeat, "times");
    const cJSON *each = json_get(repeat, "each");
    struct place place = json_place(x->places, repeat);
    struct counter counter = {.pattern = "\n", .from = 1}; // no text of a step holds that
    if (cJSON_GetArraySize(item) != 1) {
        problem(x->problems, RC_CONFLICT, place, "a repeat takes no key beside it");
        return false;
    }
    if ((times == NULL) == (each == NULL)) {
        problem(x->problems, RC_CONFLICT, place, "repeat needs either \"times\" or \"each\"");
        return false;
    }
    if (!cJSON_IsArray(steps) ||
        !(each != NULL ? read_each(x, each, &counter) : json_int(times, 1, 1000000, &counter.to))) {
        return false;
    }
    for (int64_t i = counter.from; i <= counter.to && has_room(x, steps); i++) {
        repeat_once(x, list, steps, counter.pattern, i);
    }
    return true;
}

static void unfold_steps(struct expander *x, cJSON *steps)
{
    cJSON *list = cJSON_CreateArray();
    while (steps->child != NULL) {
        cJSON *item = cJSON_DetachItemViaPointer(steps, steps->child);
        struct counter counter;
        bool is_done = false;
        if (json_get(item, "repeat") != NULL) {
            is_done = unfold_repeat(x, list, item);
        } else if (read_each(x, json_get(json_get(item, "usage"), "each"), &counter)) {
            unfold_each(x, list, item, "usage", &counter);
            is_done = true;
        }
        if (is_done) {
            cJSON_Delete(item);
        } else {
            cJSON_AddItemToArray(list, item);
        }
    }
    while (list->child != NULL) {
        cJSON_AddItemToArray(steps, cJSON_DetachItemViaPointer(list, list->child));
    }
    cJSON_Delete(list);
}

// Unfolds the items of a list that have `each` themselves.
static void unfold_items(struct expander *x, cJSON *items)
{
    cJSON *list = cJSON_CreateArray();
    while (items->child != NULL) {
        cJSON *item = cJSON_DetachItemViaPointer(items, items->child);
        struct counter counter;
        if (read_each(x, json_get(item, "each"), &counter)) {
            unfold_each(x, list, item, NULL, &counter);
            cJSON_Delete(item);
        } else {
            cJSON_AddItemToArray(list, item);
        }
    }
    while (list->child != NULL) {
        cJSON_AddItemToArray(items, cJSON_DetachItemViaPointer(list, list->child));
    }
    cJSON_Delete(list);
}

static void unfold_tags(struct expander *x, cJSON *steps)
{
    for (cJSON *step = steps->child; step != NULL; step = step->next) {
        cJSON *tags = member(member(step, "usage"), "tags");
        if (cJSON_IsArray(tags)) {
            unfold_items(x, tags);
        }
    }
}

// One case: the file's object with one variant (or none) applied and everything unfolded.
static cJSON *case_of(struct expander *x, const cJSON *raw, const cJSON *variant)
{
    cJSON *tree = copy_of(x, raw);
    cJSON_DeleteItemFromObjectCaseSensitive(tree, "variants");
    x->made = 0;
    x->let = json_get(variant, "let");
    x->used = x_alloc((size_t)cJSON_GetArraySize(x->let) * sizeof *x->used);
    if (variant != NULL) {
        merge(x, tree, variant);
        cJSON_DeleteItemFromObjectCaseSensitive(tree, "let");
    }
    substitute(x, tree);
    check_let(x);
    x_free(x->used);
    cJSON *steps = member(tree, "steps");
    if (cJSON_IsArray(steps)) {
        unfold_steps(x, steps);
        unfold_tags(x, steps);
    }
    cJSON *customers = member(member(tree, "world"), "customers");
    if (cJSON_IsArray(customers)) {
        unfold_items(x, customers);
    }
    return tree;
}

// A variant's id is the file's, or begins with it and a slash; no two are alike.
static void check_variant_id(struct expander *x, const cJSON *raw, const cJSON *variant)
{
    const cJSON *id = json_get(variant, "id");
    struct span own = json_span(id);
    struct span file = json_span(json_get(raw, "id"));
    bool is_of_file = span_starts(own, file) && (own.len == file.len || own.at[file.len] == '/');
    if (file.len > 0 && !is_of_file) {
        problem(x->problems, RC_CONFLICT, json_place(x->places, id),
                "a variant of \"%s\" must be called that, or that and \"/\" and more, not \"%s\"",
                file.at, own.at);
    }
    for (const cJSON *other = variant->next; other != NULL; other = other->next) {
        if (span_equal(own, json_span(json_get(other, "id")))) {
            problem(x->problems, RC_CONFLICT, json_place(x->places, json_get(other, "id")),
                    "two variants are called \"%s\"", own.at);
        }
    }
}

void expand(cJSON ***trees, size_t *count, const cJSON *raw, struct json_places *places,
            struct problems *problems)
{
    struct expander x = {.places = places, .problems = problems};
    const cJSON *variants = json_get(raw, "variants");
    *count = 0;
    if (variants != NULL) {
        size_t before = problem_count(problems);
        check_tree(variants, TYPE_VARIANTS,
                   &(struct check_options){.problems = problems, .places = places});
        if (problem_count(problems) > before) {
            return;
        }
    }
    size_t wanted = variants == NULL ? 1 : (size_t)cJSON_GetArraySize(variants);
    *trees = x_alloc(wanted * sizeof **trees); // NOLINT(bugprone-sizeof-expression): of pointers
    if (variants == NULL) {
        (*trees)[(*count)++] = case_of(&x, raw, NULL);
        return;
    }
    for (const cJSON *variant = variants->child; variant != NULL; variant = variant->next) {
        check_variant_id(&x, raw, variant);
        (*trees)[(*count)++] = case_of(&x, raw, variant);
    }
}
