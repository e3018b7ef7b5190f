// SPDX-License-Identifier: Apache-2.0
// What a program that runs already (attach contract) keeps from case to case, and how one case is
// kept from disturbing the next: customers, tokens and usage ids of its own, told time that never
// runs backwards, and a quiet drain after it.
#ifndef SUITES_PLAY_ATTACHED_H
#define SUITES_PLAY_ATTACHED_H

#include "suites/client/attach.h"

// The identity of a customer of an earlier case.
struct stranger {
    char *value;
    char *case_id;
};

struct attachment {
    struct attach_ways ways;
    const char *listen; // "127.0.0.1:9123": the endpoint of every case
    uint64_t nonce;     // of the run: no program has met its customers and ids before
    unsigned played;    // cases so far, friendly exchanges included
    int64_t told_us;    // where told time has come to; 0: nowhere yet
    char *life;         // of the program, as it said itself; NULL: it has not
    struct stranger *strangers;
    size_t stranger_count, stranger_capacity;
};

// Forgets the strangers; what the ways point to is not its own.
void attachment_clear(struct attachment *a);

// Where told time begins in a case that may begin at floor_us at the earliest: the first quarter
// past an hour, from the 10th to the 24th of a month of 30 days, so that every case finds the
// calendar that it was written for.
int64_t attached_told_start(int64_t floor_us);

#endif
