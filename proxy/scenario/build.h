// SPDX-License-Identifier: Apache-2.0
// From the tree of a case, whose shape is known to be right, to struct scenario.
#ifndef PROXY_SCENARIO_BUILD_H
#define PROXY_SCENARIO_BUILD_H

#include "proxy/scenario/vocabulary.h"

struct built {
    struct scenario scenario; // its arrays are those below
    struct step *steps;
    struct rule *rules;
    struct action *actions;
    struct expect *expects;
};

// Takes ownership of tree; places and file are borrowed.
void build(struct built *out, cJSON *tree, const struct json_places *places, const char *file);
void build_clear(struct built *b);

// The first member that is a verb; *verb gets its index in the form's table.
const cJSON *verb_of(const cJSON *node, enum form form, size_t *verb);

// Reads "3", "1-3" or "4+", whose grammar is known to be right; *last is UINT64_MAX for "4+".
void range_parse(struct span text, uint64_t *first, uint64_t *last);

#endif
