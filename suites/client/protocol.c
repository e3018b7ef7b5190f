// SPDX-License-Identifier: Apache-2.0
// What an answer must hold is two tables: the members of each kind, and the states of each kind. A
// member that is optional may also be null, as many languages print an absent value.
#include "suites/client/protocol.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"

enum member_type {
    MEMBER_STEP,
    MEMBER_CONTRACT,
    MEMBER_WORDS,
    MEMBER_NAMES,
    MEMBER_TEXT,
    MEMBER_STATE,
    MEMBER_STATUS,
    MEMBER_HEADERS
};

struct member {
    enum answer_kind kind;
    const char *key;
    enum member_type type;
    bool required;
};

static const struct {
    const char *name;
    const char *form;
} KINDS[] = {
#define ANSWER(id, name_, form_) [ANSWER_##id] = {.name = (name_), .form = (form_)},
#include "suites/client/answer.def"
};

static const struct {
    const char *name;
    enum answer_kind kind;
} STATES[] = {
#define ANSWER_STATE(id, name_, kind_)                                                             \
    [ANSWER_STATE_##id] = {.name = (name_), .kind = ANSWER_##kind_},
#include "suites/client/answer.def"
};

static const struct member MEMBERS[] = {
    {ANSWER_HELLO, "contract", MEMBER_CONTRACT, true},
    {ANSWER_HELLO, "life", MEMBER_TEXT, false},
    {ANSWER_HELLO, "supports", MEMBER_WORDS, true},
    {ANSWER_DONE, "step", MEMBER_STEP, true},
    {ANSWER_USAGE, "id", MEMBER_TEXT, true},
    {ANSWER_USAGE, "state", MEMBER_STATE, true},
    {ANSWER_USAGE, "record", MEMBER_TEXT, false},
    {ANSWER_USAGE, "reason", MEMBER_TEXT, false},
    {ANSWER_RESOLVE, "step", MEMBER_STEP, true},
    {ANSWER_RESOLVE, "state", MEMBER_STATE, true},
    {ANSWER_RESOLVE, "customer", MEMBER_TEXT, false},
    {ANSWER_RESOLVE, "identifier", MEMBER_TEXT, false},
    {ANSWER_RESOLVE, "account", MEMBER_TEXT, false},
    {ANSWER_RESOLVE, "license", MEMBER_TEXT, false},
    {ANSWER_RESOLVE, "product", MEMBER_TEXT, false},
    {ANSWER_RESOLVE, "reason", MEMBER_TEXT, false},
    {ANSWER_REGISTER, "step", MEMBER_STEP, true},
    {ANSWER_REGISTER, "state", MEMBER_STATE, true},
    {ANSWER_REGISTER, "reason", MEMBER_TEXT, false},
    {ANSWER_PAGE, "step", MEMBER_STEP, true},
    {ANSWER_PAGE, "status", MEMBER_STATUS, true},
    {ANSWER_PAGE, "headers", MEMBER_HEADERS, false},
    {ANSWER_NOTICE, "step", MEMBER_STEP, true},
    {ANSWER_NOTICE, "state", MEMBER_STATE, true},
    {ANSWER_NOTICE, "reason", MEMBER_TEXT, false},
    {ANSWER_ALERT, "text", MEMBER_TEXT, true},
    {ANSWER_ALERT, "about", MEMBER_NAMES, false},
    {ANSWER_UNSUPPORTED, "step", MEMBER_STEP, true},
    {ANSWER_UNSUPPORTED, "reason", MEMBER_TEXT, false},
};

static void add_now(struct buf *out, int64_t now_us)
{
    char now[INSTANT_TEXT];
    instant_format_s(now, now_us);
    buf_addf(out, ",\"now\":\"%s\"}", now);
}

void protocol_hello(struct buf *out, struct span case_id, int64_t now_us)
{
    buf_addf(out, "{\"hello\":%d,\"case\":", PROTOCOL_CONTRACT);
    buf_add_json_string(out, case_id);
    add_now(out, now_us);
}

void protocol_step(struct buf *out, unsigned n, const char *verb, struct span args, int64_t now_us)
{
    assert(n > 0 && args.len > 0);
    buf_addf(out, "{\"step\":%u,", n);
    buf_add_json_string(out, span_of(verb));
    buf_add_char(out, ':');
    for (size_t i = 0; i < args.len; i++) {
        // Between the tokens of JSON a line break is a blank; within its strings none can stand raw
        // (RFC 8259 sections 2 and 7).
        char c = args.at[i];
        if (c == '\n' || c == '\r') {
            c = ' ';
        }
        buf_add_char(out, c);
    }
    add_now(out, now_us);
}

const char *answer_name(enum answer_kind kind)
{
    assert(kind < ANSWER_COUNT);
    return KINDS[kind].name;
}

const char *answer_state_name(enum answer_state state)
{
    return state < ANSWER_STATE_COUNT ? STATES[state].name : "";
}

const char *answer_form(enum answer_kind kind)
{
    assert(kind < ANSWER_COUNT);
    return KINDS[kind].form;
}

static bool find_kind(const char *name, enum answer_kind *kind)
{
    for (size_t i = 0; name != NULL && i < ANSWER_COUNT; i++) {
        if (strcmp(KINDS[i].name, name) == 0) {
            *kind = (enum answer_kind)i;
            return true;
        }
    }
    return false;
}

static enum answer_state find_state(enum answer_kind kind, const char *name)
{
    for (size_t i = 0; name != NULL && i < ANSWER_STATE_COUNT; i++) {
        if (STATES[i].kind == kind && strcmp(STATES[i].name, name) == 0) {
            return (enum answer_state)i;
        }
    }
    return ANSWER_STATE_NONE;
}

// A capability: lower-case letters, digits and hyphens, beginning with a letter.
static bool is_word(const cJSON *node)
{
    struct span word = json_span(node);
    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];
        bool letter = c >= 'a' && c <= 'z';
        bool other = (c >= '0' && c <= '9') || c == '-';
        if (!letter && (i == 0 || !other)) {
            return false;
        }
    }
    return word.len > 0;
}

static bool is_name(const cJSON *node)
{
    return json_span(node).len > 0;
}

static bool is_text(const cJSON *node)
{
    return cJSON_IsString(node);
}

static bool is_array_of(const cJSON *node, bool (*holds)(const cJSON *element))
{
    if (!cJSON_IsArray(node)) {
        return false;
    }
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, node)
    {
        if (!holds(element)) {
            return false;
        }
    }
    return true;
}

// A header that occurs several times, such as Set-Cookie, has an array of its values.
static bool is_headers(const cJSON *node)
{
    const cJSON *value = NULL;
    if (!cJSON_IsObject(node)) {
        return false;
    }
    cJSON_ArrayForEach(value, node)
    {
        if (!cJSON_IsString(value) && !is_array_of(value, is_text)) {
            return false;
        }
    }
    return true;
}

// NULL when the value is as it must be, else what it must be.
static const char *wants(const struct member *m, const cJSON *value)
{
    int64_t number = 0;
    switch (m->type) {
    case MEMBER_STEP:
        return json_int(value, 1, INT_MAX, &number) ? NULL : "the number of a step";
    case MEMBER_CONTRACT:
        return json_int(value, PROTOCOL_CONTRACT, PROTOCOL_CONTRACT, &number)
                   ? NULL
                   : "1, the version of the contract";
    case MEMBER_WORDS:
        return is_array_of(value, is_word) ? NULL : "an array of lower-case words";
    case MEMBER_NAMES:
        return is_array_of(value, is_name) ? NULL : "an array of usage ids";
    case MEMBER_TEXT:
        if (m->required) {
            return is_name(value) ? NULL : "a string that is not empty";
        }
        return cJSON_IsString(value) ? NULL : "a string";
    case MEMBER_STATUS:
        return json_int(value, 100, 599, &number) ? NULL : "an HTTP status from 100 to 599";
    case MEMBER_HEADERS:
        return is_headers(value) ? NULL : "an object of texts, or of arrays of texts, by name";
    case MEMBER_STATE:
        return find_state(m->kind, json_text(value)) != ANSWER_STATE_NONE
                   ? NULL
                   : "one of the states of this form";
    }
    return NULL;
}

static bool says_why(char why[ANSWER_WHY], const struct member *m, const cJSON *value)
{
    if (value == NULL) {
        (void)snprintf(why, ANSWER_WHY, "\"%s\" is missing; the form is %s", m->key,
                       KINDS[m->kind].form);
    } else {
        (void)snprintf(why, ANSWER_WHY, "\"%s\" must be %s; the form is %s", m->key,
                       wants(m, value), KINDS[m->kind].form);
    }
    return false;
}

static bool check_members(const struct answer *a, char why[ANSWER_WHY])
{
    for (size_t i = 0; i < sizeof MEMBERS / sizeof MEMBERS[0]; i++) {
        const struct member *m = &MEMBERS[i];
        if (m->kind != a->kind) {
            continue;
        }
        const cJSON *value = json_get(a->tree, m->key);
        bool absent = value == NULL || (!m->required && cJSON_IsNull(value));
        if (absent ? m->required : wants(m, value) != NULL) {
            return says_why(why, m, value);
        }
    }
    return true;
}

static void fill(struct answer *a)
{
    a->step = (unsigned)json_get_int(a->tree, "step", 0);
    a->state = find_state(a->kind, json_get_text(a->tree, "state"));
    a->id = a->kind == ANSWER_USAGE ? json_get_text(a->tree, "id") : NULL;
    if (a->kind == ANSWER_USAGE || a->kind == ANSWER_ALERT || a->kind == ANSWER_HELLO) {
        a->step = 0; // these are not about a step, whatever else they hold
    }
}

static void say_kinds(char why[ANSWER_WHY])
{
    size_t at = (size_t)snprintf(why, ANSWER_WHY, "\"mp\" must be one of");
    for (size_t i = 0; i < ANSWER_COUNT && at < ANSWER_WHY; i++) {
        at += (size_t)snprintf(why + at, ANSWER_WHY - at, " %s", KINDS[i].name);
    }
}

static struct span trim_line(struct span line)
{
    if (line.len > 0 && line.at[line.len - 1] == '\r') {
        line.len--; // runtimes that print CRLF
    }
    return span_trim(line);
}

enum answer_reading protocol_read(struct answer *out, cJSON **tree, struct span line,
                                  char why[ANSWER_WHY])
{
    *out = (struct answer){.state = ANSWER_STATE_NONE};
    *tree = NULL;
    struct span text = trim_line(line);
    if (!span_starts(text, SPAN("{")) || !span_has(text, SPAN("\"mp\""))) {
        return ANSWER_IS_LOG;
    }
    struct diag d = {0};
    OWN(json) cJSON *object = NULL;
    if (json_read(&object, NULL, text, NULL, &d) != RC_OK) {
        (void)snprintf(why, ANSWER_WHY, "this is not one JSON object (character %u: %s)",
                       d.place.column, d.text);
        return ANSWER_IS_BROKEN;
    }
    const cJSON *kind = json_get(object, "mp");
    if (kind == NULL) {
        return ANSWER_IS_LOG; // a structured log in which "mp" is a value, or lies deeper
    }
    out->tree = object;
    if (!find_kind(json_text(kind), &out->kind)) {
        say_kinds(why);
        return ANSWER_IS_BROKEN;
    }
    if (!check_members(out, why)) {
        return ANSWER_IS_BROKEN;
    }
    fill(out);
    *tree = own_take_json(&object);
    return ANSWER_IS;
}

bool answer_supports(const struct answer *hello, const char *word)
{
    return hello->kind == ANSWER_HELLO && json_array_has(json_get(hello->tree, "supports"), word);
}
