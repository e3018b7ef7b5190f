// SPDX-License-Identifier: Apache-2.0
// A reply in the making: what the actions of a rule and the service put together, and its bytes.
#ifndef PROXY_DRAFT_H
#define PROXY_DRAFT_H

#include "proxy/exchange.h"

// A reply in the making.
struct draft {
    struct exchange *x;
    size_t *order; // owned; NULL: as sent
    bool is_shuffled;
    enum echo_times times; // how the service writes those of records
    bool is_in_place;      // a rule has answered
    bool is_replayed;      // a recording has, or an error that says that it does not
    enum jwt_forgery forgery;
    int status;
    struct buf body, type_header;
    const cJSON *headers; // of `respond`; overrides ours by name
    const char *content_type;
    const cJSON *date_shift, *retry; // arguments of `date_header` and `retry_after`, or NULL
    struct buf location;             // of `redirect`
    unsigned token_ttl_s;            // of a metadata token that is given; else 0
};

// Of the reply to that exchange: always the same.
#define DRAFT_REQUEST_ID 40
void draft_request_id(const struct exchange *x, char out[DRAFT_REQUEST_ID]);
// Writes the draft's reply into its exchange: x->out, head_bytes and status.
void draft_assemble(struct draft *draft);
// Whether the action's arguments can be put on the wire; RC_SYNTAX with a sentence.
MUST_USE enum rc draft_check(const struct action *action, struct diag *d);

#endif
