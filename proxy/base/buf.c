// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/plain.h"
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

void buf_grow(struct buf *b, size_t more)
{
    size_t cap = b->cap == 0 ? 256 : b->cap;
    while (cap - b->len < more) {
        cap *= 2;
    }
    b->data = x_realloc(b->data, cap);
    b->cap = cap;
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

char *buf_take_text(struct buf *b)
{
    *buf_room(b, 1) = '\0';
    char *text = b->data;
    *b = (struct buf){0};
    return text;
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

static void add_json_string_slowly(struct buf *b, struct span text)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < text.len;) {
        size_t run = i + plain_run(span_slice(text, i, text.len));
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

// Copies eight bytes; false when they are not plain.
static inline bool copy_word(char *to, const char *from)
{
    uint64_t word = 0;
    memcpy(&word, from, 8);
    memcpy(to, &word, 8);
    return plain_is_word(word);
}

// Fewer than eight bytes: a word is made of them, from four to seven of two halves that may
// overlap.
static inline bool copy_short(char *to, struct span text)
{
    char word[8] = "aaaaaaaa";
    if (text.len >= 4) {
        memcpy(word, text.at, 4);
        memcpy(word + text.len - 4, text.at + text.len - 4, 4);
    } else {
        for (size_t i = 0; i < text.len; i++) {
            word[i] = text.at[i];
        }
    }
    return copy_word(to, word);
}

// Copies a plain text with its quotes, by words, of which the last two may overlap (a short text
// writes up to eight bytes beyond its end); gives the end, or NULL when the text is not plain.
static char *copy_plain(char *to, struct span text)
{
    bool plain = true;
    *to++ = '"';
    if (text.len < 8) {
        plain = copy_short(to, text);
    } else {
        for (size_t at = 0; at + 8 < text.len && plain; at += 8) {
            plain = copy_word(to + at, text.at + at);
        }
        plain = plain && copy_word(to + text.len - 8, text.at + text.len - 8);
    }
    to[text.len] = '"';
    return plain ? to + text.len + 1 : NULL;
}

#define COPY_ROOM 10 // the quotes, and what is copied beyond the end

void buf_add_json_string(struct buf *b, struct span text)
{
    char *room = buf_room(b, text.len + COPY_ROOM);
    char *end = copy_plain(room, text);
    if (end == NULL) {
        add_json_string_slowly(b, text);
    } else {
        buf_grew(b, (size_t)(end - room));
    }
}
