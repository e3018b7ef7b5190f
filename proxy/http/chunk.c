// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/chunk.h"

#include "proxy/http/chars.h"

static bool take_char(struct span *rest, char c)
{
    if (rest->len == 0 || rest->at[0] != c) {
        return false;
    }
    *rest = span_slice(*rest, 1, rest->len);
    return true;
}

static void skip_blanks(struct span *rest)
{
    while (take_char(rest, ' ') || take_char(rest, '\t')) {
    }
}

static bool take_token(struct span *rest)
{
    size_t n = 0;
    while (n < rest->len && h1_is(rest->at[n], H1_TOKEN)) {
        n++;
    }
    *rest = span_slice(*rest, n, rest->len);
    return n > 0;
}

// RFC 9110 5.6.4: the opening quote is consumed already.
static bool take_quoted_rest(struct span *rest)
{
    for (size_t i = 0; i < rest->len; i++) {
        if (rest->at[i] == '"') {
            *rest = span_slice(*rest, i + 1, rest->len);
            return true;
        }
        if (rest->at[i] == '\\') {
            i++;
        }
        if (i == rest->len || !h1_is(rest->at[i], H1_VALUE)) {
            return false;
        }
    }
    return false;
}

// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
static bool take_extension(struct span *rest)
{
    skip_blanks(rest);
    if (!take_char(rest, ';')) {
        return false;
    }
    skip_blanks(rest);
    if (!take_token(rest)) {
        return false;
    }
    struct span after_name = *rest;
    skip_blanks(rest);
    if (!take_char(rest, '=')) {
        *rest = after_name;
        return true;
    }
    skip_blanks(rest);
    return take_char(rest, '"') ? take_quoted_rest(rest) : take_token(rest);
}

static unsigned hex_value(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

// Takes the digits off the front. RFC 9112 7.1: large numbers must not wrap.
static enum h1_fault take_size(struct span *rest, uint64_t *size)
{
    size_t n = 0;
    bool is_too_large = false;
    while (n < rest->len && h1_is(rest->at[n], H1_HEX)) {
        is_too_large = is_too_large || *size > UINT64_MAX >> 4;
        *size = *size << 4 | hex_value(rest->at[n]);
        n++;
    }
    *rest = span_slice(*rest, n, rest->len);
    if (n == 0) {
        return H1_FAULT_CHUNK_SIZE;
    }
    return is_too_large ? H1_FAULT_BODY_LONG : H1_FAULT_NONE;
}

enum h1_fault h1_read_chunk_line(struct span line, struct h1_chunk *chunk)
{
    struct span rest = line;
    *chunk = (struct h1_chunk){0};
    enum h1_fault fault = take_size(&rest, &chunk->size);
    if (fault != H1_FAULT_NONE) {
        return fault;
    }
    if (rest.len > 0 && rest.at[0] != ';' && rest.at[0] != ' ' && rest.at[0] != '\t') {
        return H1_FAULT_CHUNK_SIZE;
    }
    chunk->extension_bytes = rest.len;
    while (rest.len > 0) {
        if (!take_extension(&rest)) {
            return H1_FAULT_CHUNK_EXTENSION;
        }
    }
    return H1_FAULT_NONE;
}
