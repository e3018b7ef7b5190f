// SPDX-License-Identifier: Apache-2.0
// Who subscribes, as far as registrations and notices have told. Of a customer who is not known
// here the client has heard nothing but usage: a subscriber of old.
#ifndef TESTS_MUTANTS_SUBSCRIBER_H
#define TESTS_MUTANTS_SUBSCRIBER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "proxy/base/rc.h"

struct book;
struct book_record;

enum standing {
    STANDING_AWAITED, // registered, not yet subscribed
    STANDING_ACTIVE,
    STANDING_CLOSING, // an hour is left for its last records
    STANDING_GONE,
    STANDING_FAILED,
};

struct subscriber {
    char *identifier, *account, *license, *product, *user; // "" where absent
    enum standing standing;
    int64_t since_us;   // when it became active
    int64_t closing_us; // when its last hour began
    int64_t told_us;    // when the last notice about it was published
    bool is_trial;
};

// The subscriber whom that identifier or licence names; NULL when there is none.
struct subscriber *subscriber_find(const struct book *b, const char *identifier,
                                   const char *license, const char *account);
struct subscriber *subscriber_of(const struct book *b, const struct book_record *record);

// Adds, or changes, the subscriber of that identifier and licence; on disk when this returns RC_OK.
MUST_USE enum rc subscriber_put(struct book *b, const struct subscriber *s);
// A line of the log: {"who":{…}}.
void subscriber_apply(struct book *b, const cJSON *line);
void subscribers_clear(struct book *b);

// Whether records of that subscriber may be sent at that moment; NULL: of old, always.
bool subscriber_may_send(const struct subscriber *s, int64_t now_us);
// Whether even the running hour is to be sent, since there will be no later chance.
bool subscriber_is_last_chance(const struct subscriber *s, int64_t now_us);

#endif
