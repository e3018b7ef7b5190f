// SPDX-License-Identifier: Apache-2.0
// The one checker of shapes: walks a tree along the tables of the vocabulary.
#ifndef PROXY_SCENARIO_CHECK_H
#define PROXY_SCENARIO_CHECK_H

#include "proxy/scenario/problems.h"
#include "proxy/scenario/vocabulary.h"

// Told of each text that has a type, keys of maps included; node is where it stands.
typedef void check_text_fn(void *arg, enum type type, struct span text, const cJSON *node);

struct check_options {
    struct problems *problems; // NULL: the tree is known to be sound, only texts are told
    const struct json_places *places;
    check_text_fn *text; // may be NULL
    void *arg;
};

// Holds node against the type and all that lies below it. All is borrowed for the call.
void check_tree(const cJSON *node, enum type type, const struct check_options *options);

#endif
