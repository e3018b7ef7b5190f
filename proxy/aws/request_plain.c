// SPDX-License-Identifier: Apache-2.0
// The body is copied token by token, without blanks, while it is read; spans point into the copy.
// What is allowed is known to the shapes alone. Taken are texts without escapes, numbers of at most
// 15 digits (which a double holds exactly) and members that have a home: so every value is the one
// that the tree would hold.
#include "proxy/aws/request_plain.h"

#include <assert.h>
#include <string.h>

#include "proxy/aws/allocation.h"
#include "proxy/aws/shape.h"
#include "proxy/base/instant.h"
#include "proxy/base/plain.h"

#define MOST_DIGITS 15
#define MOST_MEMBERS 8

struct plain {
    const struct ruleset *rules;
    struct aws_request *request;
    struct usage_record *record; // the one that is read
    const char *at, *end;
    char *out;
};

// What stands before a value: { or a comma, a name, a colon, and blanks. A client writes its
// records alike, so what stood before the nth value of one record most likely stands in the next
// one.
struct lead {
    struct span sent, copied; // empty at first
    size_t member;
};

// What the rules make of a structure's members, as bits in the order of its shape.
struct members {
    const struct shape *shape;
    unsigned known, required, seen;
    struct lead leads[MOST_MEMBERS];
};

static struct members members_of(const struct shape *shape, const struct ruleset *rules)
{
    struct members m = {.shape = shape};
    assert(shape->member_count <= MOST_MEMBERS);
    for (size_t i = 0; i < shape->member_count; i++) {
        m.known |= shape_knows(&shape->members[i], rules) ? 1U << i : 0;
        m.required |= shape_requires(&shape->members[i], rules) ? 1U << i : 0;
    }
    return m;
}

static void skip_blanks(struct plain *p)
{
    while (p->at < p->end &&
           (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t')) {
        p->at++;
    }
}

static bool take(struct plain *p, char c)
{
    skip_blanks(p);
    if (p->at == p->end || *p->at != c) {
        return false;
    }
    p->at++;
    *p->out++ = c;
    return true;
}

static bool take_text(struct plain *p, struct span *text)
{
    if (!take(p, '"')) {
        return false;
    }
    size_t len = plain_run((struct span){.at = p->at, .len = (size_t)(p->end - p->at)});
    if (p->at + len == p->end || p->at[len] != '"') {
        return false;
    }
    memcpy(p->out, p->at, len + 1);
    *text = (struct span){.at = p->out, .len = len};
    p->at += len + 1;
    p->out += len + 1;
    return true;
}

static bool take_number(struct plain *p, int64_t *number)
{
    skip_blanks(p);
    size_t digits = 0;
    size_t most = (size_t)(p->end - p->at) < MOST_DIGITS ? (size_t)(p->end - p->at) : MOST_DIGITS;
    int64_t sum = 0;
    for (; digits < most && p->at[digits] >= '0' && p->at[digits] <= '9'; digits++) {
        sum = sum * 10 + (p->at[digits] - '0');
    }
    if (digits == 0 || (digits > 1 && *p->at == '0')) {
        return false; // what a longer number, or a fraction, goes on with is nothing that may
                      // follow
    }
    memcpy(p->out, p->at, digits);
    p->at += digits;
    p->out += digits;
    *number = sum;
    return true;
}

static bool is_within(int64_t value, const struct shape *shape, const struct ruleset *rules)
{
    int64_t max = shape_max(shape, rules);
    return (shape->min == SHAPE_NO_LIMIT || value >= shape->min) &&
           (max == SHAPE_NO_LIMIT || value <= max);
}

static bool take_string(struct plain *p, const struct shape *shape, void *home)
{
    struct span text = {0};
    if (!take_text(p, &text) || !is_within((int64_t)text.len, shape, p->rules) ||
        (shape->matches != NULL && !shape->matches(text))) {
        return false;
    }
    memcpy(home, &text, sizeof text);
    return true;
}

static bool take_integer(struct plain *p, const struct shape *shape, void *home)
{
    int64_t value = 0;
    if (!take_number(p, &value) || !is_within(value, shape, p->rules)) {
        return false;
    }
    memcpy(home, &value, sizeof value);
    return true;
}

#define MOST_SECONDS INT64_C(9000000000000) // as timestamp_read has it

static bool take_timestamp(struct plain *p, void *home)
{
    int64_t seconds = 0;
    if (!take_number(p, &seconds) || seconds > MOST_SECONDS) {
        return false;
    }
    int64_t at_us = seconds * US_PER_S;
    memcpy(home, &at_us, sizeof at_us);
    return true;
}

static bool take_records(struct plain *p, const struct shape *list);

static bool take_value(struct plain *p, const struct shape_member *m)
{
    if (m->shape->kind == SHAPE_LIST && m->shape->element != NULL &&
        shape_is_record(m->shape->element)) {
        return take_records(p, m->shape);
    }
    if (m->home == HOME_NONE) {
        return false;
    }
    char *home = (m->home == HOME_RECORD ? (char *)p->record : (char *)p->request) + m->offset;
    switch (m->shape->kind) {
    case SHAPE_STRING:
        return take_string(p, m->shape, home);
    case SHAPE_INTEGER:
        return take_integer(p, m->shape, home);
    case SHAPE_TIMESTAMP:
        return take_timestamp(p, home);
    case SHAPE_STRUCTURE:
    case SHAPE_LIST:
    case SHAPE_BOOLEAN:
    case SHAPE_KINDS:
        break;
    }
    return false;
}

static size_t find_member(const struct shape *shape, struct span name)
{
    size_t i = 0;
    while (i < shape->member_count && !span_is(name, shape->members[i].name)) {
        i++;
    }
    return i;
}

static bool take_lead_anew(struct plain *p, const struct members *m, char before, struct lead *lead)
{
    struct span name = {0};
    const char *from = p->at;
    const char *copy = p->out;
    if (!take(p, before) || !take_text(p, &name) || !take(p, ':')) {
        return false;
    }
    skip_blanks(p);
    *lead = (struct lead){.sent = {.at = from, .len = (size_t)(p->at - from)},
                          .copied = {.at = copy, .len = (size_t)(p->out - copy)},
                          .member = find_member(m->shape, name)};
    return true;
}

// NULL for a member that must not stand here.
static const struct shape_member *take_lead(struct plain *p, struct members *m, size_t nth)
{
    struct lead *lead = &m->leads[nth];
    struct span rest = {.at = p->at, .len = (size_t)(p->end - p->at)};
    if (lead->sent.len > 0 && span_starts(rest, lead->sent)) {
        memcpy(p->out, lead->copied.at, lead->copied.len);
        p->at += lead->sent.len;
        p->out += lead->copied.len;
    } else if (!take_lead_anew(p, m, nth == 0 ? '{' : ',', lead)) {
        return NULL;
    }
    unsigned bit = 1U << lead->member;
    if ((m->known & bit) == 0 || (m->seen & bit) != 0) {
        return NULL;
    }
    m->seen |= bit;
    return &m->shape->members[lead->member];
}

static bool take_structure(struct plain *p, struct members *m)
{
    size_t nth = 0;
    m->seen = 0;
    do {
        const struct shape_member *member =
            nth < m->shape->member_count ? take_lead(p, m, nth) : NULL;
        if (member == NULL || !take_value(p, member)) {
            return false;
        }
        nth++;
    } while (!take(p, '}'));
    return (m->seen & m->required) == m->required;
}

// A quantity is there if it is not required, as only this reader's shape of a record is taken.
static bool take_record(struct plain *p, struct members *m)
{
    struct usage_record *record = &p->request->records[p->request->count++];
    p->record = record;
    record->quantity = -1;
    skip_blanks(p);
    const char *from = p->out;
    if (!take_structure(p, m) || record->quantity < 0 ||
        (record->customer_identifier.len > 0 && record->customer_account.len > 0)) {
        return false;
    }
    record->text = (struct span){.at = from, .len = (size_t)(p->out - from)};
    record->has_quantity = true;
    record->quantity_micros = allocation_micros(record->quantity);
    return true;
}

static bool take_records(struct plain *p, const struct shape *list)
{
    struct members members = members_of(list->element, p->rules);
    p->request->records = arena_zeroed(&p->request->arena, (size_t)list->max * sizeof *p->request->records);
    if (!take(p, '[')) {
        return false;
    }
    do {
        if (p->request->count == (size_t)list->max || !take_record(p, &members)) {
            return false;
        }
    } while (take(p, ','));
    return take(p, ']');
}

bool request_read_plain(struct aws_request *out, struct span body, const struct ruleset *rules)
{
    const struct shape *shape = shape_of_input(out->operation);
    if (out->operation != OPERATION_BATCH_METER_USAGE || body.len == 0 ||
        body.len > AWS_MAX_BODY_BYTES) {
        return false;
    }
    struct aws_request request = {.operation = out->operation};
    char *copy = arena_take(&request.arena, body.len);
    struct plain p = {
        .rules = rules, .request = &request, .at = body.at, .end = body.at + body.len, .out = copy};
    struct members members = members_of(shape, rules);
    bool is_plain = take_structure(&p, &members);
    skip_blanks(&p);
    if (!is_plain || p.at != p.end) {
        aws_request_clear(&request);
        return false;
    }
    request.text = (struct span){.at = copy, .len = (size_t)(p.out - copy)};
    *out = request;
    return true;
}
