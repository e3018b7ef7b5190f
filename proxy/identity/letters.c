// SPDX-License-Identifier: Apache-2.0
#include "proxy/identity/letters.h"

#include <assert.h>

#include "proxy/base/draw.h"

void letters_add(const struct letters *l, struct buf *out, const char *what, uint64_t turn,
                 const char *alphabet, size_t count)
{
    struct draw draw = {
        .seed = l->seed, .case_id = l->case_id, .rule = span_of(what), .index = turn};
    size_t size = span_of(alphabet).len;
    assert(size > 0);
    for (size_t i = 0; i < count; i++) {
        buf_add_char(out, alphabet[draw_u64(&draw, i) % size]);
    }
}

char *letters_text(const struct letters *l, const char *begin, const char *what,
                   const char *alphabet, size_t count)
{
    struct buf text = {0};
    buf_add_text(&text, begin);
    letters_add(l, &text, what, 0, alphabet, count);
    return buf_take_text(&text);
}
