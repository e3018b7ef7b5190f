// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/span.h"

#include <string.h>

#include "proxy/base/alloc.h"

char span_lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c - 'A' + 'a');
    }
    return c;
}

bool span_equal_nocase(struct span a, struct span b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (span_lower(a.at[i]) != span_lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

bool span_starts(struct span a, struct span prefix)
{
    return a.len >= prefix.len && span_equal(span_slice(a, 0, prefix.len), prefix);
}

bool span_has(struct span hay, struct span needle)
{
    if (needle.len == 0 || hay.len < needle.len) {
        return false;
    }
    const char *end = hay.at + hay.len - needle.len + 1;
    for (const char *p = hay.at; p < end; p++) {
        p = memchr(p, needle.at[0], (size_t)(end - p));
        if (p == NULL) {
            return false;
        }
        if (memcmp(p, needle.at, needle.len) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct span span_trim(struct span a)
{
    while (a.len > 0 && is_blank(a.at[0])) {
        a = span_slice(a, 1, a.len);
    }
    while (a.len > 0 && is_blank(a.at[a.len - 1])) {
        a.len--;
    }
    return a;
}

struct span span_cut(struct span *rest, char separator)
{
    struct span all = *rest;
    const char *hit = all.len == 0 ? NULL : memchr(all.at, separator, all.len);
    if (hit == NULL) {
        *rest = (struct span){0};
        return all;
    }
    size_t before = (size_t)(hit - all.at);
    *rest = span_slice(all, before + 1, all.len);
    return span_slice(all, 0, before);
}

bool span_to_u64(struct span a, uint64_t max, uint64_t *value)
{
    uint64_t sum = 0;
    if (a.len == 0) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (a.at[i] < '0' || a.at[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(a.at[i] - '0');
        if (digit > max || sum > (max - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

char *span_dup(struct span a)
{
    char *copy = x_alloc(a.len + 1);
    if (a.len > 0) {
        memcpy(copy, a.at, a.len);
    }
    copy[a.len] = '\0';
    return copy;
}
