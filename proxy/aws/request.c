// SPDX-License-Identifier: Apache-2.0
// One walker holds any value against its shape by the tables of shape.c and keeps what has a home;
// what no table can say (quantities of two forms, sums, members that exclude each other) is checked
// per record after the walk.
#include "proxy/aws/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proxy/aws/allocation.h"
#include "proxy/aws/violations.h"
#include "proxy/aws/pattern.h"
#include "proxy/aws/request_plain.h"
#include "proxy/aws/shape.h"
#include "proxy/aws/timestamp.h"

struct walk {
    const struct ruleset *rules;
    struct aws_request *request;
    struct usage_record *record; // the one that the walk is in; NULL outside
    struct violations violations;
};

typedef void check_fn(struct walk *w, const struct shape *shape, const cJSON *node,
                      const struct shape_member *member);

static bool is_absent(const cJSON *node)
{
    return node == NULL || cJSON_IsNull(node);
}

// Puts a value where its member is kept, if it is. member is NULL for elements of lists.
static void keep(const struct walk *w, const struct shape_member *member, const void *value,
                 size_t size)
{
    char *home = NULL;
    if (member != NULL && member->home == HOME_REQUEST) {
        home = (char *)w->request;
    } else if (member != NULL && member->home == HOME_RECORD) {
        home = (char *)w->record;
    }
    if (home != NULL) {
        memcpy(home + member->offset, value, size);
    }
}

// The sentences of the service's JSON reader, in sense.
static void refuse_type(struct walk *w, const cJSON *node, const char *wanted)
{
    char sentence[96];
    const char *found = cJSON_IsString(node) ? "STRING_VALUE"
                        : cJSON_IsTrue(node) ? "TRUE_VALUE"
                        : cJSON_IsBool(node) ? "FALSE_VALUE"
                                             : "NUMBER_VALUE";
    if (cJSON_IsArray(node)) {
        violations_type(&w->violations, "Start of list found where not expected.");
    } else if (cJSON_IsObject(node)) {
        violations_type(&w->violations, "Start of structure or map found where not expected.");
    } else {
        (void)snprintf(sentence, sizeof sentence, "%s can not be converted to %s.", found, wanted);
        violations_type(&w->violations, sentence);
    }
}

static void check_length(struct walk *w, const struct shape *shape, const cJSON *node, size_t len)
{
    int64_t max = shape_max(shape, w->rules);
    // AWS shows a text that is too long or too short, but no list.
    if (shape->min != SHAPE_NO_LIMIT && (int64_t)len < shape->min) {
        violations_constraint(&w->violations, shape->error, node,
                              "Member must have length greater than or equal to %" PRId64,
                              shape->min);
    } else if (max != SHAPE_NO_LIMIT && (int64_t)len > max) {
        violations_constraint(&w->violations, shape->error, node,
                              "Member must have length less than or equal to %" PRId64, max);
    }
}

// Smithy, "length trait": of a string, the number of Unicode scalar values.
static size_t character_count(struct span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += ((unsigned char)text.at[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return count;
}

static void check_string(struct walk *w, const struct shape *shape, const cJSON *node,
                         const struct shape_member *member)
{
    if (!cJSON_IsString(node)) {
        refuse_type(w, node, "a String");
        return;
    }
    struct span text = json_span(node);
    keep(w, member, &text, sizeof text);
    check_length(w, shape, node, character_count(text));
    if (shape->matches != NULL && !shape->matches(text)) {
        violations_constraint(&w->violations, shape->error, node,
                              "Member must satisfy regular expression pattern: %s", shape->pattern);
    }
}

static void check_integer(struct walk *w, const struct shape *shape, const cJSON *node,
                          const struct shape_member *member)
{
    int64_t value = 0;
    if (!json_int(node, INT64_MIN, INT64_MAX, &value)) {
        refuse_type(w, node, "an Integer");
        return;
    }
    keep(w, member, &value, sizeof value);
    int64_t max = shape_max(shape, w->rules);
    if (shape->min != SHAPE_NO_LIMIT && value < shape->min) {
        violations_constraint(&w->violations, shape->error, node,
                              "Member must have value greater than or equal to %" PRId64,
                              shape->min);
    } else if (max != SHAPE_NO_LIMIT && value > max) {
        violations_constraint(&w->violations, shape->error, node,
                              "Member must have value less than or equal to %" PRId64, max);
    }
}

static void check_boolean(struct walk *w, const struct shape *shape, const cJSON *node,
                          const struct shape_member *member)
{
    (void)shape;
    bool value = json_is_true(node);
    if (!cJSON_IsBool(node)) {
        refuse_type(w, node, "a Boolean");
        return;
    }
    keep(w, member, &value, sizeof value);
}

static void check_timestamp(struct walk *w, const struct shape *shape, const cJSON *node,
                            const struct shape_member *member)
{
    (void)shape;
    int64_t at_us = 0;
    if (timestamp_read(&at_us, node) != RC_OK) {
        refuse_type(w, node, "a Timestamp");
        return;
    }
    keep(w, member, &at_us, sizeof at_us);
}

static void check_value(struct walk *w, const struct shape *shape, const cJSON *node,
                        const struct shape_member *member);

static void check_structure(struct walk *w, const struct shape *shape, const cJSON *node,
                            const struct shape_member *member)
{
    (void)member;
    if (!cJSON_IsObject(node)) {
        refuse_type(w, node, "a structure");
        return;
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *m = &shape->members[i];
        const cJSON *child = shape_knows(m, w->rules) ? json_get(node, m->name) : NULL;
        violations_enter(&w->violations, m->name);
        if (!is_absent(child)) {
            check_value(w, m->shape, child, m);
        } else if (shape_requires(m, w->rules)) {
            violations_constraint(&w->violations, AWS_ERROR_NONE, NULL, "Member must not be null");
        }
        violations_leave(&w->violations);
    }
}

static void check_element(struct walk *w, const struct shape *shape, const cJSON *node)
{
    if (is_absent(node)) {
        violations_constraint(&w->violations, AWS_ERROR_NONE, NULL, "Member must not be null");
    } else {
        check_value(w, shape, node, NULL);
    }
}

static void check_list(struct walk *w, const struct shape *shape, const cJSON *node,
                       const struct shape_member *member)
{
    if (!cJSON_IsArray(node)) {
        refuse_type(w, node, "a list");
        return;
    }
    keep(w, member, (const void *)&node, sizeof(const cJSON *));
    size_t count = 0;
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, node)
    {
        if (shape_is_record(shape->element)) {
            w->record = &w->request->records[count];
        }
        violations_enter_element(&w->violations, count++);
        check_element(w, shape->element, element);
        violations_leave(&w->violations);
    }
    check_length(w, shape, node, count);
}

// NOLINTNEXTLINE(misc-no-recursion): shapes are nested seven deep at most
static void check_value(struct walk *w, const struct shape *shape, const cJSON *node,
                        const struct shape_member *member)
{
    static check_fn *const CHECKS[SHAPE_KINDS] = {
        [SHAPE_STRUCTURE] = check_structure, [SHAPE_LIST] = check_list,
        [SHAPE_STRING] = check_string,       [SHAPE_INTEGER] = check_integer,
        [SHAPE_BOOLEAN] = check_boolean,     [SHAPE_TIMESTAMP] = check_timestamp,
    };
    CHECKS[shape->kind](w, shape, node, member);
}

static void tie_records(struct aws_request *r, const cJSON *list)
{
    size_t i = 0;
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, list)
    {
        r->records[i++].json = element;
    }
}

// Every record that was sent has a place, also those that cannot be read.
static void open_records(struct aws_request *r)
{
    if (r->operation == OPERATION_METER_USAGE) {
        r->count = 1;
        r->records = arena_zeroed(&r->arena, sizeof *r->records);
        r->records[0].json = r->json;
        return;
    }
    const cJSON *list = json_get(r->json, "UsageRecords");
    if (r->operation != OPERATION_BATCH_METER_USAGE || !cJSON_IsArray(list)) {
        return;
    }
    r->count = (size_t)cJSON_GetArraySize(list);
    r->records = arena_zeroed(&r->arena, r->count * sizeof *r->records);
    tie_records(r, list);
}

// The names of a record's quantities differ between the two operations.
struct quantity_names {
    const char *whole, *decimal;
};

static struct quantity_names quantity_names_of(enum operation operation)
{
    return operation == OPERATION_METER_USAGE
               ? (struct quantity_names){"UsageQuantity", "UsageQuantityAsDecimal"}
               : (struct quantity_names){"Quantity", "QuantityAsDecimal"};
}

// The walk has kept a whole quantity; a decimal one is added here. "You can't specify both."
static void read_quantity(struct walk *w, struct usage_record *record)
{
    struct quantity_names names = quantity_names_of(w->request->operation);
    bool has_whole = !is_absent(json_get(record->json, names.whole));
    const cJSON *decimal = w->rules->has_decimals ? json_get(record->json, names.decimal) : NULL;
    record->is_decimal = !is_absent(decimal);
    record->has_quantity = has_whole || record->is_decimal;
    record->quantity_micros = allocation_micros(record->quantity);
    if (has_whole && record->is_decimal) {
        violations_enter(&w->violations, names.decimal);
        violations_constraint(&w->violations, AWS_ERROR_NONE, decimal,
                              "Member must not be given together with %s", names.whole);
        violations_leave(&w->violations);
    } else if (record->is_decimal && pattern_decimal(json_span(decimal))) {
        record->quantity_micros = pattern_decimal_micros(json_span(decimal));
        record->quantity = record->quantity_micros / 1000000;
    }
}

// "Each allocation must specify exactly one of" the two forms of its quantity.
static void check_allocation_forms(struct walk *w, const struct usage_record *record)
{
    size_t i = 0;
    const cJSON *allocation = NULL;
    violations_enter(&w->violations, "UsageAllocations");
    cJSON_ArrayForEach(allocation, record->allocations)
    {
        violations_enter_element(&w->violations, i++);
        if (is_absent(json_get(allocation, "AllocatedUsageQuantity")) ==
            is_absent(json_get(allocation, "AllocatedUsageQuantityAsDecimal"))) {
            violations_constraint(&w->violations, AWS_ERROR_NONE, allocation,
                                  "Member must specify exactly one of AllocatedUsageQuantity or "
                                  "AllocatedUsageQuantityAsDecimal");
        }
        violations_leave(&w->violations);
    }
    violations_leave(&w->violations);
}

static void finish_record(struct walk *w, struct usage_record *record)
{
    read_quantity(w, record);
    if (record->customer_identifier.len > 0 && record->customer_account.len > 0) {
        violations_enter(&w->violations, "CustomerIdentifier");
        violations_constraint(&w->violations, AWS_ERROR_NONE,
                              json_get(record->json, "CustomerIdentifier"),
                              "Member must not be given together with CustomerAWSAccountId");
        violations_leave(&w->violations);
    }
    if (w->rules->has_decimals && record->allocations != NULL) {
        check_allocation_forms(w, record);
    }
    allocation_check(&w->violations, record, w->rules);
}

static void finish_records(struct walk *w)
{
    bool in_list = w->request->operation == OPERATION_BATCH_METER_USAGE;
    for (size_t i = 0; i < w->request->count; i++) {
        if (in_list) {
            violations_enter(&w->violations, "UsageRecords");
            violations_enter_element(&w->violations, i);
        }
        finish_record(w, &w->request->records[i]);
        w->violations.depth = 0;
    }
}

// On a body that is no JSON object.
static enum rc refuse_body(struct walk *w, const char *sentence)
{
    violations_add(&w->violations, AWS_ERROR_SERIALIZATION, sentence);
    return RC_SYNTAX;
}

static enum rc read_body(struct walk *w, struct span body)
{
    struct diag d = {0};
    if (body.len > AWS_MAX_BODY_BYTES) {
        violations_add(&w->violations, AWS_ERROR_TOO_LARGE, aws_error_message(AWS_ERROR_TOO_LARGE));
    }
    enum rc rc = json_read_once(&w->request->json, &w->request->arena, body, NULL, &d);
    if (rc != RC_OK) {
        char sentence[256];
        (void)snprintf(sentence, sizeof sentence, "%u:%u: %.200s", d.place.line, d.place.column,
                       d.text);
        return refuse_body(w, sentence);
    }
    return cJSON_IsObject(w->request->json) ? RC_OK
                                            : refuse_body(w, "The body is not a JSON object.");
}

enum rc aws_request_read(struct aws_request *out, enum operation operation, struct span body,
                         const struct ruleset *rules, struct aws_violation *violation)
{
    const struct shape *shape = shape_of_input(operation);
    *out = (struct aws_request){.operation = operation};
    *violation = (struct aws_violation){.error = AWS_ERROR_NONE};
    struct walk w = {.rules = rules, .request = out, .violations = {.worst = violation}};
    if (shape == NULL) {
        violations_add(&w.violations, AWS_ERROR_UNKNOWN_OPERATION,
                       aws_error_message(AWS_ERROR_UNKNOWN_OPERATION));
        return RC_RANGE;
    }
    if (request_read_plain(out, body, rules)) {
        return RC_OK;
    }
    enum rc rc = read_body(&w, body);
    if (rc != RC_OK) {
        return rc;
    }
    open_records(out);
    w.record = out->records;
    check_value(&w, shape, out->json, NULL);
    finish_records(&w);
    return violation->error == AWS_ERROR_NONE ? RC_OK : RC_RANGE;
}

const cJSON *aws_request_json(struct aws_request *request)
{
    if (request->json == NULL && request->text.len > 0 &&
        json_read_once(&request->json, &request->arena, request->text, NULL, NULL) == RC_OK) {
        tie_records(request, json_get(request->json, "UsageRecords"));
    }
    return request->json;
}

void aws_request_clear(struct aws_request *request)
{
    arena_clear(&request->arena);
    *request = (struct aws_request){.operation = OPERATION_NONE};
}
