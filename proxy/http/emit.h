// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 heads and chunk framing, written into a buffer. What could break out of its line is
// refused, so that no value can become a header.
#ifndef PROXY_HTTP_EMIT_H
#define PROXY_HTTP_EMIT_H

#include "proxy/base/buf.h"
#include "proxy/base/rc.h"
#include "proxy/http/message.h"

// Which framing field is written after the given fields.
enum h1_framing {
    H1_FRAME_AS_GIVEN, // none: the fields say it, or there is no body
    H1_FRAME_LENGTH,   // Content-Length, whether or not it is true
    H1_FRAME_CHUNKED,  // Transfer-Encoding: chunked
};

// What request and response heads share.
struct h1_fields {
    const struct h1_field *at; // borrowed
    size_t count;
    enum h1_framing framing;
    uint64_t content_length; // with H1_FRAME_LENGTH
    bool close;              // writes Connection: close
};

struct h1_response_head {
    int status;         // 100 to 599
    struct span reason; // at == NULL: the standard phrase
    bool is_http10;
    struct h1_fields fields;
};

struct h1_request_head {
    struct span method;
    struct span target;
    bool is_http10;
    struct h1_fields fields; // Host is one of them: it is not made up
};

// Append one head with its empty line. RC_SYNTAX: a name is not a token, or a method, target,
// reason or value has a character that it cannot have (CR, LF, NUL and other controls; white space
// in a target); RC_RANGE: the status; RC_CONFLICT: the fields hold the framing that was asked for
// already. out is unchanged unless RC_OK.
MUST_USE enum rc h1_emit_response(struct buf *out, const struct h1_response_head *head);
MUST_USE enum rc h1_emit_request(struct buf *out, const struct h1_request_head *head);

// One chunk; empty data writes nothing, since a chunk of no bytes would end the body.
void h1_emit_chunk(struct buf *out, struct span data);
// The same in two parts, for data that goes another way: size line before, CRLF after. size > 0.
void h1_emit_chunk_start(struct buf *out, uint64_t size);
void h1_emit_chunk_end(struct buf *out);
// The last chunk with trailer fields (NULL, 0: none); RC_SYNTAX as above, out then unchanged.
MUST_USE enum rc h1_emit_last_chunk(struct buf *out, const struct h1_field *trailers, size_t count);

// The standard reason phrase (RFC 9110 15 and the registry beside it), or "" for an unknown status.
struct span h1_reason(int status);

#endif
