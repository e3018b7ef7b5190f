// SPDX-License-Identifier: Apache-2.0
// What a request breaks, gathered while its tree is walked: the gravest violation and its place.
#ifndef PROXY_AWS_VIOLATIONS_H
#define PROXY_AWS_VIOLATIONS_H

#include "proxy/aws/request.h"

#define VIOLATIONS_DEPTH 12

// One step from the root of the request: a member, or, when name is NULL, an element of a list.
struct violations_step {
    const char *name;
    size_t index;
};

struct violations {
    struct aws_violation *worst; // borrowed
    unsigned validations;        // how many constraints of the general kind are broken
    char sentences[256];         // of those, joined
    struct violations_step path[VIOLATIONS_DEPTH];
    size_t depth;
};

void violations_enter(struct violations *f, const char *name);
void violations_enter_element(struct violations *f, size_t index);
void violations_leave(struct violations *f);

// A value has a JSON type that its shape cannot be read from: SerializationException.
void violations_type(struct violations *f, const char *sentence);
// A constraint of a shape is broken by the value at the path. node is shown in the sentence when it
// is short and plain; error is the shape's own, or AWS_ERROR_NONE for ValidationException.
void violations_constraint(struct violations *f, enum aws_error error, const cJSON *node,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));
// Anything else, in one sentence about the value at the path.
void violations_add(struct violations *f, enum aws_error error, const char *sentence);

#endif
