// SPDX-License-Identifier: Apache-2.0
// The client as a child process of ours. It has ended when its supervisor says that nothing is left
// of it; only then is the rest of its output read, so that nothing can follow. What it holds open,
// or its orphans do, is therefore of no account. Callbacks may free the client: entry points count
// their depth, and the outermost frees.
#include "suites/client/client_inside.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/net/loop.h"
#include "suites/client/feed.h"
#include "suites/client/launch.h"
#include "suites/client/lines.h"
#include "suites/client/sink.h"

#define CHILD_MAGIC 0x434c4945u
#define READ_BYTES 65536
#define READS_PER_TURN 4
#define DEFAULT_LINE_BYTES (1u << 20)
#define DEFAULT_OUTPUT_BYTES (64u << 20)
#define DEFAULT_UNREAD_BYTES (16u << 20)
#define DEFAULT_TERM_US 1000000
#define DEFAULT_STOP_US 100000
// For the supervisor to answer, and to kill; both take well under a millisecond unless the machine
// is stuck.
#define ANSWER_US 250000
#define KILL_US 5000000

enum stage { STAGE_RUNNING, STAGE_LEAVING, STAGE_TERMINATING, STAGE_KILLING, STAGE_GONE };

struct stream {
    struct child *owner;
    enum client_stream which;
    int fd; // below 0 at its end
    struct loop_watch watch;
    struct sink sink;
};

struct child {
    struct client face; // first: the client as others know it
    unsigned magic;
    struct loop *loop;
    struct client_observer observer;
    void (*scrub)(void *arg, enum client_stream stream, struct span text, struct buf *out);
    uint64_t max_output_bytes, output_bytes;
    int64_t term_us;
    struct launch process;
    uint32_t last_request;
    struct loop_watch control;
    struct feed feed;
    struct stream streams[2];
    struct lines lines;
    enum stage stage;
    struct loop_timer patience; // until the next stage of ending
    struct loop_timer finish;   // the end is never told from within a call
    struct client_exit exit;
    bool has_status, is_ended;
    bool is_flooded;
    bool is_reading, must_read_again;
    unsigned depth;
    bool is_doomed;
};

static struct child *child_from(void *arg)
{
    struct child *c = arg;
    assert(c->magic == CHILD_MAGIC);
    return c;
}

static struct child *child_of(struct client *face)
{
    return child_from(face);
}

static void close_stream(struct stream *s)
{
    if (s->fd >= 0) {
        loop_watch_set(&s->watch, 0);
        (void)close(s->fd);
        s->fd = -1;
    }
}

static void close_control(struct child *c)
{
    if (c->process.control >= 0) {
        loop_watch_set(&c->control, 0);
        (void)close(c->process.control);
        c->process.control = -1;
    }
}

static void destroy(struct child *c)
{
    loop_timer_stop(&c->patience);
    loop_timer_stop(&c->finish);
    if (c->process.supervisor > 0) {
        launch_tell(&c->process, (struct supervisor_message){.word = SUPERVISOR_END});
        close_control(c);
        if (!launch_reap(&c->process, KILL_US)) {
            (void)kill(-c->process.client, SIGKILL);
        }
    }
    close_control(c);
    feed_clear(&c->feed);
    for (size_t i = 0; i < 2; i++) {
        close_stream(&c->streams[i]);
        sink_close(&c->streams[i].sink);
    }
    lines_clear(&c->lines);
    c->magic = 0;
    x_free(c);
}

static void enter(struct child *c)
{
    c->depth++;
}

static void leave(struct child *c)
{
    assert(c->depth > 0);
    if (--c->depth == 0 && c->is_doomed) {
        destroy(c);
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

static void kill_now(struct child *c);

static void flood(struct child *c)
{
    c->is_flooded = true;
    // The pipes stay open until it is gone, or it would be SIGPIPE that ends it.
    loop_watch_set(&c->streams[CLIENT_STDOUT].watch, 0);
    loop_watch_set(&c->streams[CLIENT_STDERR].watch, 0);
    kill_now(c);
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
    enter(c);
    if (begin_reading(c)) {
        size_t n = READ_BYTES;
        for (int i = 0; i < READS_PER_TURN && n == READ_BYTES && is_readable(s); i++) {
            n = read_once(s, READ_BYTES);
        }
        end_reading(c);
    }
    leave(c);
}

static void child_read_now(struct client *face)
{
    struct child *c = child_of(face);
    enter(c);
    if (begin_reading(c)) {
        read_waiting(&c->streams[CLIENT_STDOUT]);
        end_reading(c);
    }
    leave(c);
}

static void record_status(struct child *c, int status)
{
    c->has_status = true;
    if (WIFSIGNALED(status)) {
        c->exit.how = CLIENT_SIGNALED;
        c->exit.signal = WTERMSIG(status);
        c->exit.core_dumped = WCOREDUMP(status) != 0;
    } else {
        c->exit.how = CLIENT_EXITED;
        c->exit.code = WEXITSTATUS(status);
    }
}

static void record_message(struct child *c, const struct supervisor_message *m)
{
    if (m->word == SUPERVISOR_EXITED) {
        record_status(c, m->value);
    } else if (m->word == SUPERVISOR_ENDED) {
        c->exit.descendants = (unsigned)m->value;
        c->exit.contained = true;
        c->is_ended = true;
        loop_timer_start(&c->finish, 0);
    }
}

static void record_lost(struct child *c)
{
    loop_watch_set(&c->control, 0);
    if (!c->is_ended) {
        c->is_ended = true;
        loop_timer_start(&c->finish, 0);
    }
}

static void on_control_ready(void *arg, int events)
{
    (void)events;
    struct child *c = child_from(arg);
    struct supervisor_message m = {0};
    enum rc code = launch_receive(&c->process, &m, 0);
    if (code == RC_OK) {
        record_message(c, &m);
    } else if (code == RC_CLOSED) {
        record_lost(c);
    }
}

// After the supervisor said that nothing is left, its exit is a matter of microseconds.
static void reap_supervisor(struct child *c)
{
    if (!launch_reap(&c->process, c->exit.contained ? KILL_US : 0) || !c->exit.contained) {
        // Our last means: the kernel ends the client with its supervisor (PR_SET_PDEATHSIG), this
        // its group.
        (void)kill(-c->process.client, SIGKILL);
    }
    close_control(c);
}

static void read_rest(struct child *c)
{
    if (!begin_reading(c)) {
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        while (readable_bytes(&c->streams[i]) > 0) {
            read_waiting(&c->streams[i]);
        }
    }
    end_reading(c);
}

static void tell_half_line(struct child *c)
{
    struct span rest = lines_rest(&c->lines);
    if (rest.len > 0 && !c->is_flooded && !c->is_doomed && c->observer.on_half_line != NULL) {
        c->observer.on_half_line(c->observer.arg, rest);
    }
}

static void tell_exit(struct child *c)
{
    for (size_t i = 0; i < 2; i++) {
        struct stream *s = &c->streams[i];
        close_stream(s);
        sink_close(&s->sink);
        c->exit.record = c->exit.record != RC_OK ? c->exit.record : s->sink.record;
    }
    feed_clear(&c->feed);
    c->stage = STAGE_GONE;
    if (!c->has_status || !c->exit.contained) {
        c->exit.how = CLIENT_LOST;
    }
    if (!c->is_doomed && c->observer.on_exit != NULL) {
        struct client_exit how = c->exit;
        c->observer.on_exit(c->observer.arg, &how);
    }
}

static void on_finish(void *arg)
{
    struct child *c = child_from(arg);
    enter(c);
    loop_timer_stop(&c->patience);
    reap_supervisor(c);
    read_rest(c);
    tell_half_line(c);
    tell_exit(c);
    leave(c);
}

static void tell_signal(struct child *c, int number)
{
    launch_tell(&c->process, (struct supervisor_message){.word = SUPERVISOR_SIGNAL,
                                                         .value = number,
                                                         .id = ++c->last_request});
}

static void kill_now(struct child *c)
{
    if (c->stage < STAGE_KILLING) {
        c->stage = STAGE_KILLING;
        launch_tell(&c->process, (struct supervisor_message){.word = SUPERVISOR_END});
        loop_timer_start(&c->patience, KILL_US);
    }
}

static void terminate(struct child *c)
{
    if (c->stage < STAGE_TERMINATING) {
        c->stage = STAGE_TERMINATING;
        tell_signal(c, SIGTERM);
        tell_signal(c, SIGCONT); // one that was stopped could not act on it
        loop_timer_start(&c->patience, c->term_us);
    }
}

static void on_patience(void *arg)
{
    struct child *c = child_from(arg);
    if (c->stage == STAGE_LEAVING) {
        terminate(c);
    } else if (c->stage == STAGE_TERMINATING) {
        kill_now(c);
    } else if (c->stage == STAGE_KILLING) {
        record_lost(c); // a process that cannot die, or a supervisor that is stopped
    }
}

static void child_end(struct client *face, int64_t grace_us)
{
    struct child *c = child_of(face);
    if (grace_us < 0) {
        kill_now(c);
    } else if (grace_us == 0) {
        terminate(c);
    } else if (c->stage == STAGE_RUNNING || c->stage == STAGE_LEAVING) {
        feed_close_when_taken(&c->feed);
        int64_t left_us = c->patience.due_us - loop_now_us(c->loop);
        if (c->stage == STAGE_RUNNING || grace_us < left_us) {
            loop_timer_start(&c->patience, grace_us);
        }
        c->stage = STAGE_LEAVING;
    }
}

// Waits for the answer to one request; whatever else comes meanwhile is recorded.
static enum rc ask(struct child *c, struct supervisor_message request, int64_t wait_us)
{
    if (c->has_status || c->is_ended) {
        return RC_CLOSED;
    }
    request.id = ++c->last_request;
    launch_tell(&c->process, request);
    int64_t until_us = loop_now_us(c->loop) + wait_us;
    for (;;) {
        struct supervisor_message m = {0};
        int64_t left_us = until_us - loop_now_us(c->loop);
        enum rc code = launch_receive(&c->process, &m, left_us > 0 ? left_us : 0);
        if (code == RC_CLOSED) {
            record_lost(c);
        }
        if (code != RC_OK) {
            return code;
        }
        if (m.word == SUPERVISOR_DID && m.id == request.id) {
            return (enum rc)m.value;
        }
        record_message(c, &m);
    }
}

static enum rc child_signal(struct client *face, int number)
{
    struct child *c = child_of(face);
    enum rc code =
        ask(c, (struct supervisor_message){.word = SUPERVISOR_SIGNAL, .value = number}, ANSWER_US);
    if (code == RC_AGAIN) {
        (void)kill(-c->process.client, number);
    }
    return code;
}

static enum rc child_stop(struct client *face, int64_t wait_us)
{
    struct child *c = child_of(face);
    int64_t bound_us = wait_us > 0 ? wait_us : DEFAULT_STOP_US;
    return ask(
        c,
        (struct supervisor_message){.word = SUPERVISOR_STOP,
                                    .value = (int32_t)(bound_us < KILL_US ? bound_us : KILL_US)},
        bound_us + ANSWER_US);
}

static void child_free(struct client *face)
{
    struct child *c = child_of(face);
    c->is_doomed = true;
    if (c->depth == 0) {
        destroy(c);
    }
}

static void on_feed_broken(void *arg)
{
    struct child *c = child_from(arg);
    enter(c);
    if (c->observer.on_stdin_closed != NULL) {
        c->observer.on_stdin_closed(c->observer.arg);
    }
    leave(c);
}

static enum rc child_send(struct client *face, struct span line)
{
    return feed_send(&child_of(face)->feed, line);
}

static size_t child_unread_bytes(struct client *face)
{
    return feed_waiting(&child_of(face)->feed);
}

static bool child_is_running(struct client *face)
{
    return child_of(face)->stage != STAGE_GONE;
}

static pid_t child_pid(struct client *face)
{
    return child_of(face)->process.client;
}

static const struct client_ops OPS = {
    .send = child_send,
    .unread_bytes = child_unread_bytes,
    .read_now = child_read_now,
    .signal = child_signal,
    .stop = child_stop,
    .end = child_end,
    .free = child_free,
    .is_running = child_is_running,
    .pid = child_pid,
};

static void scrub_stream(void *arg, struct span text, struct buf *out)
{
    struct stream *s = arg;
    s->owner->scrub(s->owner->observer.arg, s->which, text, out);
}

static enum rc open_stream(struct child *c, enum client_stream which, const char *path,
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

static void watch_process(struct child *c, size_t max_unread_bytes)
{
    loop_timer_init(&c->patience, c->loop, on_patience, c);
    loop_timer_init(&c->finish, c->loop, on_finish, c);
    feed_init(&c->feed, c->loop, c->process.in, max_unread_bytes, on_feed_broken, c);
    watch_stream(&c->streams[CLIENT_STDOUT], c->process.out);
    watch_stream(&c->streams[CLIENT_STDERR], c->process.err);
    loop_watch_init(&c->control, c->loop, c->process.control, on_control_ready, c);
    loop_watch_set(&c->control, LOOP_READ);
}

static size_t or_default(size_t value, size_t otherwise)
{
    return value != 0 ? value : otherwise;
}

static struct child *child_new(const struct client_options *o)
{
    struct child *c = x_alloc(sizeof *c);
    *c = (struct child){
        .face = {.ops = &OPS},
        .magic = CHILD_MAGIC,
        .loop = o->loop,
        .observer = o->observer,
        .scrub = o->scrub,
        .max_output_bytes = o->max_output_bytes != 0 ? o->max_output_bytes : DEFAULT_OUTPUT_BYTES,
        .term_us = o->term_us > 0 ? o->term_us : DEFAULT_TERM_US,
        .lines = {.max_bytes = or_default(o->max_line_bytes, DEFAULT_LINE_BYTES)},
        .stage = STAGE_RUNNING,
    };
    return c;
}

enum rc client_start(struct client **out, const struct client_options *options, struct diag *d)
{
    *out = NULL;
    assert(options->argv != NULL && options->argv[0] != NULL && options->env != NULL);
    struct child *c = child_new(options);
    enum rc code = open_stream(c, CLIENT_STDOUT, options->out_path, d);
    enum rc other = open_stream(c, CLIENT_STDERR, options->err_path, d);
    code = code != RC_OK ? code : other;
    if (code == RC_OK) {
        struct launch_program program = {.argv = options->argv,
                                         .env = options->env,
                                         .dir = options->dir,
                                         .spares = options->spares_descendants};
        code = launch(&c->process, &program, d);
    }
    if (code != RC_OK) {
        sink_close(&c->streams[CLIENT_STDOUT].sink);
        sink_close(&c->streams[CLIENT_STDERR].sink);
        x_free(c);
        return code;
    }
    watch_process(c, or_default(options->max_unread_bytes, DEFAULT_UNREAD_BYTES));
    *out = &c->face;
    return RC_OK;
}
