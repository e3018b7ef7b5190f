// SPDX-License-Identifier: Apache-2.0
// What a request breaks, gathered while its tree is walked: the gravest violation and its place.
#ifndef PROXY_AWS_FINDINGS_H
#define PROXY_AWS_FINDINGS_H

#include "proxy/aws/request.h"

#define FINDINGS_DEPTH 12

// One step from the root of the request: a member, or, when name is NULL, an element of a list.
struct findings_step {
    const char *name;
    size_t index;
};

struct findings {
    struct aws_violation *worst; // borrowed
    unsigned validations;        // how many constraints of the general kind are broken
    char sentences[256];         // of those, joined
    struct findings_step path[FINDINGS_DEPTH];
    size_t depth;
};

void findings_enter(struct findings *f, const char *name);
void findings_enter_element(struct findings *f, size_t index);
void findings_leave(struct findings *f);

// A value has a JSON type that its shape cannot be read from: SerializationException.
void findings_type(struct findings *f, const char *sentence);
// A constraint of a shape is broken by the value at the path. node is shown in the sentence when it
// is short and plain; error is the shape's own, or AWS_ERROR_NONE for ValidationException.
void findings_constraint(struct findings *f, enum aws_error error, const cJSON *node,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));
// Anything else, in one sentence about the value at the path.
void findings_add(struct findings *f, enum aws_error error, const char *sentence);

#endif
