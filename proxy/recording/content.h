// SPDX-License-Identifier: Apache-2.0
// What a request asks, in the form in which recordings hold it: the object `when`. Who signs it,
// when, and with which SDK is no part of it, and no secret is.
#ifndef PROXY_RECORDING_CONTENT_H
#define PROXY_RECORDING_CONTENT_H

#include <cjson/cJSON.h>

#include "proxy/base/span.h"

struct asked {
    struct span method;
    struct span path;   // with its query
    struct span target; // X-Amz-Target; empty when absent
    struct span body;
};

// {"method", "path", "operation", and "body" (JSON) or "sha256" (of any other); none when the body
// is empty}. The path is without query parameters that sign (X-Amz-…). Registration tokens are
// replaced by "[sha256:…]", wherever they stand. Owned (cJSON_Delete).
cJSON *content_of(const struct asked *asked);

#endif
