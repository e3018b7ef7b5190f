// SPDX-License-Identifier: Apache-2.0
// What the fields of a head say about the message: its host, where its body ends, whether the
// connection goes on (RFC 9112 3.2, 6.3 and 9.3; RFC 9110 10.1.1).
#ifndef PROXY_HTTP_FRAMING_H
#define PROXY_HTTP_FRAMING_H

#include "proxy/http/parser.h"

// Which request a response answers, as far as that matters to its framing.
enum h1_answered { H1_ANSWERS_OTHER, H1_ANSWERS_HEAD, H1_ANSWERS_CONNECT };

// Gathered from one head, field by field. All zero at its begin.
struct h1_notes {
    bool has_host;
    bool has_length;
    bool length_is_too_large; // for 64 bits
    uint64_t length;
    bool has_coding;
    bool last_is_chunked;
    bool chunked_is_twice;
    bool has_other_coding;
    bool says_close;
    bool says_keep_alive;
    bool expects_continue;
    bool expects_other;
};

// Takes note of one field; a fault is one of its value alone, or of its being there twice.
enum h1_fault h1_note_field(struct h1_notes *notes, enum h1_kind kind,
                            const struct h1_field *field);

// When the fields are complete: sets the framing members of *head, whose start line and fields are
// set. max_body: the limit.
enum h1_fault h1_decide_framing(const struct h1_notes *notes, enum h1_kind kind,
                                enum h1_answered answered, uint64_t max_body, struct h1_head *head);

// RFC 9110 6.5.1: true for fields that must not stand in a trailer because they frame or route.
bool h1_is_barred_from_trailers(struct span name);

#endif
