// SPDX-License-Identifier: Apache-2.0
// A span is text that somebody else owns and that need not end in NUL. Passed by value.
#ifndef PROXY_BASE_SPAN_H
#define PROXY_BASE_SPAN_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const char *at; // may be NULL when len is 0
    size_t len;
};

// A span over a string literal.
#define SPAN(literal) ((struct span){.at = "" literal, .len = sizeof(literal) - 1})

// A span over a C string; NULL gives the empty span.
static inline struct span span_of(const char *text)
{
    return (struct span){.at = text, .len = text == NULL ? 0 : strlen(text)};
}

static inline bool span_equal(struct span a, struct span b)
{
    if (a.len != b.len || a.len == 0) {
        return a.len == b.len;
    }
    assert(a.at != NULL && b.at != NULL);
    return memcmp(a.at, b.at, a.len) == 0;
}

static inline bool span_is(struct span a, const char *text)
{
    return span_equal(a, span_of(text));
}

// The small letter of an ASCII capital; any other character as it is.
char span_lower(char c);
// Equal but for the case of ASCII letters (RFC 9110 5.1: field names).
bool span_equal_nocase(struct span a, struct span b);
bool span_starts(struct span a, struct span prefix);
// True when needle stands somewhere in hay; an empty needle never does.
bool span_has(struct span hay, struct span needle);

// The part [from, to) of a span; both are cut to its length.
static inline struct span span_slice(struct span a, size_t from, size_t to)
{
    size_t end = to < a.len ? to : a.len;
    size_t begin = from < end ? from : end;
    return (struct span){.at = begin == 0 ? a.at : a.at + begin, .len = end - begin};
}

// Without spaces and tabs at both ends (OWS of RFC 9110 5.6.3).
struct span span_trim(struct span a);
// Cuts *rest at the first separator: gives the part before it and leaves the part after it. Gives
// everything, and leaves the empty span with at == NULL, when there is no separator.
struct span span_cut(struct span *rest, char separator);

// Reads decimal digits only (no sign, no blanks, at least one); false when not so or over max.
bool span_to_u64(struct span a, uint64_t max, uint64_t *value);

// An owned, terminated copy; free with x_free.
char *span_dup(struct span a);

#endif
