// SPDX-License-Identifier: Apache-2.0
#include "proxy/aws/operation.h"

static const char *const NAMES[OPERATION_COUNT] = {
    [OPERATION_NONE] = "",
#define OPERATION(id, name) [OPERATION_##id] = (name),
#include "proxy/aws/operation.def"
};

const char *operation_name(enum operation operation)
{
    return operation < OPERATION_COUNT ? NAMES[operation] : "";
}

enum operation operation_find(struct span name)
{
    for (size_t i = OPERATION_NONE + 1; i < OPERATION_COUNT; i++) {
        if (span_is(name, NAMES[i])) {
            return (enum operation)i;
        }
    }
    return OPERATION_NONE;
}

// Smithy, awsJson1_1, "Protocol behaviors": the target is "<service shape>.<operation shape>".
enum operation operation_from_target(struct span target)
{
    struct span prefix = SPAN(AWS_TARGET_PREFIX);
    return span_starts(target, prefix) ? operation_find(span_slice(target, prefix.len, target.len))
                                       : OPERATION_NONE;
}
