// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/utf8.h"

void buf_clear(struct buf *b)
{
    x_free(b->data);
    *b = (struct buf){0};
}

void buf_reset(struct buf *b)
{
    b->len = 0;
}

char *buf_room(struct buf *b, size_t more)
{
    if (b->cap - b->len < more) {
        size_t cap = b->cap == 0 ? 256 : b->cap;
        while (cap - b->len < more) {
            cap *= 2;
        }
        b->data = x_realloc(b->data, cap);
        b->cap = cap;
    }
    return b->data + b->len;
}

void buf_grew(struct buf *b, size_t added)
{
    assert(added <= b->cap - b->len);
    b->len += added;
}

void buf_consume(struct buf *b, size_t n)
{
    assert(n <= b->len);
    b->len -= n;
    if (b->len > 0 && n > 0) {
        memmove(b->data, b->data + n, b->len);
    }
}

struct span buf_span(const struct buf *b)
{
    return (struct span){.at = b->data, .len = b->len};
}

char *buf_take_text(struct buf *b)
{
    *buf_room(b, 1) = '\0';
    char *text = b->data;
    *b = (struct buf){0};
    return text;
}

void buf_add(struct buf *b, struct span bytes)
{
    if (bytes.len > 0) {
        memcpy(buf_room(b, bytes.len), bytes.at, bytes.len);
        b->len += bytes.len;
    }
}

void buf_add_text(struct buf *b, const char *text)
{
    buf_add(b, span_of(text));
}

void buf_add_char(struct buf *b, char c)
{
    *buf_room(b, 1) = c;
    b->len++;
}

void buf_add_u64(struct buf *b, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    buf_add(b, (struct span){.at = digits + at, .len = sizeof digits - at});
}

void buf_add_i64(struct buf *b, int64_t value)
{
    if (value < 0) {
        buf_add_char(b, '-');
        buf_add_u64(b, ~(uint64_t)value + 1);
    } else {
        buf_add_u64(b, (uint64_t)value);
    }
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(need >= 0);
    (void)vsnprintf(buf_room(b, (size_t)need + 1), (size_t)need + 1, format, again);
    va_end(again);
    b->len += (size_t)need;
}

void buf_add_key(struct buf *b, const char *key)
{
    buf_add(b, SPAN(",\""));
    buf_add_text(b, key);
    buf_add(b, SPAN("\":"));
}

void buf_add_member(struct buf *b, const char *key, struct span value)
{
    buf_add_key(b, key);
    buf_add_json_string(b, value);
}

void buf_add_member_i64(struct buf *b, const char *key, int64_t value)
{
    buf_add_key(b, key);
    buf_add_i64(b, value);
}

void buf_add_member_bool(struct buf *b, const char *key, bool value)
{
    buf_add_key(b, key);
    buf_add(b, value ? SPAN("true") : SPAN("false"));
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void add_escaped(struct buf *b, unsigned char c)
{
    static const char SHORT[] = {
        ['"'] = '"', ['\\'] = '\\', ['\n'] = 'n', ['\t'] = 't', ['\r'] = 'r'};
    if (c < sizeof SHORT && SHORT[c] != 0) {
        buf_add_char(b, '\\');
        buf_add_char(b, SHORT[c]);
    } else {
        buf_addf(b, "\\u%04x", c);
    }
}

void buf_add_json_string(struct buf *b, struct span text)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < text.len;) {
        size_t run = i;
        while (run < text.len && is_plain((unsigned char)text.at[run])) {
            run++;
        }
        buf_add(b, span_slice(text, i, run));
        i = run;
        if (i == text.len) {
            break;
        }
        unsigned char c = (unsigned char)text.at[i];
        if (c < 0x80) {
            add_escaped(b, c);
            i++;
            continue;
        }
        size_t width = utf8_length(span_slice(text, i, text.len));
        if (width == 0) {
            buf_add(b, SPAN("\xef\xbf\xbd"));
            i++;
        } else {
            buf_add(b, span_slice(text, i, i + width));
            i += width;
        }
    }
    buf_add_char(b, '"');
}
