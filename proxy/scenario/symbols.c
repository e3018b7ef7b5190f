// SPDX-License-Identifier: Apache-2.0
#include "proxy/scenario/symbols.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/scenario/vocabulary.h"

struct symbol {
    enum symbol_kind kind;
    struct span name;
};

struct symbols {
    struct symbol *items;
    size_t count, capacity;
};

// The one list of what scenarios/world.json holds; a test keeps both equal.
static const struct {
    enum symbol_kind kind;
    const char *name;
} DEFAULTS[] = {
    {SYMBOL_PRODUCT, "widget"},    {SYMBOL_DIMENSION, "requests"}, {SYMBOL_DIMENSION, "storage"},
    {SYMBOL_CUSTOMER, "acme"},     {SYMBOL_CUSTOMER, "globex"},    {SYMBOL_CUSTOMER, "initech"},
    {SYMBOL_CUSTOMER, "umbrella"}, {SYMBOL_CUSTOMER, "hooli"},     {SYMBOL_TOKEN, "t1"},
    {SYMBOL_TOKEN, "t2"},          {SYMBOL_CREDENTIAL, "k1"},
};

// Under which kinds, beside SYMBOL_STEP, a step's id is known.
static const struct {
    enum step_verb verb;
    enum symbol_kind kind;
} STEP_KINDS[] = {
    {STEP_USAGE, SYMBOL_USAGE},       {STEP_RESOLVE, SYMBOL_RESOLVE}, {STEP_PAGE, SYMBOL_RESOLVE},
    {STEP_REGISTER, SYMBOL_REGISTER}, {STEP_PAGE, SYMBOL_PAGE},       {STEP_NOTICE, SYMBOL_NOTICE},
};

static void add(struct symbols *s, enum symbol_kind kind, const char *name)
{
    if (name != NULL) {
        X_GROW(s->items, s->count, s->capacity);
        s->items[s->count++] = (struct symbol){.kind = kind, .name = span_of(name)};
    }
}

static void add_keys(struct symbols *s, enum symbol_kind kind, const cJSON *object)
{
    for (const cJSON *item = object == NULL ? NULL : object->child; item != NULL;
         item = item->next) {
        add(s, kind, item->string);
    }
}

static void add_named(struct symbols *s, enum symbol_kind kind, const cJSON *list)
{
    for (const cJSON *item = list == NULL ? NULL : list->child; item != NULL; item = item->next) {
        add(s, kind, json_get_text(item, "name"));
    }
}

// Works for the top key `world` and for `world` steps.
static void add_world(struct symbols *s, const cJSON *world)
{
    const cJSON *products = json_get(world, "products");
    const cJSON *customers = json_get(world, "customers");
    add_keys(s, SYMBOL_PRODUCT, products);
    add_keys(s, SYMBOL_DIMENSION, json_get(world, "dimensions"));
    for (const cJSON *item = products == NULL ? NULL : products->child; item != NULL;
         item = item->next) {
        add_keys(s, SYMBOL_DIMENSION, json_get(item, "dimensions"));
    }
    if (cJSON_IsArray(customers)) {
        add_named(s, SYMBOL_CUSTOMER, customers);
    } else {
        add_keys(s, SYMBOL_CUSTOMER, customers);
    }
    add_named(s, SYMBOL_TOKEN, json_get(world, "tokens"));
    add_named(s, SYMBOL_CREDENTIAL, json_get(world, "credentials"));
}

static void add_step(struct symbols *s, const struct step *step)
{
    add(s, SYMBOL_STEP, step->id);
    for (size_t i = 0; i < sizeof STEP_KINDS / sizeof STEP_KINDS[0]; i++) {
        if (STEP_KINDS[i].verb == step->verb) {
            add(s, STEP_KINDS[i].kind, step->id);
        }
    }
    if (step->verb == STEP_WORLD) {
        add_world(s, step->args);
    }
}

struct symbols *symbols_new(const struct scenario *s)
{
    struct symbols *known = x_alloc(sizeof *known);
    for (size_t i = 0; i < sizeof DEFAULTS / sizeof DEFAULTS[0]; i++) {
        add(known, DEFAULTS[i].kind, DEFAULTS[i].name);
    }
    add_world(known, s->world);
    for (size_t i = 0; i < s->rule_count; i++) {
        add(known, SYMBOL_RULE, s->rules[i].name);
    }
    for (size_t i = 0; i < s->step_count; i++) {
        add_step(known, &s->steps[i]);
    }
    return known;
}

void symbols_free(struct symbols **s)
{
    if (*s != NULL) {
        x_free((*s)->items);
        x_free(*s);
        *s = NULL;
    }
}

bool symbols_have(const struct symbols *s, enum symbol_kind kind, struct span name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i].kind == kind && span_equal(s->items[i].name, name)) {
            return true;
        }
    }
    return false;
}

size_t symbols_count(const struct symbols *s, enum symbol_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        count += s->items[i].kind == kind ? 1 : 0;
    }
    return count;
}

void symbols_hint(const struct symbols *s, enum symbol_kind kind, struct span name, char *out,
                  size_t size)
{
    struct nearest near;
    nearest_start(&near, name);
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i].kind == kind) {
            nearest_offer(&near, s->items[i].name);
        }
    }
    nearest_hint(&near, out, size);
}

static const char *first_default(enum symbol_kind kind)
{
    size_t i = 0;
    while (DEFAULTS[i].kind != kind) {
        i++;
    }
    return DEFAULTS[i].name;
}

const char *symbols_buyer(const struct scenario *s)
{
    const cJSON *credential = NULL;
    cJSON_ArrayForEach(credential, json_get(s->world, "credentials"))
    {
        const char *customer = json_get_text(credential, "customer");
        bool is_first =
            span_is(json_span(json_get(credential, "name")), first_default(SYMBOL_CREDENTIAL));
        if (is_first && customer != NULL) {
            return customer;
        }
    }
    return first_default(SYMBOL_CUSTOMER);
}

// "disarm nobody listens": the verb, a blank, and the one text that is its argument.
static bool is_called(const struct step *step, struct span reference)
{
    const char *argument = json_text(step->args);
    struct span rest = reference;
    return argument != NULL && span_is(span_cut(&rest, ' '), step_name(step->verb)) &&
           span_is(rest, argument);
}

const struct step *step_find(const struct scenario *s, struct span reference)
{
    for (size_t i = 0; i < s->step_count; i++) {
        const struct step *step = &s->steps[i];
        bool is_restart = step->verb == STEP_RESTART && span_is(reference, "restart");
        bool is_id = step->id != NULL && span_is(reference, step->id);
        if (is_id || is_restart || is_called(step, reference)) {
            return step;
        }
    }
    return NULL;
}
