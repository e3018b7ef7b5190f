// SPDX-License-Identifier: Apache-2.0
// A growable byte buffer with direct rendering of numbers and JSON (cJSON prints 20 times slower).
#ifndef PROXY_BASE_BUF_H
#define PROXY_BASE_BUF_H

#include <stdint.h>

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
// Makes room for that many more bytes and gives the place where they go; buf_grew counts them.
char *buf_room(struct buf *b, size_t more);
void buf_grew(struct buf *b, size_t added);
// Drops the first n bytes.
void buf_consume(struct buf *b, size_t n);

struct span buf_span(const struct buf *b);
// An owned, terminated copy of the content; the buffer becomes empty. Free with x_free.
char *buf_take_text(struct buf *b);

void buf_add(struct buf *b, struct span bytes);
void buf_add_text(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_add_u64(struct buf *b, uint64_t value);
void buf_add_i64(struct buf *b, int64_t value);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Members of a JSON object, each with the comma before it: ,"key":value. key needs no escape.
void buf_add_key(struct buf *b, const char *key);
void buf_add_member(struct buf *b, const char *key, struct span value); // a JSON string
void buf_add_member_i64(struct buf *b, const char *key, int64_t value);
void buf_add_member_bool(struct buf *b, const char *key, bool value);
// A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD, control characters \u00xx.
void buf_add_json_string(struct buf *b, struct span text);

#endif
