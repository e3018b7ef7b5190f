// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/utf8.h"

// RFC 3629 section 4: the second byte's range depends on the first; the others are 80..BF.
static const struct {
    unsigned char first_min, first_max, second_min, second_max;
    size_t length;
} FORMS[] = {
    {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool in_range(char c, unsigned char min, unsigned char max)
{
    return (unsigned char)c >= min && (unsigned char)c <= max;
}

size_t utf8_length(struct span text)
{
    for (size_t row = 0; text.len > 0 && row < sizeof FORMS / sizeof FORMS[0]; row++) {
        if (!in_range(text.at[0], FORMS[row].first_min, FORMS[row].first_max)) {
            continue;
        }
        size_t length = FORMS[row].length;
        if (text.len < length) {
            return 0;
        }
        if (length > 1 && !in_range(text.at[1], FORMS[row].second_min, FORMS[row].second_max)) {
            return 0;
        }
        for (size_t i = 2; i < length; i++) {
            if (!in_range(text.at[i], 0x80, 0xbf)) {
                return 0;
            }
        }
        return length;
    }
    return 0;
}

bool utf8_is_valid(struct span text)
{
    for (size_t i = 0; i < text.len;) {
        size_t width = utf8_length(span_slice(text, i, text.len));
        if (width == 0) {
            return false;
        }
        i += width;
    }
    return true;
}
