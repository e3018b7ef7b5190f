// SPDX-License-Identifier: Apache-2.0
// The walk over the grammar of JSON that decides what is JSON; for json.c alone.
#ifndef PROXY_BASE_JSON_SCAN_H
#define PROXY_BASE_JSON_SCAN_H

#include "proxy/base/json.h"

struct json_scan {
    const char *text;
    size_t len, at;
    const char *file;
    struct diag *diag;
    size_t *starts; // where each value begins, in order; NULL when nobody asks
    size_t count, capacity;
    bool wants_starts;
    unsigned depth;
};

// RC_OK when the text is one JSON value and blanks; else RC_SYNTAX with the place in diag.
MUST_USE enum rc json_scan_text(struct json_scan *s);
// The failure of a scan, told of the byte at that place.
MUST_USE enum rc json_scan_fail(const struct json_scan *s, size_t at, const char *sentence);

#endif
