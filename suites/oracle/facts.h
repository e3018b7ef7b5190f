// SPDX-License-Identifier: Apache-2.0
// Typed facts of one case, taken from its journal once; every oracle reads these and nothing else.
#ifndef SUITES_ORACLE_FACTS_H
#define SUITES_ORACLE_FACTS_H

#include "proxy/base/alloc.h"
#include "proxy/evidence/reader.h"

// What a client can say of a usage.
enum word { WORD_NONE, WORD_PENDING, WORD_UNKNOWN, WORD_METERED, WORD_REJECTED };

const char *word_name(enum word word); // "no word" for WORD_NONE
// WORD_NONE when text is no state of a usage.
enum word word_find(const char *text);

#define NOWHERE SIZE_MAX // an index that points at nothing

// Whose usage of what: the buyer is the same under CustomerIdentifier and LicenseArn.
struct account {
    const char *product; // "" when the usage did not say; equals any
    const char *who;     // symbol without "customer:" or "license:"
    const char *dimension;
};

// One usage the client was asked to meter.
struct usage_fact {
    const char *id; // "" when it stands for no usage of the scenario (exec contract)
    struct account account;
    int64_t quantity;
    bool has_at;
    // The hours it may be billed under; they differ only without `at`, when the hour turned first.
    int64_t first_us, last_us;
    int64_t step; // number on the client's line
    unsigned instance, line;
    uint64_t sent_seq;
    uint64_t acked_seq; // 0: never acknowledged
    bool is_void;       // not acknowledged before a restart: leaves every expectation
    size_t key;
    enum word last; // the client's last word
    unsigned last_line;
};

// The client said something of a usage.
struct word_fact {
    const char *id;
    size_t usage; // NOWHERE when nothing of that id was asked
    enum word word;
    const char *text; // the state as said; may be NULL
    uint64_t seq;
    unsigned line;
};

// A step of the scenario began.
struct step_fact {
    unsigned n, line;
    const char *verb, *id;
    uint64_t seq; // of a restart: of the client's end
    int64_t t_us, service_us;
    bool never_came; // a restart that waited for its commit or reply until the case was over
};

// A line was sent to the client.
struct sent_fact {
    unsigned n, line, instance;
    const char *verb, *sends, *id;
    int64_t step;
    uint64_t seq;
    int64_t t_us;
    uint64_t done_seq; // 0: not answered done
    int64_t done_service_us;
    uint64_t void_seq; // a restart made the answer void; 0: none
};

// One request, and what became of it.
struct exchange_fact {
    uint64_t x;
    unsigned line;
    uint64_t seq;
    int64_t t_us;
    const cJSON *request, *commit, *response; // NULL when there was none
    uint64_t response_seq;                    // 0 when there was none
    const char *operation;                    // "" when none was recognised
    const char *target;                       // whom the client asked: "service" …
    size_t first, count;                      // records
};

// One record of a request.
struct record_fact {
    size_t exchange;
    int64_t i;
    struct account account;
    const char *timestamp; // as sent; NULL when unreadable
    int64_t hour_us, quantity;
    const cJSON *allocations; // as sent; NULL when there were none
    size_t key;
};

// The service billed a record.
struct billed_fact {
    size_t exchange;
    struct account account;
    const char *region, *payer;
    const char *record; // its MeteringRecordId; "" where none is told
    int64_t hour_us, quantity, service_us;
    uint64_t seq;
    unsigned line;
    size_t key;
};

// What a whole reply, delivered to the client, says of one record.
enum reply_says { REPLY_CONFIRMS, REPLY_DUPLICATE, REPLY_REFUSES };
struct reply_fact {
    size_t record;
    enum reply_says says;
    uint64_t seq;
    unsigned line;
};

// The unit of money: one account and hour; several hours where a usage may belong to either.
struct key_fact {
    struct account account;
    int64_t first_us, last_us;
    int64_t preloaded; // billed before the case began
    bool was_preloaded;
};

struct exit_fact {
    unsigned instance, line;
    uint64_t seq;
    int64_t t_us;
    bool by_signal, expected;
    bool is_fault;    // a signal that we never send: only a broken program ends by it
    bool is_kill;     // SIGKILL
    bool is_lost;     // how it ended is not known
    bool unreachable; // a program that runs already could not be spoken to
    const char *text; // how it ended
    int64_t code;
};

struct start_fact {
    unsigned instance;
    uint64_t seq;
};

#define FACTS_LIST(type, name)                                                                     \
    struct type *name;                                                                             \
    size_t name##_count, name##_capacity

struct facts {
    const struct evidence_case *evidence; // borrowed
    const cJSON *scenario;                // borrowed
    struct evidence_case shown; // of facts before a moment: the evidence up to there; nothing owned
    bool is_moment;             // these are facts before a moment that is past
    bool wire_only;             // the exec contract: usages and words are read off the wire
    bool is_cut; // the evidence has no end that can be trusted, so what lacks may still have come
    const char *profile;              // "" when it is not told
    const cJSON *end;                 // NULL when there is none
    const char *why;                  // of the end; "" when there is none
    int64_t last_us, last_service_us; // of the last event, since the case was opened
    int64_t start_service_us;
    int64_t tolerance_us, lag_us;
    bool spoke; // hello was said
    FACTS_LIST(usage_fact, usages);
    FACTS_LIST(word_fact, words);
    FACTS_LIST(step_fact, steps);
    FACTS_LIST(sent_fact, sents);
    FACTS_LIST(exchange_fact, exchanges); // with the service
    FACTS_LIST(exchange_fact, askings);   // with those who are asked for credentials and region
    FACTS_LIST(record_fact, records);
    FACTS_LIST(billed_fact, bills);
    FACTS_LIST(reply_fact, replies);
    FACTS_LIST(key_fact, keys);
    FACTS_LIST(exit_fact, exits);
    FACTS_LIST(start_fact, starts);
};

// evidence is borrowed and must outlive the facts. wire_only: see README.md, "Exec contract".
void facts_init(struct facts *out, const struct evidence_case *evidence, bool wire_only);
// The facts as they were when the step began: what an expectation with `at` is judged on. What
// lacked then can no longer come. whole is borrowed and must outlive them; *out must not be copied.
void facts_init_before(struct facts *out, const struct facts *whole, const struct step_fact *step);
void facts_clear(struct facts *f);

// NULL when there is none.
const struct event *facts_event_at(const struct facts *f, uint64_t seq);
// NULL when nothing of that id was asked.
const struct usage_fact *facts_usage(const struct facts *f, const char *id);
// A step as expectations name it: its id, or its verb and argument ("disarm nobody listens"), or
// the verb alone (the first of them). NULL when it never began.
const struct step_fact *facts_step(const struct facts *f, const char *name);
// The scenario's own object of that step; NULL when the scenario has none.
const cJSON *facts_step_json(const struct facts *f, const char *name);
// The client's last word about a usage before that seq.
enum word facts_word_before(const struct facts *f, const struct usage_fact *u, uint64_t seq);
// Whether a reply of that status and error says only that the client shall come back later.
bool reply_throttles(int64_t status, const char *error);
// Whether a fault of that rule was delivered.
bool facts_delivered(const struct facts *f, const char *rule);

bool account_equal(const struct account *a, const struct account *b);
bool usage_takes(const struct usage_fact *u, const struct account *account, int64_t hour_us);
// Whether that entry of ledger.json is what the bill put there; their MeteringRecordIds count where
// both have one.
bool billed_as(const struct billed_fact *b, const cJSON *entry);

// "u1 (acme, requests, 2026-11-18T09:00Z)", appended.
void facts_name_usage(struct buf *b, const struct usage_fact *u);
void facts_name_key(struct buf *b, const struct account *account, int64_t hour_us);
// Of a record whose hour cannot be read.
#define NO_HOUR INT64_MIN
// An hour as "2026-11-18T09:00Z"; "no hour" for NO_HOUR.
#define HOUR_TEXT 24
void hour_text(char out[HOUR_TEXT], int64_t at_us);

// A member's text, "" when it is absent or no text.
const char *fact_text(const cJSON *object, const char *key);
// Who pays for a record or usage: `payer` without its model, else `customer`.
const char *fact_who(const cJSON *object);

// Parts of facts_init, one file each; in this order.
void facts_read_said(struct facts *f, const struct event *e); // steps, and what the client says
void facts_read_wire(struct facts *f, const struct event *e); // requests, commits, replies
// Keys of money; whole: facts of all the evidence where f are those before a moment, else NULL.
void facts_tie_keys(struct facts *f, const struct facts *whole);

// Appends one element, given as a compound literal.
#define FACTS_ADD(f, name, ...)                                                                    \
    do {                                                                                           \
        X_GROW((f)->name, (f)->name##_count, (f)->name##_capacity);                                \
        (f)->name[(f)->name##_count++] = __VA_ARGS__;                                              \
    } while (0)

#endif
