// SPDX-License-Identifier: Apache-2.0
// A section of field lines: of a head, or of a trailer. Lines come in pieces and end up in one
// buffer, of which the fields are slices.
#ifndef PROXY_HTTP_SECTION_H
#define PROXY_HTTP_SECTION_H

#include "proxy/base/buf.h"
#include "proxy/http/parser.h"

// A field by offsets, since the buffer moves while it grows.
struct h1_slot {
    size_t name_at, name_len;
    size_t value_at, value_len;
};

struct h1_section {
    struct buf bytes;
    size_t line_at; // where the current line begins in bytes
    struct h1_slot *slots;
    size_t count, capacity;
    struct h1_field *fields; // made of the slots by h1_section_publish
    size_t published;        // of them, valid
    size_t field_capacity;
};

// Empties it, and keeps the memory if that is not much.
void h1_section_reset(struct h1_section *s);
void h1_section_clear(struct h1_section *s);

enum h1_line {
    H1_LINE_PART,  // all input is consumed, the line goes on
    H1_LINE_WHOLE, // the line ends in LF
    H1_LINE_LONG,  // it is longer than room
};

// Moves bytes of the current line from input into bytes, at most until it is room bytes long.
enum h1_line h1_line_take(struct buf *bytes, size_t line_at, size_t room, struct span *input);
// Gives the line, which must be whole, without its CRLF; a fault when it has a CR or LF of another
// kind.
enum h1_fault h1_line_strip(const struct buf *bytes, size_t line_at, struct span *line);

// Reads the current line, stripped already, as a field line and goes on to the next. *field is set
// to it, and its spans stand until the next line is taken.
enum h1_fault h1_section_add(struct h1_section *s, struct span line, struct h1_field *field);
// Makes fields point into bytes, which must not grow after it.
void h1_section_publish(struct h1_section *s);

#endif
