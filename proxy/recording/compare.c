// SPDX-License-Identifier: Apache-2.0
#include "proxy/recording/compare.h"

#include <math.h>
#include <string.h>

#include "proxy/aws/operation.h"
#include "proxy/base/alloc.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"

#define OTHER_REQUEST 1000000 // more than the values of any body that is kept
#define SECONDS_PER_HOUR 3600

// A comparison on its way: where it stands is a pointer that grows and shrinks.
struct walk {
    const struct compare_options *options;
    struct differences *out;
    struct buf at;
    bool is_asked_only; // whether they differ at all: the first difference is the last
    bool is_usage;      // the operation reports usage, whose times are compared as such
};

const char *content_client_token(const cJSON *content)
{
    return json_get_text(json_get(content, "body"), "ClientToken");
}

void differences_clear(struct differences *d)
{
    for (size_t i = 0; i < d->count && i < COMPARE_SHOWN; i++) {
        x_free(d->shown[i].at);
        x_free(d->shown[i].recorded);
        x_free(d->shown[i].seen);
    }
    *d = (struct differences){.count = 0};
}

static char *printed(const cJSON *node)
{
    struct buf text = {0};
    if (node == NULL) {
        return NULL;
    }
    json_print(&text, node);
    return buf_take_text(&text);
}

// NOLINTNEXTLINE(misc-no-recursion): depth is bounded by JSON_MAX_DEPTH
static size_t values_in(const cJSON *node)
{
    size_t count = 0;
    for (const cJSON *child = node == NULL ? NULL : node->child; child != NULL;
         child = child->next) {
        count += values_in(child);
    }
    return count == 0 ? 1 : count;
}

static bool is_in_body(const struct walk *w)
{
    return span_starts(buf_span(&w->at), SPAN("/body"));
}

static void differ(struct walk *w, const cJSON *recorded, const cJSON *seen)
{
    struct differences *out = w->out;
    if (w->is_asked_only) {
        out->count = 1;
        return;
    }
    if (out->count < COMPARE_SHOWN) {
        out->shown[out->count] = (struct difference){
            .at = span_dup(buf_span(&w->at)), .recorded = printed(recorded), .seen = printed(seen)};
    }
    out->count++;
    out->weight += is_in_body(w) ? values_in(recorded == NULL ? seen : recorded) : OTHER_REQUEST;
}

static bool is_at(const struct walk *w, const char *pointer)
{
    return span_is(buf_span(&w->at), pointer);
}

// "/body/Timestamp" of MeterUsage, "/body/UsageRecords/3/Timestamp" of BatchMeterUsage.
static bool is_time(const struct walk *w)
{
    struct span at = buf_span(&w->at);
    struct span last = SPAN("/Timestamp");
    return w->is_usage && at.len > last.len &&
           span_equal(span_slice(at, at.len - last.len, at.len), last) &&
           (is_at(w, "/body/Timestamp") || span_starts(at, SPAN("/body/UsageRecords/")));
}

static double hour_of(double at_s)
{
    return floor(at_s / SECONDS_PER_HOUR);
}

static bool same_number(const struct walk *w, double recorded, double seen)
{
    if (w->options->is_shifted && is_time(w)) {
        return hour_of(recorded + (double)w->options->shift_s) == hour_of(seen);
    }
    return !(recorded < seen) && !(recorded > seen);
}

// Each token stands for one other, whichever comes first.
static bool same_token(const struct walk *w, const char *recorded, const char *seen)
{
    for (size_t i = 0; i < w->options->pair_count; i++) {
        const struct token_pair *pair = &w->options->pairs[i];
        bool is_recorded = strcmp(pair->recorded, recorded) == 0;
        bool is_seen = strcmp(pair->seen, seen) == 0;
        if (is_recorded || is_seen) {
            return is_recorded && is_seen;
        }
    }
    return true;
}

static bool same_value(const struct walk *w, const cJSON *recorded, const cJSON *seen)
{
    if (cJSON_IsNumber(recorded) && cJSON_IsNumber(seen)) {
        return same_number(w, recorded->valuedouble, seen->valuedouble);
    }
    if (cJSON_IsString(recorded) && cJSON_IsString(seen)) {
        return is_at(w, "/body/ClientToken")
                   ? same_token(w, recorded->valuestring, seen->valuestring)
                   : strcmp(recorded->valuestring, seen->valuestring) == 0;
    }
    return (recorded->type & 0xff) == (seen->type & 0xff);
}

// RFC 6901 3: ~ and / are written ~0 and ~1.
static void step_in(struct walk *w, const char *key)
{
    buf_add_char(&w->at, '/');
    for (const char *c = key; *c != '\0'; c++) {
        buf_add_text(&w->at, *c == '~' ? "~0" : *c == '/' ? "~1" : "");
        if (*c != '~' && *c != '/') {
            buf_add_char(&w->at, *c);
        }
    }
}

static void walk(struct walk *w, const cJSON *recorded, const cJSON *seen);

// NOLINTNEXTLINE(misc-no-recursion): depth is bounded by JSON_MAX_DEPTH
static void walk_member(struct walk *w, const char *key, const cJSON *recorded, const cJSON *seen)
{
    size_t len = w->at.len;
    step_in(w, key);
    walk(w, recorded, seen);
    w->at.len = len;
}

// NOLINTNEXTLINE(misc-no-recursion): depth is bounded by JSON_MAX_DEPTH
static void walk_object(struct walk *w, const cJSON *recorded, const cJSON *seen)
{
    for (const cJSON *item = recorded->child; item != NULL; item = item->next) {
        walk_member(w, item->string, item, json_get(seen, item->string));
    }
    for (const cJSON *item = seen->child; item != NULL; item = item->next) {
        if (json_get(recorded, item->string) == NULL) {
            walk_member(w, item->string, NULL, item);
        }
    }
}

// NOLINTNEXTLINE(misc-no-recursion): depth is bounded by JSON_MAX_DEPTH
static void walk_array(struct walk *w, const cJSON *recorded, const cJSON *seen)
{
    const cJSON *a = recorded->child;
    const cJSON *b = seen->child;
    for (size_t i = 0; a != NULL || b != NULL; i++) {
        struct buf index = {0};
        buf_add_u64(&index, i);
        OWN(text) char *key = buf_take_text(&index);
        walk_member(w, key, a, b);
        a = a == NULL ? NULL : a->next;
        b = b == NULL ? NULL : b->next;
    }
}

// NOLINTNEXTLINE(misc-no-recursion): depth is bounded by JSON_MAX_DEPTH
static void walk(struct walk *w, const cJSON *recorded, const cJSON *seen)
{
    if (w->is_asked_only && w->out->count > 0) {
        return;
    }
    if (recorded == NULL || seen == NULL) {
        differ(w, recorded, seen);
        return;
    }
    if (cJSON_IsObject(recorded) && cJSON_IsObject(seen)) {
        walk_object(w, recorded, seen);
    } else if (cJSON_IsArray(recorded) && cJSON_IsArray(seen)) {
        walk_array(w, recorded, seen);
    } else if (!same_value(w, recorded, seen)) {
        differ(w, recorded, seen);
    }
}

static void walk_all(struct walk *w, const cJSON *recorded, const cJSON *seen)
{
    const char *name = json_get_text(recorded, "operation");
    enum operation operation = name == NULL ? OPERATION_NONE : operation_find(span_of(name));
    w->is_usage = operation == OPERATION_BATCH_METER_USAGE || operation == OPERATION_METER_USAGE;
    walk(w, recorded, seen);
    buf_clear(&w->at);
}

void compare(struct differences *out, const cJSON *recorded, const cJSON *seen,
             const struct compare_options *options)
{
    *out = (struct differences){.count = 0};
    struct walk w = {.options = options, .out = out};
    walk_all(&w, recorded, seen);
}

bool compare_is_same(const cJSON *recorded, const cJSON *seen,
                     const struct compare_options *options)
{
    struct differences found = {.count = 0};
    struct walk w = {.options = options, .out = &found, .is_asked_only = true};
    walk_all(&w, recorded, seen);
    return found.count == 0;
}
