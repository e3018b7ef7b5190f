// SPDX-License-Identifier: Apache-2.0
// What the parts of a child share; only child.c, child_output.c and child_end.c include it.
//
// Callbacks may free the client: entry points count their depth, and the outermost frees.
#ifndef SUITES_CLIENT_CHILD_INSIDE_H
#define SUITES_CLIENT_CHILD_INSIDE_H

#include "proxy/net/loop.h"
#include "suites/client/client_inside.h"
#include "suites/client/feed.h"
#include "suites/client/launch.h"
#include "suites/client/lines.h"
#include "suites/client/sink.h"

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

struct child *child_from(void *arg);
void child_enter(struct child *c);
void child_leave(struct child *c);

// child_output.c: opens the file of a stream; child_watch_output reads it from then on.
MUST_USE enum rc child_open_output(struct child *c, enum client_stream which, const char *path,
                                   struct diag *d);
void child_watch_output(struct child *c);
void child_read_now(struct client *face);
// Delivers what is left when nothing can follow: lines, and then the half one.
void child_read_rest(struct child *c);
// Closes both streams and their files, and gives why one of these is not complete. Harmless twice.
enum rc child_close_output(struct child *c);

// child_end.c: hears the supervisor, and tells the observer of the end when it has come.
void child_watch_end(struct child *c);
void child_kill(struct child *c);
enum rc child_signal(struct client *face, int number);
enum rc child_stop(struct client *face, int64_t wait_us);
void child_end(struct client *face, int64_t grace_us);
// Ends whatever is left, waiting for it, and tells nobody.
void child_end_now(struct child *c);

#endif
