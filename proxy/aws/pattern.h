// SPDX-License-Identifier: Apache-2.0
// The patterns of the service model as functions: each holds a whole text against one of them.
#ifndef PROXY_AWS_PATTERN_H
#define PROXY_AWS_PATTERN_H

#include "proxy/base/span.h"

// Lengths are not checked here where the shape has its own limits of length.
bool pattern_product_code(struct span text); // ^[-a-zA-Z0-9/=:_.@]*$
bool pattern_account(struct span text);      // ^[0-9]+$
// ^[a-zA-Z0-9+ -=._:\/@]+$, and the empty text: the documents let a tag's value be empty.
bool pattern_tag(struct span text);
bool pattern_license_arn(struct span text); // shape LicenseArn
bool pattern_decimal(struct span text);     // ^(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$
bool pattern_some(struct span text);        // [\s\S]+

// The value of a text that pattern_decimal accepts, in millionths.
int64_t pattern_decimal_micros(struct span text);

#endif
