// SPDX-License-Identifier: Apache-2.0
// What the client knows: usage, the records it became, and the log from which both return after a
// kill. Usage of one key is summed until the record is frozen; from then on quantity and timestamp
// are what the service may have seen, and never change.
#ifndef TESTS_MUTANTS_BOOK_H
#define TESTS_MUTANTS_BOOK_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proxy/base/buf.h"
#include "proxy/base/rc.h"
#include "tests/mutants/shares.h"
#include "tests/mutants/subscriber.h"
#include "tests/mutants/variant.h"

enum word { WORD_NONE, WORD_PENDING, WORD_UNKNOWN, WORD_METERED, WORD_REJECTED };

// "pending"; "" for WORD_NONE.
const char *word_name(enum word word);

struct book_record {
    char *product, *identifier, *account, *license, *dimension; // "" where absent
    char *buyer; // the account, also where it is not what names the customer
    char *token; // the ClientToken, made when it is frozen; NULL: none
    int64_t hour_us;
    int64_t timestamp_us; // of the latest usage in it, until frozen
    int64_t quantity;
    struct shares shares; // of the quantity, by tags
    const char *beyond;   // why the quantity cannot be reported, literal; NULL: it can
    double raw;           // what was asked, where it cannot be reported
    bool frozen;
    bool in_doubt;  // a sending of it may have been executed without our knowing
    bool held;      // only an operator can help; sent at most once more per start
    bool forgotten; // by a bug
    bool again;     // accepted, and to be sent once more beside unprocessed ones
    unsigned sendings;
    int64_t sent_us;       // the timestamp last sent
    int64_t sent_quantity; // the quantity last sent
    enum word word;
    char *record_id;    // MeteringRecordId, or NULL
    const char *reason; // literal, or NULL
};

struct book_usage {
    char *id;
    size_t record;
    enum word said; // the last word given since the client started
};

struct book {
    const struct variants *variants;
    struct book_record *records;
    size_t record_count, record_cap;
    struct book_usage *usages;
    size_t usage_count, usage_cap;
    struct subscriber *subscribers;
    size_t subscriber_count, subscriber_cap;
    bool adds_up;  // on AgentCore: reports of one key are added up, each by its ClientToken
    int log_fd;    // -1: nothing is kept
    size_t log_at; // up to here the log was applied
    struct buf unwritten;
};

// Reads the log in directory and opens it for more. A last line that a kill cut is dropped. With
// directory NULL nothing is kept. b is always valid for book_close.
MUST_USE enum rc book_open(struct book *b, const char *directory, const struct variants *variants);
void book_close(struct book *b);

// Between the two the log is this process's alone, and what others have written to it is known. A
// second instance of the client works with the same log.
MUST_USE enum rc book_lock(struct book *b);
void book_unlock(struct book *b);
// Appends a line to the log; it is on disk when this returns RC_OK.
MUST_USE enum rc book_write(struct book *b, struct span line);
// Adds a record of quantity 0, as nothing was used in that hour.
MUST_USE enum rc book_take_nothing(struct book *b, const struct subscriber *s,
                                   const char *dimension, int64_t hour_us);
// Whether anything is known of that customer's hour.
bool book_has_hour(const struct book *b, const struct subscriber *s, int64_t hour_us);

// Takes usage as its line bears it; at_us is used where the usage bears no `at`. It is on disk when
// this returns RC_OK. Usage without a customer is that of the account in which the client runs.
// *wrong: why it cannot be billed under its key, or NULL: the key was sent before, or the quantity
// cannot be reported.
MUST_USE enum rc book_take(struct book *b, const cJSON *usage, int64_t at_us, const char **wrong);

// Whether a record of the same key stands before this one and may have been billed.
bool book_is_late(const struct book *b, size_t record);
// Freezes a record before its first sending, which waits for book_commit. Where reports of one key
// are added up it gets a token of its own.
void book_freeze(struct book *b, size_t record, int64_t timestamp_us);
// Gives a record its last word.
void book_settle(struct book *b, size_t record, enum word word, const char *record_id);
// Makes everything so far durable, but for the bug ack-before-store.
MUST_USE enum rc book_commit(struct book *b);
// Writes what the bug ack-before-store held back.
MUST_USE enum rc book_flush(struct book *b);

#endif
