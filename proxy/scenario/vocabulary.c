// SPDX-License-Identifier: Apache-2.0
#include "proxy/scenario/vocabulary.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"

#define IN_CONNECT (1U << PHASE_CONNECT)
#define IN_TLS (1U << PHASE_TLS)
#define IN_HEAD (1U << PHASE_HEAD)
#define IN_REQUEST (1U << PHASE_REQUEST)
#define IN_ANY (IN_CONNECT | IN_TLS | IN_HEAD | IN_REQUEST)

#define REQUIRED true
#define OPTIONAL false

// A name is near when it can be reached by so few changes of one character.
#define NEAR_ENOUGH 3
#define NEAREST_MAX 63

static const struct type_row TYPES[] = {
    [TYPE_NONE] = {.name = "NONE", .phrase = "nothing"},
#define TYPE(id, shape, of, with, least, most, any_of, words_for_it)                               \
    [TYPE_##id] = {.name = #id,                                                                    \
                   .form = FORM_##shape,                                                           \
                   .item = TYPE_##of,                                                              \
                   .other = TYPE_##with,                                                           \
                   .min = (least),                                                                 \
                   .max = (most),                                                                  \
                   .words = (any_of),                                                              \
                   .phrase = (words_for_it)},
#include "proxy/scenario/vocabulary.def"
};

static const struct field_row FIELDS[] = {
#define FIELD(of, name, value, need, text)                                                         \
    {.owner = TYPE_##of, .key = (name), .type = TYPE_##value, .required = (need), .help = (text)},
#include "proxy/scenario/vocabulary.def"
};

// Which type each verb takes, as constants, so that a verb without one does not compile.
enum {
#define STEP_TAKES(verb, type) STEP_TAKES_##verb = TYPE_##type,
#include "proxy/scenario/vocabulary.def"
};
enum {
#define ACTION_TAKES(verb, type, phases) ACTION_TAKES_##verb = TYPE_##type,
#include "proxy/scenario/vocabulary.def"
};
enum {
#define ACTION_TAKES(verb, type, phases) ACTION_IN_##verb = (phases),
#include "proxy/scenario/vocabulary.def"
};
enum {
#define EXPECT_TAKES(verb, type) EXPECT_TAKES_##verb = TYPE_##type,
#include "proxy/scenario/vocabulary.def"
};

static const struct verb_row STEPS[] = {
#define STEP(id, text, about) {.name = (text), .type = (enum type)STEP_TAKES_##id, .help = (about)},
#include "proxy/scenario/step.def"
};
static const struct verb_row ACTIONS[] = {
#define ACTION(id, text, fault, about)                                                             \
    {.name = (text),                                                                               \
     .type = (enum type)ACTION_TAKES_##id,                                                         \
     .help = (about),                                                                              \
     .phases = ACTION_IN_##id},
#include "proxy/scenario/action.def"
};
static const struct verb_row EXPECTS[] = {
#define EXPECT(id, text, about)                                                                    \
    {.name = (text), .type = (enum type)EXPECT_TAKES_##id, .help = (about)},
#include "proxy/scenario/expect.def"
};
static const enum fault_kind KINDS[] = {
#define ACTION(id, text, fault, about) [ACTION_##id] = (fault),
#include "proxy/scenario/action.def"
};

static const struct verb_table STEP_TABLE = {STEPS, STEP_COUNT, "step"};
static const struct verb_table ACTION_TABLE = {ACTIONS, ACTION_COUNT, "action"};
static const struct verb_table EXPECT_TABLE = {EXPECTS, EXPECT_COUNT, "expectation"};

static const char *const PHASES[] = {
    [PHASE_CONNECT] = "connect",
    [PHASE_TLS] = "tls",
    [PHASE_HEAD] = "head",
    [PHASE_REQUEST] = "request",
};

static const char *const PERS[PER_COUNT] = {
    [PER_REQUEST] = "request",
    [PER_INVOCATION] = "invocation",
    [PER_CONNECTION] = "connection",
};

static const char *const FAULT_KINDS[] = {
    [FAULT_ANSWER] = "answer", [FAULT_BROKEN] = "broken", [FAULT_SILENCE] = "silence",
    [FAULT_REFUSE] = "refuse", [FAULT_TLS] = "tls",       [FAULT_STATE] = "state",
};

const struct type_row *type_row(enum type type)
{
    return &TYPES[type];
}

char *type_phrase(enum type type)
{
    const struct type_row *row = type_row(type);
    if (row->words == NULL || row->words[0] == '^') {
        return x_strdup(row->phrase);
    }
    OWN_BUF struct buf out = {0};
    struct span rest = span_of(row->words);
    buf_add_text(&out, strchr(row->words, '|') == NULL ? "" : "one of ");
    while (rest.at != NULL) {
        buf_addf(&out, "\"%.*s\"", (int)strcspn(rest.at, "|"), rest.at);
        (void)span_cut(&rest, '|');
        buf_add_text(&out, rest.at == NULL ? "" : ", ");
    }
    return buf_take_text(&out);
}

const struct field_row *field_rows(size_t *count)
{
    *count = sizeof FIELDS / sizeof FIELDS[0];
    return FIELDS;
}

const struct field_row *field_find(enum type owner, struct span key)
{
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        if (FIELDS[i].owner == owner && span_is(key, FIELDS[i].key)) {
            return &FIELDS[i];
        }
    }
    return NULL;
}

const struct verb_table *verb_table_of(enum form form)
{
    static const struct verb_table *const TABLES[] = {
        [FORM_STEP] = &STEP_TABLE,
        [FORM_ACTION] = &ACTION_TABLE,
        [FORM_EXPECT] = &EXPECT_TABLE,
        [FORM_EXPECTS] = &EXPECT_TABLE,
    };
    return TABLES[form];
}

size_t verb_find(const struct verb_table *table, struct span name)
{
    size_t i = 0;
    while (i < table->count && !span_is(name, table->rows[i].name)) {
        i++;
    }
    return i;
}

const char *step_name(enum step_verb verb)
{
    return STEPS[verb].name;
}

const char *action_name(enum action_verb verb)
{
    return ACTIONS[verb].name;
}

const char *expect_name(enum expect_verb verb)
{
    return EXPECTS[verb].name;
}

enum fault_kind action_kind(enum action_verb verb)
{
    return KINDS[verb];
}

bool action_works_in(enum action_verb verb, enum phase phase)
{
    return (ACTIONS[verb].phases & 1U << phase) != 0;
}

const char *fault_kind_name(enum fault_kind kind)
{
    return FAULT_KINDS[kind];
}

const char *phase_name(enum phase phase)
{
    return PHASES[phase];
}

enum phase phase_find(struct span name)
{
    unsigned i = 0;
    while (i < PHASE_REQUEST && !span_is(name, PHASES[i])) {
        i++;
    }
    return (enum phase)i;
}

const char *per_name(unsigned per)
{
    return PERS[per];
}

bool words_have(const char *words, struct span text)
{
    struct span rest = span_of(words);
    while (rest.at != NULL) {
        if (span_equal(span_cut(&rest, '|'), text)) {
            return true;
        }
    }
    return false;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Levenshtein's distance, row by row; longer names than NEAREST_MAX are never near.
static size_t distance_between(struct span a, struct span b)
{
    if (a.len > NEAREST_MAX || b.len > NEAREST_MAX) {
        return SIZE_MAX;
    }
    size_t row[NEAREST_MAX + 1];
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = diagonal + (a.at[i - 1] == b.at[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = least(change, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.len];
}

void nearest_start(struct nearest *n, struct span wanted)
{
    *n = (struct nearest){.wanted = wanted, .distance = NEAR_ENOUGH + 1};
}

void nearest_offer(struct nearest *n, struct span known)
{
    size_t distance = distance_between(n->wanted, known);
    // A short word is near to everything; more than half of it must be right.
    if (distance < n->distance && distance * 2 < known.len) {
        n->best = known;
        n->distance = distance;
    }
}

void nearest_hint(const struct nearest *n, char *out, size_t size)
{
    out[0] = '\0';
    if (n->best.at != NULL) {
        (void)snprintf(out, size, "; did you mean \"%.*s\"?", (int)n->best.len, n->best.at);
    }
}
