// SPDX-License-Identifier: Apache-2.0
// A growable byte buffer with direct rendering of numbers and JSON (cJSON prints 20 times slower).
#ifndef PROXY_BASE_BUF_H
#define PROXY_BASE_BUF_H

#include <stdint.h>
#include <string.h>

#include "proxy/base/span.h"

struct buf {
    char *data; // not terminated; NULL while empty and never grown
    size_t len;
    size_t cap;
};

// Releases the memory and makes the buffer empty; usable again afterwards.
void buf_clear(struct buf *b);
// Forgets the content, keeps the memory.
void buf_reset(struct buf *b);
// Makes that many more bytes fit behind what is there.
void buf_grow(struct buf *b, size_t more);
void buf_grew(struct buf *b, size_t added);
// Drops the first n bytes.
void buf_consume(struct buf *b, size_t n);

// An owned, terminated copy of the content; the buffer becomes empty. Free with x_free.
char *buf_take_text(struct buf *b);

void buf_add_u64(struct buf *b, uint64_t value);
void buf_add_i64(struct buf *b, int64_t value);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
// A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD, control characters \u00xx.
void buf_add_json_string(struct buf *b, struct span text);

// Inline from here on, as nearly all texts are literals: their length is known while compiling, and
// journal lines are made of hundreds.

// Makes room for that many more bytes and gives the place where they go; buf_grew counts them.
static inline char *buf_room(struct buf *b, size_t more)
{
    if (b->cap - b->len < more) {
        buf_grow(b, more);
    }
    return b->data + b->len;
}

static inline struct span buf_span(const struct buf *b)
{
    return (struct span){.at = b->data, .len = b->len};
}

static inline void buf_add(struct buf *b, struct span bytes)
{
    if (bytes.len > 0) {
        // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): at is NULL only where len is 0
        memcpy(buf_room(b, bytes.len), bytes.at, bytes.len);
        b->len += bytes.len;
    }
}

static inline void buf_add_text(struct buf *b, const char *text)
{
    buf_add(b, span_of(text));
}

static inline void buf_add_char(struct buf *b, char c)
{
    *buf_room(b, 1) = c;
    b->len++;
}

// Members of a JSON object, each with the comma before it: ,"key":value. key needs no escape.
static inline void buf_add_key(struct buf *b, const char *key)
{
    size_t len = strlen(key);
    char *to = buf_room(b, len + 4);
    to[0] = ',';
    to[1] = '"';
    memcpy(to + 2, key, len); // NOLINT(bugprone-not-null-terminated-result): a buffer has no NUL
    to[len + 2] = '"';
    to[len + 3] = ':';
    b->len += len + 4;
}

static inline void buf_add_member(struct buf *b, const char *key, struct span value)
{
    buf_add_key(b, key);
    buf_add_json_string(b, value);
}

static inline void buf_add_member_i64(struct buf *b, const char *key, int64_t value)
{
    buf_add_key(b, key);
    buf_add_i64(b, value);
}

static inline void buf_add_member_bool(struct buf *b, const char *key, bool value)
{
    buf_add_key(b, key);
    buf_add(b, value ? SPAN("true") : SPAN("false"));
}

#endif
