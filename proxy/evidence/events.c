// SPDX-License-Identifier: Apache-2.0
#include "proxy/evidence/events.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "proxy/base/digest.h"
#include "proxy/base/instant.h"
#include "proxy/base/own.h"

struct reading {
    struct evidence_case *into;
    size_t capacity;
    const char *file;
    struct span text;
    struct span end;
    unsigned line;
};

void evidence_spoil(struct evidence_case *c, enum integrity integrity, const char *format, ...)
{
    if (integrity <= c->integrity) {
        return;
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(c->problem, sizeof c->problem, format, args);
    va_end(args);
    c->integrity = integrity;
}

static bool bad_line(const struct reading *r, const char *what)
{
    evidence_spoil(r->into, INTEGRITY_BROKEN, "%s:%u: %s", r->file, r->line, what);
    return false;
}

static bool find_event(enum event_kind *kind, struct span name)
{
    for (int i = 0; i < EVENT_COUNT; i++) {
        if (span_is(name, event_name((enum event_kind)i))) {
            *kind = (enum event_kind)i;
            return true;
        }
    }
    return false;
}

static bool read_moment(int64_t *at_us, const cJSON *line, const char *key)
{
    return instant_parse(at_us, json_span(json_get(line, key))) == RC_OK;
}

static bool read_seq(const struct reading *r, struct event *event)
{
    int64_t seq = 0;
    int64_t expected = (int64_t)r->into->count + 1;
    if (!json_int(json_get(event->json, "seq"), 1, INT64_MAX, &seq)) {
        return bad_line(r, "this line has no seq");
    }
    event->seq = (uint64_t)seq;
    if (seq != expected) {
        evidence_spoil(r->into, INTEGRITY_BROKEN,
                       "%s:%u: this line has seq %" PRId64 " where %" PRId64
                       " is due: lines were removed, added or moved",
                       r->file, r->line, seq, expected);
        return false;
    }
    return true;
}

static bool read_members(const struct reading *r, struct event *event)
{
    const struct evidence_case *c = r->into;
    if (!read_seq(r, event)) {
        return false;
    }
    if (!json_int(json_get(event->json, "t_us"), 0, INT64_MAX, &event->t_us) ||
        (c->count > 0 && event->t_us < c->events[c->count - 1].t_us)) {
        return bad_line(r, "t_us is not a time at or after that of the line before");
    }
    if (!read_moment(&event->wire_us, event->json, "wire") ||
        !read_moment(&event->service_us, event->json, "service")) {
        return bad_line(r, "wire or service is not a moment");
    }
    if (!find_event(&event->kind, json_span(json_get(event->json, "event")))) {
        return bad_line(r, "this event is not known");
    }
    return true;
}

static bool add_event(struct reading *r, struct span line)
{
    struct evidence_case *c = r->into;
    struct diag d = {0};
    OWN(json) cJSON *tree = NULL;
    if (json_read(&tree, NULL, line, NULL, &d) != RC_OK) {
        evidence_spoil(c, INTEGRITY_BROKEN, "%s:%u: %.180s", r->file, r->line, d.text);
        return false;
    }
    struct event event = {.line = r->line, .json = tree};
    if (!read_members(r, &event)) {
        return false;
    }
    X_GROW(c->events, c->count, r->capacity);
    c->events[c->count++] = event;
    (void)own_take_json(&tree);
    return true;
}

// The end line must hold the digest of all text before it.
static void check_end(struct reading *r, const cJSON *end, struct span line)
{
    char digest[SHA256_HEX];
    r->end = line;
    sha256_hex(digest, span_slice(r->text, 0, (size_t)(line.at - r->text.at)));
    if (!span_is(json_span(json_get(end, "journal")), digest)) {
        evidence_spoil(r->into, INTEGRITY_BROKEN,
                       "%s: a line before line %u is not as it was written: the digest of the end "
                       "line differs",
                       r->file, r->line);
    }
    int64_t lost = json_get_int(end, "lost", 0);
    if (lost > 0) {
        evidence_spoil(r->into, INTEGRITY_CUT,
                       "%s:%u: %" PRId64 " lines before this one were lost to the size limit",
                       r->file, r->line, lost);
    }
}

// Gives false when nothing after this line should be read.
static bool take_line(struct reading *r, struct span line)
{
    if (r->end.at != NULL) {
        return bad_line(r, "this line stands after the end");
    }
    if (!add_event(r, line)) {
        return false;
    }
    const struct event *event = &r->into->events[r->into->count - 1];
    if (event->kind == EVENT_END) {
        check_end(r, event->json, line);
    }
    return true;
}

void events_read(struct evidence_case *c, struct span text, const char *file, struct span *end)
{
    struct reading r = {.into = c, .file = file, .text = text};
    struct span rest = text;
    while (rest.len > 0) {
        struct span line = span_cut(&rest, '\n');
        r.line++;
        bool is_half = rest.at == NULL;
        // Without newline the line was being written when the program was killed.
        if (is_half && r.end.at == NULL) {
            break;
        }
        if (!take_line(&r, line)) {
            break;
        }
    }
    if (r.end.at == NULL) {
        evidence_spoil(c, INTEGRITY_CUT, "%s: the journal has no end: the run was cut off", file);
    }
    *end = r.end;
}

enum rc evidence_read_events(struct evidence_case *out, struct span text, struct diag *d)
{
    struct span end;
    *out = (struct evidence_case){0};
    events_read(out, text, "journal.jsonl", &end);
    return out->integrity == INTEGRITY_BROKEN ? diag_fail(d, RC_TAMPERED, "%s", out->problem)
                                              : RC_OK;
}

const char *event_text(const struct event *e, const char *key)
{
    const char *text = json_get_text(e->json, key);
    return text == NULL ? "" : text;
}

void evidence_case_clear(struct evidence_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        // The tree is ours; it is const for those who judge.
        // NOLINTNEXTLINE(performance-no-int-to-ptr)
        cJSON_Delete((cJSON *)(uintptr_t)c->events[i].json);
    }
    x_free(c->events);
    x_free(c->id);
    x_free(c->dir);
    cJSON_Delete(c->scenario);
    cJSON_Delete(c->ledger);
    *c = (struct evidence_case){0};
}
