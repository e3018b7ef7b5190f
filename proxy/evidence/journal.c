// SPDX-License-Identifier: Apache-2.0
// A line is rendered into one buffer, shown to the observer, and appended to what waits for the
// next flush. The buffer is put aside while the observer looks, so that the observer may write
// lines of its own. Digest and write happen at flush, over many lines at once.
#include "proxy/evidence/journal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/base/digest.h"
#include "proxy/base/instant.h"
#include "proxy/evidence/disk.h"
#include "proxy/evidence/encoded.h"

// What waits is written before the turn ends once it is this long, so that memory stays bounded.
#define PENDING_MAX ((size_t)1 << 20)

// A moment's text, kept because most lines fall into the second of the line before.
struct stamp {
    int64_t second;
    size_t len; // 0: no second is known yet
    char text[INSTANT_TEXT];
};

// Apart from the journal, as asking for the digest of a const journal moves it on.
struct hasher {
    struct sha256_stream *stream;
    size_t done; // bytes of pending that the stream has seen
};

struct journal {
    char *path; // NULL: no file
    int fd;
    struct clock clock;
    int64_t opened_us;
    const int64_t *service_offset_us;
    journal_observer_fn *observer;
    void *observer_arg;
    size_t max_bytes;
    struct stamp wire, service;
    struct secrets *secrets;
    struct secrets *encoded; // the same in base64: looked for only in what the client prints
    struct hasher *hasher;
    bool in_line;
    enum event_kind kind; // of the line that is open
    size_t content;       // where its members begin, after our own
    struct buf line, last, pending, scratch;
    uint64_t seq, lost;
    size_t bytes; // of all lines kept
    int failed;   // the first errno of the file
};

const char *event_name(enum event_kind kind)
{
    static const char *const NAMES[] = {
#define EVENT(id, name) [EVENT_##id] = (name),
#include "proxy/evidence/event.def"
    };
    _Static_assert(sizeof NAMES / sizeof NAMES[0] == EVENT_COUNT, "every event has a name");
    return (size_t)kind < EVENT_COUNT ? NAMES[kind] : "?";
}

enum rc journal_open(struct journal **out, const struct journal_options *options, struct diag *d)
{
    int fd = -1;
    if (options->path != NULL) {
        enum rc rc = disk_open_new(&fd, options->path, d);
        if (rc != RC_OK) {
            return rc;
        }
    }
    struct journal *j = x_alloc(sizeof *j);
    *j = (struct journal){
        .path = options->path == NULL ? NULL : x_strdup(options->path),
        .fd = fd,
        .clock = options->clock,
        .opened_us = clock_monotonic_us(&options->clock),
        .service_offset_us = options->service_offset_us,
        .observer = options->observer,
        .observer_arg = options->observer_arg,
        .max_bytes = options->max_bytes,
        .secrets = secrets_new(),
        .encoded = secrets_new(),
        .hasher = x_alloc(sizeof(struct hasher)),
    };
    j->hasher->stream = sha256_stream_new();
    *out = j;
    return RC_OK;
}

void journal_secret(struct journal *j, const char *name, struct span value)
{
    secrets_add(j->secrets, name, value);
    secrets_add_encoded(j->encoded, name, value);
}

const char *journal_finds_secret(const struct journal *j, struct span text)
{
    const char *name = secrets_find(j->secrets, text);
    return name != NULL ? name : secrets_find(j->encoded, text);
}

void journal_redact(const struct journal *j, struct buf *out, struct span text)
{
    struct buf plain = {0};
    bool has_plain = secrets_redact(j->secrets, &plain, text);
    struct span left = has_plain ? buf_span(&plain) : text;
    if (!secrets_redact(j->encoded, out, left)) {
        buf_add(out, left);
    }
    buf_clear(&plain);
}

void journal_redact_json(const struct journal *j, struct buf *out, struct span text)
{
    if (!secrets_redact_json(j->secrets, out, text)) {
        buf_add(out, text);
    }
}

static int64_t second_of(int64_t at_us)
{
    return at_us / US_PER_S - (at_us % US_PER_S < 0 ? 1 : 0);
}

static void add_stamp(struct buf *b, struct stamp *s, int64_t at_us)
{
    int64_t second = second_of(at_us);
    if (s->len == 0 || s->second != second) {
        instant_format(s->text, at_us);
        s->len = strlen(s->text);
        s->second = second;
    }
    int ms = (int)((at_us - second * US_PER_S) / US_PER_MS);
    char *digits = s->text + s->len - 4; // "…123Z"
    digits[0] = (char)('0' + ms / 100);
    digits[1] = (char)('0' + ms / 10 % 10);
    digits[2] = (char)('0' + ms % 10);
    buf_add(b, (struct span){.at = s->text, .len = s->len});
}

struct buf *journal_begin(struct journal *j, enum event_kind kind)
{
    static const struct span EVENTS[] = {
#define MEMBER(name) "\",\"event\":\"" name "\""
#define EVENT(id, name) [EVENT_##id] = {.at = MEMBER(name), .len = sizeof MEMBER(name) - 1},
#include "proxy/evidence/event.def"
#undef MEMBER
    };
    assert(!j->in_line && (size_t)kind < EVENT_COUNT);
    struct buf *b = &j->line;
    int64_t wall_us = clock_wall_us(&j->clock);
    int64_t offset_us = j->service_offset_us == NULL ? 0 : *j->service_offset_us;
    j->in_line = true;
    j->kind = kind;
    buf_reset(b);
    buf_add(b, SPAN("{\"seq\":"));
    buf_add_u64(b, j->seq + 1);
    buf_add(b, SPAN(",\"t_us\":"));
    buf_add_i64(b, clock_monotonic_us(&j->clock) - j->opened_us);
    buf_add(b, SPAN(",\"wire\":\""));
    add_stamp(b, &j->wire, wall_us);
    buf_add(b, SPAN("\",\"service\":\""));
    add_stamp(b, &j->service, wall_us + offset_us);
    buf_add(b, EVENTS[kind]);
    j->content = b->len;
    return b;
}

static struct buf *add_key(struct journal *j, const char *key)
{
    assert(j->in_line);
    buf_add(&j->line, SPAN(",\""));
    buf_add_text(&j->line, key);
    buf_add(&j->line, SPAN("\":"));
    return &j->line;
}

void journal_text(struct journal *j, const char *key, struct span value)
{
    buf_add_json_string(add_key(j, key), value);
}

void journal_int(struct journal *j, const char *key, int64_t value)
{
    buf_add_i64(add_key(j, key), value);
}

void journal_bool(struct journal *j, const char *key, bool value)
{
    buf_add_text(add_key(j, key), value ? "true" : "false");
}

void journal_raw(struct journal *j, const char *key, struct span json)
{
    buf_add(add_key(j, key), json);
}

// Our own members at the front are left alone: no secret can stand there, but a numeric one could
// look as if it did.
static void redact_line(struct journal *j)
{
    struct span members = span_slice(buf_span(&j->line), j->content, j->line.len);
    buf_reset(&j->scratch);
    if (secrets_redact_json(j->secrets, &j->scratch, members)) {
        j->line.len = j->content;
        buf_add(&j->line, buf_span(&j->scratch));
    }
}

static bool fits(const struct journal *j)
{
    if (j->max_bytes == 0 || j->kind == EVENT_END) {
        return true;
    }
    size_t left = j->max_bytes > j->bytes ? j->max_bytes - j->bytes : 0;
    return j->lost == 0 && j->line.len < left;
}

static uint64_t keep(struct journal *j)
{
    if (!fits(j)) {
        j->lost++;
        return 0;
    }
    buf_add(&j->pending, buf_span(&j->line));
    buf_add_char(&j->pending, '\n');
    j->bytes += j->line.len + 1;
    return ++j->seq;
}

// The line's buffer is out of the journal while the observer looks; a line that the observer writes
// takes the other one.
static void show(struct journal *j)
{
    struct buf shown = j->line;
    j->line = j->last;
    j->last = (struct buf){0};
    if (j->observer != NULL) {
        j->observer(j->observer_arg, j->kind, buf_span(&shown));
    }
    if (j->last.data == NULL) {
        j->last = shown;
    } else {
        buf_clear(&shown);
    }
}

uint64_t journal_end(struct journal *j)
{
    assert(j->in_line);
    buf_add_char(&j->line, '}');
    redact_line(j);
    uint64_t seq = keep(j);
    j->in_line = false;
    show(j);
    if (j->pending.len >= PENDING_MAX) {
        journal_flush(j);
    }
    return seq;
}

static void hash_pending(const struct journal *j)
{
    struct hasher *h = j->hasher;
    if (j->fd < 0) {
        return; // nobody can hold the digest against anything
    }
    sha256_stream_add(h->stream, span_slice(buf_span(&j->pending), h->done, j->pending.len));
    h->done = j->pending.len;
}

// After the first failure nothing more is written: a journal that goes on after a gap would lie.
void journal_flush(struct journal *j)
{
    if (j->pending.len == 0) {
        return;
    }
    hash_pending(j);
    if (j->fd >= 0 && j->failed == 0) {
        j->failed = disk_write(j->fd, buf_span(&j->pending));
    }
    buf_reset(&j->pending);
    j->hasher->done = 0;
}

enum rc journal_error(const struct journal *j, struct diag *d)
{
    return j->failed == 0 ? RC_OK : disk_fail(d, j->path, j->failed);
}

uint64_t journal_lost(const struct journal *j)
{
    return j->lost;
}

const char *journal_path(const struct journal *j)
{
    return j->path;
}

struct span journal_last_line(const struct journal *j)
{
    return buf_span(&j->last);
}

void journal_digest(const struct journal *j, char out[65])
{
    hash_pending(j);
    sha256_stream_hex(j->hasher->stream, out);
}

static void release(struct journal *j)
{
    secrets_free(&j->secrets);
    secrets_free(&j->encoded);
    sha256_stream_free(&j->hasher->stream);
    x_free(j->hasher);
    x_free(j->path);
    buf_clear(&j->line);
    buf_clear(&j->last);
    buf_clear(&j->pending);
    buf_clear(&j->scratch);
    x_free(j);
}

enum rc journal_close(struct journal **j, struct diag *d)
{
    if (*j == NULL) {
        return RC_OK;
    }
    journal_flush(*j);
    // Some file systems report a full disk only here.
    if ((*j)->fd >= 0 && close((*j)->fd) != 0 && (*j)->failed == 0) {
        (*j)->failed = errno;
    }
    enum rc rc = journal_error(*j, d);
    release(*j);
    *j = NULL;
    return rc;
}
