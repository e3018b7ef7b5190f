// SPDX-License-Identifier: Apache-2.0
// A line for a program that runs already: it waits its turn, or is under way.
#ifndef SUITES_CLIENT_ATTACH_ERRAND_H
#define SUITES_CLIENT_ATTACH_ERRAND_H

#include "proxy/base/json.h"

struct errand {
    struct errand *next;
    char *line; // as it goes out, with the prefix and a newline
    cJSON *tree;
    bool is_hello;
    unsigned step;
    const char *verb; // of the tree; "" when it has none
};

// The prefix goes before the id of a usage. Fails as json_read does.
MUST_USE enum rc errand_new(struct errand **out, struct span line, const char *prefix);
// Accepts NULL in *e and nulls it; what follows it in a list is left alone.
void errand_free(struct errand **e);
// What it asks, for sentences.
const char *errand_name(const struct errand *e);

#endif
