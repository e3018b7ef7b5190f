// SPDX-License-Identifier: Apache-2.0
#include "reports/wrap.h"

#include "proxy/base/utf8.h"

static uint32_t decode(const char *at, size_t width)
{
    static const unsigned char MASKS[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)at[0] & MASKS[width];
    for (size_t i = 1; i < width; i++) {
        point = point << 6 | ((unsigned char)at[i] & 0x3f);
    }
    return point;
}

// Unicode TR 9: embeddings, overrides, isolates and marks; TR 36 has why they are shown.
static bool turns_direction(uint32_t point)
{
    return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
           point == 0x200e || point == 0x200f || point == 0x061c;
}

static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f);
}

static void add_point(struct buf *out, struct span bytes)
{
    uint32_t point = decode(bytes.at, bytes.len);
    if (point == '\n' || point == '\t' || point == '\r') {
        buf_add_char(out, ' ');
    } else if (is_control(point)) {
        buf_addf(out, "\\x%02x", point);
    } else if (turns_direction(point) || point == 0x2028 || point == 0x2029) {
        buf_addf(out, "\\u%04x", point);
    } else {
        buf_add(out, bytes);
    }
}

void wrap_add_clean(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.len;) {
        size_t width = utf8_length(span_slice(text, i, text.len));
        if (width == 0) {
            buf_add_text(out, "\xef\xbf\xbd");
            i++;
        } else {
            add_point(out, span_slice(text, i, i + width));
            i += width;
        }
    }
}

size_t wrap_length(struct span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += ((unsigned char)text.at[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return count;
}

void wrap_add_blanks(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_char(out, ' ');
    }
}

static void wrap_line(struct buf *out, struct span clean, size_t indent, size_t width)
{
    size_t column = 0;
    wrap_add_blanks(out, indent);
    while (clean.at != NULL) {
        struct span word = span_cut(&clean, ' ');
        size_t length = wrap_length(word);
        if (length == 0) {
            continue;
        }
        if (column > 0 && indent + column + 1 + length > width) {
            buf_add_char(out, '\n');
            wrap_add_blanks(out, indent);
            column = 0;
        }
        if (column > 0) {
            buf_add_char(out, ' ');
            column++;
        }
        buf_add(out, word);
        column += length;
    }
    buf_add_char(out, '\n');
}

void wrap_add(struct buf *out, struct span text, size_t indent, size_t width)
{
    struct buf clean = {0};
    while (text.at != NULL) {
        struct span line = span_cut(&text, '\n');
        buf_reset(&clean);
        wrap_add_clean(&clean, line);
        if (clean.len > 0) {
            wrap_line(out, buf_span(&clean), indent, width);
        }
    }
    buf_clear(&clean);
}
