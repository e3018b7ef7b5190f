// SPDX-License-Identifier: Apache-2.0
// What a parser told, as text: one line an event, so that two ways of feeding it can be compared.
#ifndef TESTS_UNIT_HTTP_EVENT_LOG_H
#define TESTS_UNIT_HTTP_EVENT_LOG_H

#include "proxy/base/buf.h"
#include "proxy/http/parser.h"

// How a parser is set up.
struct h1_setup {
    const char *name; // the prefix of its vectors
    enum h1_kind kind;
    const char *answers; // NULL: nothing is said
    struct h1_limits limits;
};

// Ends with a row without name.
extern const struct h1_setup H1_SETUPS[];

struct event_log {
    struct h1_parser *parser;
    struct buf text;
    struct buf body; // adjacent parts are one line
    bool is_refused;
    bool is_sound; // false once the parser broke a promise of its header
};

void event_log_init(struct event_log *log, const struct h1_setup *setup);
void event_log_clear(struct event_log *log);

// Feeds a copy of exactly those bytes, so that reading beyond them is seen by a sanitizer.
void event_log_feed(struct event_log *log, struct span piece);
// Ends the connection and the log.
void event_log_finish(struct event_log *log);

// The head alone, with its fields, as the log of H1_HEAD has it.
void event_log_add_head(struct buf *text, const struct h1_head *head);

#endif
