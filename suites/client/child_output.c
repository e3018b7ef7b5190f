// SPDX-License-Identifier: Apache-2.0
// What the client writes: read without waiting, kept, and cut into lines that may be answers.
#include "suites/client/child_inside.h"

#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "proxy/base/own.h"

#define READ_BYTES 65536
#define READS_PER_TURN 4

static void close_stream(struct stream *s)
{
    if (s->fd >= 0) {
        loop_watch_set(&s->watch, 0);
        (void)close(s->fd);
        s->fd = -1;
    }
}

static void tell_malformed(struct child *c, struct span text, const char *expected)
{
    if (c->observer.on_malformed != NULL) {
        c->observer.on_malformed(c->observer.arg, text, expected);
    }
}

static void deliver_overlong(struct child *c, struct span line)
{
    struct span start = span_trim(line);
    if (span_starts(start, SPAN("{")) && span_has(start, SPAN("\"mp\""))) {
        char why[96];
        (void)snprintf(why, sizeof why, "an answer must be a line of at most %zu bytes",
                       c->lines.max_bytes);
        tell_malformed(c, line, why);
    }
}

static bool on_line(void *arg, struct span line, bool is_overlong)
{
    struct child *c = child_from(arg);
    if (is_overlong) {
        deliver_overlong(c, line);
        return !c->is_doomed;
    }
    struct answer answer = {0};
    OWN(json) cJSON *tree = NULL;
    char why[ANSWER_WHY] = "";
    enum answer_reading reading = protocol_read(&answer, &tree, line, why);
    if (reading == ANSWER_IS_BROKEN) {
        tell_malformed(c, line, why);
    } else if (reading == ANSWER_IS && c->observer.on_answer != NULL) {
        c->observer.on_answer(c->observer.arg, line, &answer);
    }
    return !c->is_doomed;
}

static void flood(struct child *c)
{
    c->is_flooded = true;
    // The pipes stay open until it is gone, or it would be SIGPIPE that ends it.
    loop_watch_set(&c->streams[CLIENT_STDOUT].watch, 0);
    loop_watch_set(&c->streams[CLIENT_STDERR].watch, 0);
    child_kill(c);
    if (c->observer.on_flood != NULL && !c->is_doomed) {
        c->observer.on_flood(c->observer.arg, c->output_bytes);
    }
}

static void take(struct stream *s, struct span bytes)
{
    struct child *c = s->owner;
    uint64_t room = c->max_output_bytes - c->output_bytes;
    bool is_too_much = bytes.len > room;
    if (is_too_much) {
        bytes.len = (size_t)room;
    }
    c->output_bytes += bytes.len;
    sink_add(&s->sink, bytes);
    if (s->which == CLIENT_STDOUT) {
        lines_feed(&c->lines, bytes, on_line, c);
    }
    if (is_too_much && !c->is_doomed) {
        flood(c);
    }
}

// Reads once, at most want bytes. Gives how many came; 0 at the end, or when there is nothing now.
static size_t read_once(struct stream *s, size_t want)
{
    char bytes[READ_BYTES];
    ssize_t n = 0;
    do {
        n = read(s->fd, bytes, want < sizeof bytes ? want : sizeof bytes);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        take(s, (struct span){.at = bytes, .len = (size_t)n});
        return (size_t)n;
    }
    if (n == 0 || errno != EAGAIN) {
        close_stream(s);
    }
    return 0;
}

static bool is_readable(const struct stream *s)
{
    return s->fd >= 0 && !s->owner->is_flooded && !s->owner->is_doomed;
}

// What waits in the pipe now, so that a client that goes on writing cannot keep us here.
static size_t readable_bytes(const struct stream *s)
{
    int n = 0;
    return is_readable(s) && ioctl(s->fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}

static void read_waiting(struct stream *s)
{
    size_t waiting = readable_bytes(s);
    while (waiting > 0 && is_readable(s)) {
        size_t n = read_once(s, waiting);
        if (n == 0) {
            return;
        }
        waiting -= n;
    }
}

// Lines must not overtake each other, so a read within a delivery is left to the outer one.
static bool begin_reading(struct child *c)
{
    if (c->is_reading) {
        c->must_read_again = true;
        return false;
    }
    c->is_reading = true;
    return true;
}

static void end_reading(struct child *c)
{
    while (c->must_read_again) {
        c->must_read_again = false;
        read_waiting(&c->streams[CLIENT_STDOUT]);
    }
    c->is_reading = false;
}

static void on_stream_ready(void *arg, int events)
{
    (void)events;
    struct stream *s = arg;
    struct child *c = child_from(s->owner);
    child_enter(c);
    if (begin_reading(c)) {
        size_t n = READ_BYTES;
        for (int i = 0; i < READS_PER_TURN && n == READ_BYTES && is_readable(s); i++) {
            n = read_once(s, READ_BYTES);
        }
        end_reading(c);
    }
    child_leave(c);
}

void child_read_now(struct client *face)
{
    struct child *c = child_from(face);
    child_enter(c);
    if (begin_reading(c)) {
        read_waiting(&c->streams[CLIENT_STDOUT]);
        end_reading(c);
    }
    child_leave(c);
}

static void tell_half_line(struct child *c)
{
    struct span rest = lines_rest(&c->lines);
    if (rest.len > 0 && !c->is_flooded && !c->is_doomed && c->observer.on_half_line != NULL) {
        c->observer.on_half_line(c->observer.arg, rest);
    }
}

void child_read_rest(struct child *c)
{
    if (begin_reading(c)) {
        for (size_t i = 0; i < 2; i++) {
            while (readable_bytes(&c->streams[i]) > 0) {
                read_waiting(&c->streams[i]);
            }
        }
        end_reading(c);
    }
    tell_half_line(c);
}

static void scrub_stream(void *arg, struct span text, struct buf *out)
{
    struct stream *s = arg;
    s->owner->scrub(s->owner->observer.arg, s->which, text, out);
}

enum rc child_open_output(struct child *c, enum client_stream which, const char *path,
                          struct diag *d)
{
    struct stream *s = &c->streams[which];
    *s = (struct stream){.owner = c,
                         .which = which,
                         .fd = -1,
                         .sink = {.fd = -1,
                                  .max_hold_bytes = c->lines.max_bytes,
                                  .scrub = c->scrub == NULL ? NULL : scrub_stream,
                                  .arg = s}};
    return sink_open(&s->sink, path, d);
}

static void watch_stream(struct stream *s, int fd)
{
    s->fd = fd;
    loop_watch_init(&s->watch, s->owner->loop, fd, on_stream_ready, s);
    loop_watch_set(&s->watch, LOOP_READ);
}

void child_watch_output(struct child *c)
{
    watch_stream(&c->streams[CLIENT_STDOUT], c->process.out);
    watch_stream(&c->streams[CLIENT_STDERR], c->process.err);
}

enum rc child_close_output(struct child *c)
{
    enum rc record = RC_OK;
    for (size_t i = 0; i < 2; i++) {
        struct stream *s = &c->streams[i];
        close_stream(s);
        sink_close(&s->sink);
        record = record != RC_OK ? record : s->sink.record;
    }
    return record;
}
