// SPDX-License-Identifier: Apache-2.0
// The size line of a chunk (RFC 9112 7.1), without its CRLF.
#ifndef PROXY_HTTP_CHUNK_H
#define PROXY_HTTP_CHUNK_H

#include "proxy/http/parser.h"

struct h1_chunk {
    uint64_t size;
    size_t extension_bytes; // all that follows the size
};

// H1_FAULT_BODY_LONG: the size does not fit 64 bits.
enum h1_fault h1_read_chunk_line(struct span line, struct h1_chunk *chunk);

#endif
