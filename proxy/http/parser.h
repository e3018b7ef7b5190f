// SPDX-License-Identifier: Apache-2.0
// A strict parser of HTTP/1.1 (RFC 9112): bytes in, events out; the caller pulls.
//
//     for (;;) {
//         switch (h1_parser_next(p, &input, &body)) {
//         case H1_HEAD: ...h1_parser_head(p)...
//         case H1_BODY: ...body...
//         case H1_END: ...one message is complete; stop here, or go on to a pipelined one
//         case H1_NEED_MORE: all of input is consumed; call again when more has come
//         case H1_ERROR: answer h1_parser_error(p)->status and close
//
// How the bytes were split between calls never changes what is reported.
#ifndef PROXY_HTTP_PARSER_H
#define PROXY_HTTP_PARSER_H

#include "proxy/http/message.h"

enum h1_kind { H1_REQUEST, H1_RESPONSE };

enum h1_event {
    H1_NEED_MORE, // all of the input is consumed and the message goes on (or none has begun)
    H1_HEAD,      // the head is complete
    H1_BODY,      // a part of the body, never empty
    H1_END,       // the message is complete; input keeps what follows it
    H1_ERROR,     // the message is refused; final
    H1_CLOSED,    // by h1_parser_finish only: the connection ended between two messages
};

#define H1_MAX_FIELDS 100 // by default

// Every limit is inclusive. Zero means the default.
struct h1_limits {
    size_t max_start_line;       // bytes of the start line with its CRLF: 8 KiB
    size_t max_field_bytes;      // of all field lines of a head with their CRLFs: 64 KiB
    size_t max_fields;           // field lines of a head, and of a trailer: H1_MAX_FIELDS
    uint64_t max_body;           // bytes, without chunk framing: 16 MiB
    size_t max_chunk_line;       // bytes of one chunk size line with its CRLF: 1 KiB
    size_t max_chunk_extensions; // bytes of all chunk extensions of a message: 16 KiB
    size_t max_trailer_bytes;    // of all trailer lines with their CRLFs: 8 KiB
};

enum h1_fault {
#define H1_FAULT(id, status, text) H1_FAULT_##id,
#include "proxy/http/fault.def"
};

// Why a message was refused.
struct h1_error {
    const char *name; // "BARE_LF"
    const char *text; // one sentence
    enum h1_fault fault;
    int status;    // what a server answers; 502 when the message is a response
    unsigned line; // of the head or the trailer section, from 1; 0 when it is not about a line
};

struct h1_parser;

// limits may be NULL; it is copied.
struct h1_parser *h1_parser_new(enum h1_kind kind, const struct h1_limits *limits);
// Accepts NULL in *p and nulls it.
void h1_parser_free(struct h1_parser **p);

// Gives the next event and moves input past the bytes that were consumed. Call until it gives
// H1_NEED_MORE (H1_END needs no input of its own). With H1_BODY, *body is a slice of the input that
// was passed. After H1_END the next call begins the next message; whether there may be one
// (keep_alive) is the caller's business. After H1_ERROR it gives H1_ERROR again, consuming nothing.
enum h1_event h1_parser_next(struct h1_parser *p, struct span *input, struct span *body);

// Says that the connection has ended. H1_END: this ended a response delimited by it; H1_CLOSED:
// no message was open; H1_ERROR: it came inside a message. Pull with h1_parser_next first.
enum h1_event h1_parser_finish(struct h1_parser *p);

// Responses only: the method of the request that the next final response answers (HEAD and CONNECT
// change what follows its head). Say it before the response's first byte; 1xx responses do not use
// it up, the final one does, and without it the method counts as neither.
void h1_parser_answers(struct h1_parser *p, struct span method);

// The head of the current message; all its spans live in the parser until the next message begins.
// After H1_ERROR: as much of it as was understood.
const struct h1_head *h1_parser_head(const struct h1_parser *p);
// The trailer fields of the current message, none before H1_END; they live as long as the head.
const struct h1_field *h1_parser_trailers(const struct h1_parser *p, size_t *count);
// fault is H1_FAULT_NONE while nothing is wrong.
const struct h1_error *h1_parser_error(const struct h1_parser *p);
// True from the first byte of a message until its H1_END: closing now would cut it.
bool h1_parser_is_inside(const struct h1_parser *p);
// Between two messages: gives the memory of the last one back, so that an idle connection costs
// only the parser itself. The head and trailers handed out before end here. No effect inside a
// message.
void h1_parser_rest(struct h1_parser *p);

#endif
