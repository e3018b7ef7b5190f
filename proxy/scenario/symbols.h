// SPDX-License-Identifier: Apache-2.0
// The names that a case may refer to: those of scenarios/world.json, of the case's own world, and
// of its steps and rules.
#ifndef PROXY_SCENARIO_SYMBOLS_H
#define PROXY_SCENARIO_SYMBOLS_H

#include "proxy/scenario/scenario.h"

enum symbol_kind {
    SYMBOL_CUSTOMER,
    SYMBOL_PRODUCT,
    SYMBOL_DIMENSION,
    SYMBOL_TOKEN,
    SYMBOL_CREDENTIAL,
    SYMBOL_RULE,
    SYMBOL_STEP, // by id
    SYMBOL_USAGE,
    SYMBOL_RESOLVE, // resolve and page steps: both may end in a registration
    SYMBOL_REGISTER,
    SYMBOL_PAGE,
    SYMBOL_NOTICE,
    SYMBOL_KIND_COUNT
};

struct symbols;

// The scenario is borrowed and must outlive the symbols.
struct symbols *symbols_new(const struct scenario *s);
// Accepts NULL in *s and nulls it.
void symbols_free(struct symbols **s);
bool symbols_have(const struct symbols *s, enum symbol_kind kind, struct span name);
size_t symbols_count(const struct symbols *s, enum symbol_kind kind);
// The nearest known name as a hint (see nearest_hint).
void symbols_hint(const struct symbols *s, enum symbol_kind kind, struct span name, char *out,
                  size_t size);

// The customer in whose account the case's first credential was made.
const char *symbols_buyer(const struct scenario *s);

// The step that a reference names: by id, by "verb argument", or by "restart" alone. NULL: none.
const struct step *step_find(const struct scenario *s, struct span reference);

#endif
