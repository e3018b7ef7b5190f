// SPDX-License-Identifier: Apache-2.0
// The walk over the grammar of JSON that decides what is JSON, and that can build its tree on the
// way; for json.c alone.
#ifndef PROXY_BASE_JSON_SCAN_H
#define PROXY_BASE_JSON_SCAN_H

#include "proxy/base/arena.h"
#include "proxy/base/json.h"

struct json_scan {
    const char *text;
    size_t len, at;
    const char *file;
    struct diag *diag;
    size_t *starts; // where each value begins, in order; NULL when nobody asks
    size_t count, capacity;
    bool wants_starts;
    struct arena *arena; // where a tree is built
    unsigned depth;
};

// RC_OK when the text is one JSON value and blanks; else RC_SYNTAX with the place in diag. root
// becomes the value, as cJSON would have read it but with all its memory in the arena; NULL when
// only the verdict is wanted.
MUST_USE enum rc json_scan_text(struct json_scan *s, cJSON *root);
// The failure of a scan, told of the byte at that place.
MUST_USE enum rc json_scan_fail(const struct json_scan *s, size_t at, const char *sentence);

#endif
