// SPDX-License-Identifier: Apache-2.0
// Prints what our tables say of the service, for one rule set, as JSON in the words of its model:
// the shapes that requests are made of, and each operation's errors with their statuses.
#include <stdio.h>

#include "proxy/aws/shape.h"
#include "proxy/base/buf.h"

struct printer {
    struct buf out;
    const struct ruleset *rules;
    const struct shape *seen[64]; // shapes printed so far: many share one
    size_t count;
};

static void add_limits(struct printer *p, const struct shape *shape)
{
    int64_t max = shape_max(shape, p->rules);
    if (shape->min != SHAPE_NO_LIMIT) {
        buf_add_text(&p->out, ",\"min\":");
        buf_add_i64(&p->out, shape->min);
    }
    if (max != SHAPE_NO_LIMIT) {
        buf_add_text(&p->out, ",\"max\":");
        buf_add_i64(&p->out, max);
    }
    if (shape->pattern != NULL) {
        buf_add_text(&p->out, ",\"pattern\":");
        buf_add_json_string(&p->out, span_of(shape->pattern));
    }
}

static void add_required(struct printer *p, const struct shape *shape)
{
    bool first = true;
    buf_add_text(&p->out, ",\"required\":[");
    for (size_t i = 0; i < shape->member_count; i++) {
        if (shape_requires(&shape->members[i], p->rules)) {
            buf_add_text(&p->out, first ? "" : ",");
            buf_add_json_string(&p->out, span_of(shape->members[i].name));
            first = false;
        }
    }
    buf_add_char(&p->out, ']');
}

static void add_members(struct printer *p, const struct shape *shape)
{
    bool first = true;
    buf_add_text(&p->out, ",\"members\":{");
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *m = &shape->members[i];
        if (shape_knows(m, p->rules)) {
            buf_add_text(&p->out, first ? "" : ",");
            buf_add_json_string(&p->out, span_of(m->name));
            buf_add_char(&p->out, ':');
            buf_add_json_string(&p->out, span_of(m->shape->name));
            first = false;
        }
    }
    buf_add_char(&p->out, '}');
}

static bool is_new(struct printer *p, const struct shape *shape)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->seen[i] == shape) {
            return false;
        }
    }
    if (p->count == sizeof p->seen / sizeof p->seen[0]) {
        (void)fprintf(stderr, "print_tables: there are more shapes than it can hold\n");
        return false;
    }
    p->seen[p->count++] = shape;
    return true;
}

// A shape after all that it is made of.
static void add_shape(struct printer *p, const struct shape *shape)
{
    if (!is_new(p, shape)) {
        return;
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        if (shape_knows(&shape->members[i], p->rules)) {
            add_shape(p, shape->members[i].shape);
        }
    }
    if (shape->element != NULL) {
        add_shape(p, shape->element);
    }
    buf_add_text(&p->out, p->out.data[p->out.len - 1] == '{' ? "" : ",\n");
    buf_add_json_string(&p->out, span_of(shape->name));
    buf_addf(&p->out, ":{\"type\":\"%s\"", shape_kind_name(shape->kind));
    add_limits(p, shape);
    if (shape->kind == SHAPE_STRUCTURE) {
        add_required(p, shape);
        add_members(p, shape);
    } else if (shape->element != NULL) {
        buf_addf(&p->out, ",\"member\":\"%s\"", shape->element->name);
    }
    buf_add_char(&p->out, '}');
}

static void add_operation(struct printer *p, enum operation operation)
{
    bool first = true;
    buf_addf(&p->out, "\"%s\":{\"input\":\"%s\",\"errors\":{", operation_name(operation),
             shape_of_input(operation)->name);
    for (size_t i = AWS_ERROR_NONE + 1; i < AWS_ERROR_COUNT; i++) {
        enum aws_error error = (enum aws_error)i;
        if (aws_error_is_modelled(error, operation)) {
            buf_addf(&p->out, "%s\"%s\":%d", first ? "" : ",", aws_error_name(error),
                     aws_error_status(error));
            first = false;
        }
    }
    buf_add_text(&p->out, "}}");
}

static void add_tables(struct printer *p)
{
    buf_addf(&p->out, "{\"rules\":\"%s\",\"signing_name\":\"%s\",\"target_prefix\":\"%s\",\n",
             p->rules->name, AWS_SIGNING_NAME, AWS_TARGET_PREFIX);
    buf_add_text(&p->out, "\"operations\":{");
    for (size_t i = OPERATION_NONE + 1; i < OPERATION_COUNT; i++) {
        buf_add_text(&p->out, i == OPERATION_NONE + 1 ? "" : ",\n");
        add_operation(p, (enum operation)i);
    }
    buf_add_text(&p->out, "},\n\"shapes\":{");
    for (size_t i = OPERATION_NONE + 1; i < OPERATION_COUNT; i++) {
        add_shape(p, shape_of_input((enum operation)i));
    }
    buf_add_text(&p->out, "}}\n");
}

int main(int argc, char **argv)
{
    struct printer p = {.rules = argc == 2 ? ruleset_find(span_of(argv[1])) : NULL};
    if (p.rules == NULL) {
        (void)fprintf(stderr, "usage: print_tables RULE-SET (2019-06, 2021, 2026-09, 2026-10)\n");
        return 64;
    }
    add_tables(&p);
    size_t written = fwrite(p.out.data, 1, p.out.len, stdout);
    bool good = written == p.out.len && fflush(stdout) == 0;
    buf_clear(&p.out);
    return good ? 0 : 1;
}
