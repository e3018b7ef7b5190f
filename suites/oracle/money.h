// SPDX-License-Identifier: Apache-2.0
// The parts of the money invariant; invariant_money is their sum.
#ifndef SUITES_ORACLE_MONEY_H
#define SUITES_ORACLE_MONEY_H

#include "suites/oracle/oracle.h"

// A key's sums at one moment of the journal.
struct tally {
    int64_t asked;   // sent to the client: the upper bound of what it may bill
    int64_t billed;  // by this case's commits
    int64_t metered; // of usages whose last word it is
    int64_t rejected;
    bool is_asked;  // something was asked at all
    bool confirmed; // a whole reply said Success
    bool duplicate; // a whole reply said DuplicateRecord
    bool refused;   // a whole reply refused it
    unsigned confirmed_line;
    uint64_t confirmed_seq;
    bool told_over; // over-billing was told once
};

// Follows the journal; tallies has one element per key, zeroed; at the end it holds the final sums.
void money_follow(struct findings *out, const struct facts *f, struct tally *tallies);
// What must hold at the end: every usage has a word, what was confirmed is called metered.
void money_end(struct findings *out, const struct facts *f, const struct tally *tallies);
// Our own two accounts, the commits and ledger.json, must be one.
void money_accounts(struct findings *out, const struct facts *f);

// "u1 (acme, requests, 2026-11-18T09:00Z)", or "u1 + u2 (…)"; what was asked of a key.
void money_name_key(struct buf *b, const struct facts *f, size_t key);
// One sentence about a bill that exceeds what was asked.
void money_tell_over(struct findings *out, const struct facts *f, const struct billed_fact *bill,
                     const struct tally *tallies);

#endif
