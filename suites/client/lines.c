// SPDX-License-Identifier: Apache-2.0
#include "suites/client/lines.h"

#include <string.h>

static void hold(struct lines *l, struct span piece)
{
    size_t room = l->max_bytes - l->held.len;
    if (piece.len > room) {
        l->is_overlong = true;
        piece.len = room;
    }
    buf_add(&l->held, piece);
}

// The line that ends here: mostly it came in one piece and needs no copy.
static bool deliver(struct lines *l, struct span piece, lines_fn *fn, void *arg)
{
    if (l->held.len == 0 && piece.len <= l->max_bytes) {
        return fn(arg, piece, false);
    }
    hold(l, piece);
    bool goes_on = fn(arg, buf_span(&l->held), l->is_overlong);
    buf_reset(&l->held);
    l->is_overlong = false;
    return goes_on;
}

void lines_feed(struct lines *l, struct span bytes, lines_fn *fn, void *arg)
{
    while (bytes.len > 0) {
        const char *newline = memchr(bytes.at, '\n', bytes.len);
        if (newline == NULL) {
            hold(l, bytes);
            return;
        }
        size_t len = (size_t)(newline - bytes.at);
        struct span piece = span_slice(bytes, 0, len);
        bytes = span_slice(bytes, len + 1, bytes.len);
        if (!deliver(l, piece, fn, arg)) {
            return;
        }
    }
}

struct span lines_rest(const struct lines *l)
{
    return buf_span(&l->held);
}

void lines_clear(struct lines *l)
{
    buf_clear(&l->held);
    l->is_overlong = false;
}
