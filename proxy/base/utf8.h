// SPDX-License-Identifier: Apache-2.0
// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
#ifndef PROXY_BASE_UTF8_H
#define PROXY_BASE_UTF8_H

#include "proxy/base/span.h"

// The number of bytes (1 to 4) of the well-formed sequence at the start of text, else 0.
size_t utf8_length(struct span text);
bool utf8_is_valid(struct span text);

#endif
