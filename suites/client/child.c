// SPDX-License-Identifier: Apache-2.0
// The client as a child process of ours: what client.h asks of it, and its beginning.
#include "suites/client/child_inside.h"

#include <assert.h>

#include "proxy/base/alloc.h"

#define CHILD_MAGIC 0x434c4945u
#define DEFAULT_LINE_BYTES (1u << 20)
#define DEFAULT_OUTPUT_BYTES (64u << 20)
#define DEFAULT_UNREAD_BYTES (16u << 20)
#define DEFAULT_TERM_US 1000000

struct child *child_from(void *arg)
{
    struct child *c = arg;
    assert(c->magic == CHILD_MAGIC);
    return c;
}

static void destroy(struct child *c)
{
    child_end_now(c);
    feed_clear(&c->feed);
    (void)child_close_output(c);
    lines_clear(&c->lines);
    c->magic = 0;
    x_free(c);
}

void child_enter(struct child *c)
{
    c->depth++;
}

void child_leave(struct child *c)
{
    assert(c->depth > 0);
    if (--c->depth == 0 && c->is_doomed) {
        destroy(c);
    }
}

static void child_free(struct client *face)
{
    struct child *c = child_from(face);
    c->is_doomed = true;
    if (c->depth == 0) {
        destroy(c);
    }
}

static void on_feed_broken(void *arg)
{
    struct child *c = child_from(arg);
    child_enter(c);
    if (c->observer.on_stdin_closed != NULL) {
        c->observer.on_stdin_closed(c->observer.arg);
    }
    child_leave(c);
}

static enum rc child_send(struct client *face, struct span line)
{
    return feed_send(&child_from(face)->feed, line);
}

static size_t child_unread_bytes(struct client *face)
{
    return feed_waiting(&child_from(face)->feed);
}

static bool child_is_running(struct client *face)
{
    return child_from(face)->stage != STAGE_GONE;
}

static pid_t child_pid(struct client *face)
{
    return child_from(face)->process.client;
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

static void watch_process(struct child *c, size_t max_unread_bytes)
{
    feed_init(&c->feed, c->loop, c->process.in, max_unread_bytes, on_feed_broken, c);
    child_watch_output(c);
    child_watch_end(c);
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
    enum rc code = child_open_output(c, CLIENT_STDOUT, options->out_path, d);
    enum rc other = child_open_output(c, CLIENT_STDERR, options->err_path, d);
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
