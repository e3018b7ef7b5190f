// SPDX-License-Identifier: Apache-2.0
// Every name in the case must be known. The vocabulary says which texts are names of what, so the
// walk over the tree finds them all.
#include "proxy/scenario/build.h"
#include "proxy/scenario/check.h"
#include "proxy/scenario/meaning.h"

struct names {
    const struct scenario *s;
    const struct symbols *symbols;
    struct problems *problems;
};

static const struct {
    enum type type;
    enum symbol_kind kind;
} REFERENCES[] = {
    {TYPE_RULE_REF, SYMBOL_RULE},         {TYPE_USAGE_REF, SYMBOL_USAGE},
    {TYPE_ID_REF, SYMBOL_STEP},           {TYPE_RESOLVE_REF, SYMBOL_RESOLVE},
    {TYPE_REGISTER_REF, SYMBOL_REGISTER}, {TYPE_PAGE_REF, SYMBOL_PAGE},
    {TYPE_NOTICE_REF, SYMBOL_NOTICE},     {TYPE_CUSTOMER, SYMBOL_CUSTOMER},
    {TYPE_DIMENSION, SYMBOL_DIMENSION},   {TYPE_PRODUCT, SYMBOL_PRODUCT},
    {TYPE_TOKEN, SYMBOL_TOKEN},           {TYPE_CREDENTIAL, SYMBOL_CREDENTIAL},
};

static struct place place(const struct names *n, const cJSON *node)
{
    return json_place(n->s->places, node);
}

static void require(const struct names *n, enum symbol_kind kind, enum type type, struct span name,
                    const cJSON *node)
{
    if (!symbols_have(n->symbols, kind, name)) {
        char hint[120];
        symbols_hint(n->symbols, kind, name, hint, sizeof hint);
        problem(n->problems, RC_UNKNOWN, place(n, node), "\"%.*s\" is not %s%s", (int)name.len,
                name.at, type_row(type)->phrase, hint);
    }
}

static void check_step_ref(const struct names *n, struct span name, const cJSON *node)
{
    if (step_find(n->s, name) == NULL) {
        char hint[120];
        symbols_hint(n->symbols, SYMBOL_STEP, name, hint, sizeof hint);
        problem(n->problems, RC_UNKNOWN, place(n, node), "\"%.*s\" names no step%s", (int)name.len,
                name.at, hint);
    }
}

// A moment may count from a step.
static void check_moment_base(const struct names *n, struct span text, const cJSON *node)
{
    static const char *const WORDS[] = {"", "now", "hour", "month", "start"};
    size_t len = 0;
    while (len < text.len && text.at[len] != '+' && text.at[len] != '-') {
        len++;
    }
    struct span base = span_slice(text, 0, len);
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (span_is(base, WORDS[i])) {
            return;
        }
    }
    if (!symbols_have(n->symbols, SYMBOL_STEP, base)) {
        problem(n->problems, RC_UNKNOWN, place(n, node),
                "the moment \"%.*s\" counts from \"%.*s\", which is no step's id", (int)text.len,
                text.at, (int)base.len, base.at);
    }
}

static void check_duration(const struct names *n, struct span text, const cJSON *node)
{
    struct diag d = {0};
    int64_t us = 0;
    if (duration_parse(&us, text, &d) != RC_OK) {
        problem(n->problems, d.code, place(n, node), "%s", d.text);
    }
}

// "3-1" can never hold.
static void check_range(const struct names *n, struct span text, const cJSON *node)
{
    struct span rest = text;
    bool is_word = span_starts(text, SPAN("every ")) || span_is(text, "none");
    while (!is_word && rest.len > 0) {
        uint64_t first = 0;
        uint64_t last = 0;
        struct span range = span_cut(&rest, ',');
        range_parse(range, &first, &last);
        if (first > last) {
            problem(n->problems, RC_RANGE, place(n, node), "\"%.*s\" ends before it begins",
                    (int)range.len, range.at);
        }
    }
}

static void check_seed(const struct names *n, struct span text, const cJSON *node)
{
    uint64_t seed = 0;
    if (!span_to_u64(text, UINT64_MAX, &seed)) {
        problem(n->problems, RC_RANGE, place(n, node), "the seed %.*s has more than 64 bits",
                (int)text.len, text.at);
    }
}

// What is known only when the case runs must at least name something that will be.
static void check_late(const struct names *n, struct span text, const cJSON *node)
{
    const struct span token = SPAN("$token.");
    if (span_starts(text, token)) {
        require(n, SYMBOL_TOKEN, TYPE_TOKEN, span_slice(text, token.len, text.len), node);
    } else if (span_starts(text, SPAN("$world.")) && !span_is(text, "$world.public_key_file")) {
        problem(n->problems, RC_UNKNOWN, place(n, node),
                "\"%.*s\" is not known; there is \"$world.public_key_file\"", (int)text.len,
                text.at);
    }
}

static void on_text(void *arg, enum type type, struct span text, const cJSON *node)
{
    const struct names *n = arg;
    check_late(n, text, node);
    if (type == TYPE_STEP_REF) {
        check_step_ref(n, text, node);
    } else if (type == TYPE_MOMENT) {
        check_moment_base(n, text, node);
    } else if (type == TYPE_DURATION) {
        check_duration(n, text, node);
    } else if (type == TYPE_SEED) {
        check_seed(n, text, node);
    } else if (type == TYPE_RANGE_TEXT || type == TYPE_MATCH) {
        check_range(n, text, node);
    }
    for (size_t i = 0; i < sizeof REFERENCES / sizeof REFERENCES[0]; i++) {
        if (REFERENCES[i].type == type) {
            require(n, REFERENCES[i].kind, type, text, node);
        }
    }
}

void check_names(const struct scenario *s, const struct symbols *symbols, struct problems *problems)
{
    struct names n = {.s = s, .symbols = symbols, .problems = problems};
    check_tree(s->tree, TYPE_CASE,
               &(struct check_options){.places = s->places, .text = on_text, .arg = &n});
}
