// SPDX-License-Identifier: Apache-2.0
// The journal of a case: one JSON line per event, in order. See proxy/evidence/README.md for the
// members of each event.
#ifndef PROXY_EVIDENCE_JOURNAL_H
#define PROXY_EVIDENCE_JOURNAL_H

#include "proxy/base/buf.h"
#include "proxy/base/clock.h"
#include "proxy/base/diag.h"

enum event_kind {
#define EVENT(id, name) EVENT_##id,
#include "proxy/evidence/event.def"
    EVENT_COUNT
};

const char *event_name(enum event_kind kind);

// Sees every line as it is written, before it reaches the file; line has no newline and is valid
// until the call returns. It may write further lines. Lines lost to max_bytes are shown too (the
// wire did what they say), though the file does not have them.
typedef void journal_observer_fn(void *arg, enum event_kind kind, struct span line);

struct journal_options {
    const char *path; // NULL: lines go to the observer only
    struct clock clock;
    // Service time is the clock's wall time plus *service_offset_us; borrowed; NULL for no offset.
    const int64_t *service_offset_us;
    journal_observer_fn *observer; // may be NULL
    void *observer_arg;
    size_t max_bytes; // 0: no limit; beyond it lines are counted as lost and the end says so
};

struct journal;

// Creates the file (it must not exist). RC_IO with a sentence in d.
MUST_USE enum rc journal_open(struct journal **out, const struct journal_options *options,
                              struct diag *d);
// Text that must never be written; it is replaced by [secret:name]. value is copied; shorter than 8
// bytes is ignored, as it would blind the journal.
void journal_secret(struct journal *j, const char *name, struct span value);
// Whether text holds a registered secret: gives its name, or NULL. Borrowed.
const char *journal_finds_secret(const struct journal *j, struct span text);
// text with secrets replaced, appended to out.
void journal_redact(const struct journal *j, struct buf *out, struct span text);
// The same of a part of a JSON text that begins outside of any string: it stays valid JSON.
void journal_redact_json(const struct journal *j, struct buf *out, struct span text);

// Begins a line with seq, t_us (monotonic, since the journal was opened), wire, service and event,
// and gives the buffer to which members are appended, each beginning with a comma; the functions
// below do that. Lines do not nest.
// Keys are written as they are: plain words without quotes or backslashes.
struct buf *journal_begin(struct journal *j, enum event_kind kind);
void journal_text(struct journal *j, const char *key, struct span value);
void journal_int(struct journal *j, const char *key, int64_t value);
void journal_bool(struct journal *j, const char *key, bool value);
void journal_raw(struct journal *j, const char *key, struct span json); // valid JSON
// Ends the line: secrets replaced, observer told, kept for the next flush. Gives its seq, or 0 when
// the line was lost to max_bytes. After the first lost line only `end` is kept: a journal has no
// holes.
uint64_t journal_end(struct journal *j);

// Writes what is kept. Once per loop turn. A failure is remembered and told by journal_error.
void journal_flush(struct journal *j);
// RC_OK, or what went wrong with the file, with errno's sentence in d.
enum rc journal_error(const struct journal *j, struct diag *d);
// Lines lost to max_bytes so far.
uint64_t journal_lost(const struct journal *j);
// The file's path as given, or NULL.
const char *journal_path(const struct journal *j);
// The line that ended last, without its newline; valid until the next one begins.
struct span journal_last_line(const struct journal *j);
// SHA-256 of every byte of the file up to now, flushed or not; that of nothing where there is none.
void journal_digest(const struct journal *j, char out[65]);
// Flushes and closes. Accepts NULL in *j and nulls it. The outcome is that of the whole life.
enum rc journal_close(struct journal **j, struct diag *d);

#endif
