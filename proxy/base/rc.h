// SPDX-License-Identifier: Apache-2.0
// The one list of result codes that functions of the house return.
#ifndef PROXY_BASE_RC_H
#define PROXY_BASE_RC_H

#define MUST_USE __attribute__((warn_unused_result))

enum rc {
#define RC(id, text) RC_##id,
#include "proxy/base/rc.def"
};

// Gives the identifier without prefix ("RANGE"); never NULL.
const char *rc_name(enum rc code);

// Gives one sentence about the code; never NULL.
const char *rc_text(enum rc code);

#endif
