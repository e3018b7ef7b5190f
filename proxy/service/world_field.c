// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/world_field.h"

#include <stdio.h>

#include "proxy/scenario/scenario.h"

enum rc wrong_type(const struct reading *r, const cJSON *value, const char *wanted)
{
    return diag_fail(r->d, RC_TYPE, "%s.%s must be %s, not %s", r->where, value->string, wanted,
                     json_type_name(value));
}

enum rc read_text(struct reading *r, const char **out, const cJSON *value)
{
    if (json_text(value) == NULL) {
        return wrong_type(r, value, "a string");
    }
    if (json_span(value).len == 0) {
        return diag_fail(r->d, RC_RANGE, "%s.%s must not be empty", r->where, value->string);
    }
    *out = world_keep(r->w, json_span(value));
    return RC_OK;
}

enum rc read_flag(struct reading *r, bool *out, const cJSON *value)
{
    if (!cJSON_IsBool(value)) {
        return wrong_type(r, value, "true or false");
    }
    *out = json_is_true(value);
    return RC_OK;
}

// No step has been sent when a world is read, and `world` steps name none.
static bool no_step(void *arg, struct span id, int64_t *at_us)
{
    (void)arg;
    (void)id;
    (void)at_us;
    return false;
}

enum rc read_moment(struct reading *r, int64_t *out, const cJSON *value)
{
    if (json_text(value) == NULL) {
        return wrong_type(r, value, "a string that names a moment");
    }
    struct moment_context context = {
        .now_us = r->now_us, .start_us = r->w->start_us, .step_time = no_step};
    return moment_resolve(out, json_span(value), &context, r->d);
}

enum rc read_duration(struct reading *r, int64_t *out, const cJSON *value)
{
    if (json_text(value) == NULL) {
        return wrong_type(r, value, "a string that names a duration");
    }
    return duration_parse(out, json_span(value), r->d);
}

static enum rc read_field(struct reading *r, const struct field *field, void *object,
                          const cJSON *value)
{
    void *member = (char *)object + field->offset;
    switch (field->kind) {
    case FIELD_TEXT:
        return read_text(r, member, value);
    case FIELD_FLAG:
        return read_flag(r, member, value);
    case FIELD_MOMENT:
        return read_moment(r, member, value);
    case FIELD_DURATION:
        return read_duration(r, member, value);
    case FIELD_OWN:
        break;
    }
    return field->read(r, object, value);
}

static const struct field *find_field(const struct field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (span_is(span_of(name), fields->name)) {
            return fields;
        }
    }
    return NULL;
}

enum rc read_fields(struct reading *r, const struct field *fields, void *object, const cJSON *json)
{
    if (!cJSON_IsObject(json)) {
        return diag_fail(r->d, RC_TYPE, "%s must be an object, not %s", r->where,
                         json_type_name(json));
    }
    const cJSON *value = NULL;
    cJSON_ArrayForEach(value, json)
    {
        const struct field *field = find_field(fields, value->string);
        if (field == NULL) {
            return diag_fail(r->d, RC_UNKNOWN, "%s has no key \"%s\"", r->where, value->string);
        }
        if (r->layer == WORLD_MAP && !field->in_map) {
            return diag_fail(r->d, RC_UNSUPPORTED,
                             "%s.%s is not for the seller to say: a map of the world gives wire "
                             "values only",
                             r->where, value->string);
        }
        enum rc rc = read_field(r, field, object, value);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

// "world.customers.acme" while the members of that customer are read.
void reading_enter(struct reading *r, const char *what, struct span symbol)
{
    (void)snprintf(r->where, sizeof r->where, "world.%s.%.*s", what, (int)symbol.len, symbol.at);
}

void reading_leave(struct reading *r)
{
    (void)snprintf(r->where, sizeof r->where, "world");
}

static enum rc read_thing(struct reading *r, const struct collection *c, struct span symbol,
                          const cJSON *json)
{
    if (symbol.len == 0) {
        return diag_fail(r->d, RC_MISSING, "each of world.%s needs a name", c->name);
    }
    reading_enter(r, c->name, symbol);
    void *thing = c->get(r, symbol);
    if (thing == NULL) {
        return diag_fail(r->d, RC_UNKNOWN, "%s is named by no case", r->where);
    }
    enum rc rc = read_fields(r, c->fields, thing, json);
    reading_leave(r);
    return rc;
}

enum rc read_collection(struct reading *r, const struct collection *c, const cJSON *json)
{
    if (!cJSON_IsObject(json) && !cJSON_IsArray(json)) {
        return wrong_type(r, json, "an object, or a list of objects with a name");
    }
    const cJSON *thing = NULL;
    cJSON_ArrayForEach(thing, json)
    {
        struct span symbol =
            cJSON_IsObject(json) ? span_of(thing->string) : json_span(json_get(thing, "name"));
        enum rc rc = read_thing(r, c, symbol, thing);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

enum rc read_word(struct reading *r, const cJSON *value, const char *const *words, size_t *place)
{
    struct span said = json_span(value);
    struct buf all = {0};
    for (*place = 0; words[*place] != NULL; ++*place) {
        if (span_is(said, words[*place])) {
            buf_clear(&all);
            return RC_OK;
        }
        buf_addf(&all, "%s\"%s\"", *place > 0 ? " or " : "", words[*place]);
    }
    enum rc rc = diag_fail(r->d, RC_RANGE, "%s.%s must be %.*s", r->where, value->string,
                           (int)all.len, all.data);
    buf_clear(&all);
    return rc;
}
