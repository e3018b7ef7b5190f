// SPDX-License-Identifier: Apache-2.0
// Reads evidence back, and says whether it is what was written. Judging sees nothing else.
#ifndef PROXY_EVIDENCE_READER_H
#define PROXY_EVIDENCE_READER_H

#include "proxy/base/json.h"
#include "proxy/evidence/journal.h"

struct event {
    enum event_kind kind;
    uint64_t seq;
    int64_t t_us;       // monotonic, since the case was opened
    int64_t wire_us;    // since the epoch
    int64_t service_us; // since the epoch
    unsigned line;      // in journal.jsonl, from 1
    const cJSON *json;  // the whole line
};

// The text of that member; "" where there is none. Borrowed.
const char *event_text(const struct event *e, const char *key);

enum integrity {
    INTEGRITY_WHOLE, // ended, and every digest is right
    INTEGRITY_CUT,   // no end: the run was killed; the events are what reached the file
    INTEGRITY_BROKEN // a byte, a line or a file is not what was written
};

struct evidence_case {
    char *id;
    char *dir;
    cJSON *scenario;      // scenario.json; NULL when missing
    cJSON *ledger;        // ledger.json; NULL when missing
    struct event *events; // in order; of a broken journal those before the first bad line
    size_t count;
    enum integrity integrity;
    char problem[256]; // for a person: what is not as it was written; "" when whole
};

struct evidence_run {
    cJSON *run;                  // run.json
    struct evidence_case *cases; // in the order of run.json's list of cases
    size_t count;
    enum integrity integrity; // of run.json and the set of cases; not of each case's inside
    char problem[256];
};

// Reads OUT/run.json and every case it lists. RC_IO or RC_SYNTAX only when run.json itself cannot
// be read; everything else is told by the integrity fields. *out is owned; evidence_free releases
// it.
MUST_USE enum rc evidence_read(struct evidence_run **out, const char *dir, struct diag *d);
// Accepts NULL in *run and nulls it.
void evidence_free(struct evidence_run **run);

// Reads the events of one journal text (for tests and for `show`) into out, whose content before is
// ignored; the same integrity rules, but for the files beside it. RC_TAMPERED, and the problem in
// d, when it is broken; the events before the first bad line are there all the same.
MUST_USE enum rc evidence_read_events(struct evidence_case *out, struct span text, struct diag *d);
void evidence_case_clear(struct evidence_case *c);

#endif
