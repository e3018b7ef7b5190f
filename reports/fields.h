// SPDX-License-Identifier: Apache-2.0
// The members of the result model, one row each: what results.json has, and what is freed.
#ifndef REPORTS_FIELDS_H
#define REPORTS_FIELDS_H

#include "reports/result.h"

enum field_kind {
    FIELD_TEXT,     // char *, required
    FIELD_NULLABLE, // char *, null in JSON when NULL
    FIELD_BOOL,     // bool
    FIELD_UNSIGNED, // unsigned
    FIELD_I64,      // int64_t, 0 to 2^53
    FIELD_U64,      // uint64_t; a string of digits in JSON, whose numbers end at 2^53
    FIELD_VERDICT,  // enum verdict; its name in JSON
    FIELD_TEXTS,    // char ** and its size_t count
    FIELD_LINES     // unsigned * and its size_t count
};

struct field {
    const char *key; // NULL ends the table
    enum field_kind kind;
    size_t offset, count_offset;
};

extern const struct field FIELDS_OF_RUN[];
extern const struct field FIELDS_OF_CASE[];
extern const struct field FIELDS_OF_CHECK[];

// The member itself, to be read or written as its kind says.
void *field_at(const struct field *f, void *base);
size_t *field_count(const struct field *f, void *base);
const void *field_peek(const struct field *f, const void *base);
size_t field_peek_count(const struct field *f, const void *base);

// Frees whatever the members own and makes them zero.
void fields_clear(const struct field *fields, void *base);

#endif
