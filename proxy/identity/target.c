// SPDX-License-Identifier: Apache-2.0
#include "proxy/identity/target.h"

static const char *const NAMES[] = {[TARGET_SERVICE] = "service",
                                    [TARGET_IMDS] = "imds",
                                    [TARGET_CONTAINER] = "container-credentials",
                                    [TARGET_STS] = "sts",
                                    [TARGET_PROXY] = "proxy"};

_Static_assert(sizeof NAMES / sizeof NAMES[0] == TARGET_COUNT, "every target has a name");

const char *target_name(enum target target)
{
    return NAMES[target];
}

enum target target_find(struct span name)
{
    unsigned i = 0;
    while (i < TARGET_COUNT && !span_is(name, NAMES[i])) {
        i++;
    }
    return (enum target)i;
}
