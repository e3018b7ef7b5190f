// SPDX-License-Identifier: Apache-2.0
#include "proxy/identity/form.h"

#include "proxy/base/own.h"

// -1 for what is no hexadecimal digit.
static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// A percent sign that begins no triplet stands for itself.
static void decode(struct span text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%' && i + 2 < text.len && digit(text.at[i + 1]) >= 0 &&
                   digit(text.at[i + 2]) >= 0) {
            c = (char)(digit(text.at[i + 1]) * 16 + digit(text.at[i + 2]));
            i += 2;
        }
        buf_add_char(out, c);
    }
}

bool form_value(struct span form, const char *name, struct buf *out)
{
    struct span rest = form;
    while (rest.at != NULL) {
        struct span value = span_cut(&rest, '&');
        struct span key = span_cut(&value, '=');
        OWN_BUF struct buf decoded = {0};
        decode(key, &decoded);
        if (span_is(buf_span(&decoded), name)) {
            decode(value, out);
            return true;
        }
    }
    return false;
}
