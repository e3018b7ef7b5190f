// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/rc.h"

#include <stddef.h>

static const struct {
    const char *name;
    const char *text;
} ROWS[] = {
// NOLINTNEXTLINE(bugprone-macro-parentheses): an initialiser
#define RC(id, sentence) {.name = #id, .text = sentence},
#include "proxy/base/rc.def"
};

const char *rc_name(enum rc code)
{
    return (size_t)code < sizeof ROWS / sizeof ROWS[0] ? ROWS[code].name : "INTERNAL";
}

const char *rc_text(enum rc code)
{
    return (size_t)code < sizeof ROWS / sizeof ROWS[0] ? ROWS[code].text : "unknown result code";
}
