// SPDX-License-Identifier: Apache-2.0
// From the text's tree to the trees of its cases: variants, variables, `each` and `repeat`.
#ifndef PROXY_SCENARIO_EXPAND_H
#define PROXY_SCENARIO_EXPAND_H

#include "proxy/scenario/problems.h"
#include "proxy/scenario/vocabulary.h"

// No case may have more steps or customers than this after unfolding.
#define EXPAND_MOST 20000

// Gives one tree per case (each, and the array, owned by the caller), at least one unless a problem
// was found. Every node of every tree stands where its text stands. raw is left as it is.
void expand(cJSON ***trees, size_t *count, const cJSON *raw, struct json_places *places,
            struct problems *problems);

#endif
