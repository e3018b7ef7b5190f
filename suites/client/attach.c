// SPDX-License-Identifier: Apache-2.0
// One line is under way at a time, as a process reads its stdin: the next goes out when the reply
// to the last has ended. What has happened is only noted; the next move is made from a timer, so
// that no visit and no command is freed inside its own callback.
#include "suites/client/attach.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/net/loop.h"
#include "suites/client/attach_answer.h"
#include "suites/client/attach_errand.h"
#include "suites/client/attach_post.h"
#include "suites/client/attach_restart.h"
#include "suites/client/client_inside.h"
#include "suites/client/lines.h"
#include "suites/client/sink.h"

#define ATTACH_MAGIC 0x41545443u
#define MAX_LINE_BYTES (1u << 20)
#define MAX_WAITING 1000
#define RETRY_US 100000
#define SAID_MAX 300

struct attached {
    struct client face; // first
    unsigned magic;
    struct attach_options options;
    struct errand *first; // under way, when is_busy
    struct errand **last;
    size_t waiting;
    bool is_busy;
    bool resolves_by_page;
    bool has_answered; // done, or whatever ends the errand, was said
    struct visit *visit;
    struct client *command;
    struct lines lines;
    struct sink sink;
    struct loop_timer next;
    int64_t patient_until_us;
    int restart_signal; // 0: none is wanted
    struct attach_restart restart;
    bool is_leaving, is_gone, has_exit;
    struct client_exit exit;
};

static struct attached *attached_from(void *arg)
{
    struct attached *a = arg;
    assert(a->magic == ATTACH_MAGIC);
    return a;
}

static void soon(struct attached *a)
{
    if (!a->is_gone) {
        loop_timer_start(&a->next, 0);
    }
}

// The client is over; the observer hears of it on the next turn. The first reason stands.
static void set_exit(struct attached *a, enum client_ending how, const char *why)
{
    if (!a->has_exit) {
        a->has_exit = true;
        a->exit.how = how;
        a->exit.signal = a->restart_signal;
        a->exit.contained = true;
        a->exit.record = a->sink.record;
        (void)snprintf(a->exit.why, sizeof a->exit.why, "%s", why);
    }
    soon(a);
}

static void drop_first(struct attached *a)
{
    struct errand *e = a->first;
    a->first = e->next;
    if (a->first == NULL) {
        a->last = &a->first;
    }
    a->waiting--;
    errand_free(&e);
}

// What comes back

static void note_answer(struct attached *a, const struct answer *answer)
{
    const struct errand *e = a->is_busy ? a->first : NULL;
    bool ends = answer->kind == ANSWER_DONE || answer->kind == ANSWER_UNSUPPORTED;
    a->has_answered =
        a->has_answered || (e != NULL && (e->is_hello ? answer->kind == ANSWER_HELLO
                                                      : ends && answer->step == e->step));
}

static void deliver(struct attached *a, struct span line)
{
    const struct client_observer *o = &a->options.observer;
    struct answer answer = {0};
    OWN(json) cJSON *tree = NULL;
    char why[ANSWER_WHY] = "";
    enum answer_reading reading = protocol_read(&answer, &tree, line, why);
    if (reading == ANSWER_IS_BROKEN && o->on_malformed != NULL) {
        o->on_malformed(o->arg, line, why);
    }
    if (reading != ANSWER_IS || !attach_takes(&a->options, &answer, tree)) {
        return;
    }
    if (answer.kind == ANSWER_HELLO && !attach_is_new_life(&a->options, tree)) {
        a->exit.is_ours = true;
        set_exit(a, CLIENT_UNREACHABLE,
                 "the restart command has returned, but the same program as before said hello");
        return;
    }
    if (answer.kind == ANSWER_HELLO) {
        a->resolves_by_page = json_is_true(json_get(tree, ATTACH_BY_PAGE));
    }
    note_answer(a, &answer);
    if (o->on_answer != NULL) {
        o->on_answer(o->arg, line, &answer);
    }
}

static bool on_line(void *arg, struct span line, bool is_overlong)
{
    struct attached *a = attached_from(arg);
    const struct client_observer *o = &a->options.observer;
    if (!is_overlong) {
        deliver(a, span_trim(line));
    } else if (o->on_malformed != NULL) {
        o->on_malformed(o->arg, span_slice(line, 0, SAID_MAX),
                        "an answer must be a line of at most 1048576 bytes");
    }
    return true;
}

// A reply may end without a newline.
static void end_lines(struct attached *a)
{
    if (lines_rest(&a->lines).len > 0) {
        lines_feed(&a->lines, SPAN("\n"), on_line, a);
    }
    lines_clear(&a->lines);
    a->lines = (struct lines){.max_bytes = MAX_LINE_BYTES};
}

// Ends what is under way without waiting for it.
static void abandon(struct attached *a)
{
    visit_free(&a->visit);
    client_free(&a->command);
    attach_restart_clear(&a->restart);
    end_lines(a);
    a->is_busy = false;
}

// The reply has ended without the word that ends an errand.
static void end_unanswered(struct attached *a, const char *how)
{
    char why[sizeof a->exit.why];
    const struct errand *e = a->first;
    if (e->is_hello) {
        (void)snprintf(why, sizeof why,
                       "the trigger %s, and did not answer hello with "
                       "{\"mp\":\"hello\",\"contract\":1,\"supports\":[…]}",
                       how);
    } else {
        (void)snprintf(why, sizeof why,
                       "the trigger %s, and did not answer step %u (%s) with "
                       "{\"mp\":\"done\",\"step\":%u}",
                       how, e->step, errand_name(e), e->step);
    }
    set_exit(a, CLIENT_UNREACHABLE, why);
}

static void end_errand(struct attached *a)
{
    drop_first(a);
    a->is_busy = false;
    soon(a);
}

// The trigger

static void on_reply_bytes(void *arg, int status, struct span bytes)
{
    (void)status;
    struct attached *a = attached_from(arg);
    sink_add(&a->sink, bytes);
    lines_feed(&a->lines, bytes, on_line, a);
}

static bool tries_again(struct attached *a, const struct visit_result *result)
{
    // Until it listens again; and one that is just being ended may still take the connection.
    bool is_away = result->end == VISIT_UNREACHABLE || result->end == VISIT_CUT;
    return is_away && a->first->is_hello && loop_now_us(a->options.loop) < a->patient_until_us;
}

static void on_reply(void *arg, const struct visit_result *result)
{
    struct attached *a = attached_from(arg);
    char how[320];
    if (tries_again(a, result)) {
        visit_free(&a->visit);
        a->is_busy = false;
        loop_timer_start(&a->next, RETRY_US);
        return;
    }
    end_lines(a);
    if (result->text != NULL) {
        set_exit(a, CLIENT_UNREACHABLE, result->text);
    } else if (!a->has_answered) {
        (void)snprintf(how, sizeof how, "%.200s replied with status %d",
                       a->options.ways->trigger_url->text, result->status);
        end_unanswered(a, how);
    } else {
        visit_free(&a->visit);
        end_errand(a);
    }
}

static enum rc post_line(struct attached *a, const struct errand *e)
{
    struct visit_request request = {.url = a->options.ways->trigger_url,
                                    .method = SPAN("POST"),
                                    .type = SPAN("application/json"),
                                    .body = span_of(e->line)};
    struct visit_handler handler = {.body = on_reply_bytes, .over = on_reply, .arg = a};
    return visit_start(&a->visit, a->options.loop, &request, &handler);
}

static void scrub_command(void *arg, enum client_stream stream, struct span text, struct buf *out)
{
    struct attached *a = attached_from(arg);
    a->options.scrub(a->options.observer.arg, stream, text, out);
}

static void on_command_answer(void *arg, struct span line, const struct answer *answer)
{
    (void)answer; // read again, since it is changed on its way
    deliver(attached_from(arg), line);
}

static void on_command_malformed(void *arg, struct span text, const char *expected)
{
    struct attached *a = attached_from(arg);
    if (a->options.observer.on_malformed != NULL) {
        a->options.observer.on_malformed(a->options.observer.arg, text, expected);
    }
}

static void on_command_half_line(void *arg, struct span text)
{
    deliver(attached_from(arg), text);
}

static void on_command_flood(void *arg, uint64_t bytes)
{
    struct attached *a = attached_from(arg);
    if (a->options.observer.on_flood != NULL) {
        a->options.observer.on_flood(a->options.observer.arg, bytes);
    }
}

static void on_command_exit(void *arg, const struct client_exit *how)
{
    struct attached *a = attached_from(arg);
    char text[128];
    client_exit_text(how, text, sizeof text);
    if (how->record != RC_OK) {
        a->sink.record = how->record;
    }
    if (!a->has_answered) {
        end_unanswered(a, text);
    } else if (how->how != CLIENT_EXITED || how->code != 0) {
        set_exit(a, CLIENT_UNREACHABLE, "the trigger answered, and then failed");
    } else {
        end_errand(a); // the command is freed with the next move
    }
}

static enum rc run_trigger(struct attached *a, const struct errand *e, struct diag *d)
{
    const char *const argv[] = {"/bin/sh", "-c", a->options.ways->trigger, NULL};
    struct client_options options = {.loop = a->options.loop,
                                     .argv = argv,
                                     .env = a->options.env,
                                     .out_path = a->options.out_path,
                                     .err_path = a->options.err_path,
                                     .scrub = a->options.scrub == NULL ? NULL : scrub_command,
                                     .observer = {.on_answer = on_command_answer,
                                                  .on_malformed = on_command_malformed,
                                                  .on_half_line = on_command_half_line,
                                                  .on_flood = on_command_flood,
                                                  .on_exit = on_command_exit,
                                                  .arg = a}};
    enum rc rc = client_start(&a->command, &options, d);
    if (rc == RC_OK) {
        (void)!client_send(a->command, span_of(e->line)); // who does not read it need not
        client_end(a->command, ATTACH_COMMAND_US);
    }
    return rc;
}

// Pages and notices

// The reply to a page or a notice, as the answers that a client of the contract would give.
static void on_posted(void *arg, const struct visit_result *result)
{
    struct attached *a = attached_from(arg);
    OWN_BUF struct buf lines = {0};
    sink_add(&a->sink, result->body);
    sink_add(&a->sink, SPAN("\n"));
    if (result->end == VISIT_UNREACHABLE) {
        set_exit(a, CLIENT_UNREACHABLE, result->text);
        return;
    }
    if (strcmp(a->first->verb, "page") == 0) {
        attach_say_page(&lines, a->first->step, result);
    } else if (strcmp(a->first->verb, "resolve") == 0) {
        attach_say_resolve(&lines, a->first->step, result);
    } else {
        attach_say_notice(&lines, a->first->step, result);
    }
    lines_feed(&a->lines, buf_span(&lines), on_line, a);
    visit_free(&a->visit);
    end_errand(a);
}

// The next move

// Posts what is under way, if it is not for the trigger; *rc tells how that went.
static bool begin_post(struct attached *a, enum rc *rc)
{
    struct attach_post post;
    bool is_post = !a->first->is_hello && attach_post_of(&post, a->first->tree, a->first->verb,
                                                         a->options.ways, a->resolves_by_page);
    if (is_post) {
        struct visit_handler handler = {.over = on_posted, .arg = a};
        *rc = visit_start(&a->visit, a->options.loop, &post.request, &handler);
        attach_post_clear(&post);
    }
    return is_post;
}

// Nobody but us knows what the program can do.
static void answer_for_it(struct attached *a)
{
    char line[64];
    if (a->first->is_hello) {
        deliver(a, SPAN("{\"mp\":\"hello\",\"contract\":1,\"supports\":[]}"));
    } else {
        (void)snprintf(line, sizeof line, "{\"mp\":\"unsupported\",\"step\":%u}", a->first->step);
        deliver(a, span_of(line));
    }
    end_errand(a);
}

static void begin_errand(struct attached *a)
{
    enum rc rc = RC_OK;
    struct diag d = {0};
    a->is_busy = true;
    a->has_answered = false;
    if (begin_post(a, &rc)) {
        // rc tells
    } else if (a->options.ways->trigger_url != NULL) {
        rc = post_line(a, a->first);
    } else if (a->options.ways->trigger != NULL) {
        rc = run_trigger(a, a->first, &d);
    } else {
        answer_for_it(a);
    }
    if (rc != RC_OK) {
        set_exit(a, CLIENT_UNREACHABLE,
                 d.text[0] != '\0' ? d.text : "what the case would send is no HTTP request");
    }
}

static void on_restarted(void *arg, const char *why)
{
    struct attached *a = attached_from(arg);
    a->exit.is_ours = why != NULL;
    set_exit(a, why == NULL ? CLIENT_SIGNALED : CLIENT_UNREACHABLE, why == NULL ? "" : why);
}

static void restart(struct attached *a)
{
    abandon(a);
    while (a->first != NULL) {
        drop_first(a);
    }
    attach_restart_begin(&a->restart, &a->options, a->restart_signal, on_restarted, a);
}

static void leave(struct attached *a)
{
    abandon(a);
    sink_close(&a->sink);
    a->exit.record = a->exit.record != RC_OK ? a->exit.record : a->sink.record;
    a->is_gone = true;
    if (a->options.observer.on_exit != NULL) {
        struct client_exit how = a->exit;
        a->options.observer.on_exit(a->options.observer.arg, &how);
    }
}

static void on_next(void *arg)
{
    struct attached *a = attached_from(arg);
    if (a->restart.is_under_way) {
        return;
    }
    if (a->has_exit) {
        leave(a);
    } else if (a->restart_signal != 0) {
        restart(a);
    } else if (!a->is_busy) {
        client_free(&a->command);
        if (a->first != NULL) {
            begin_errand(a);
        } else if (a->is_leaving) {
            set_exit(a, CLIENT_DETACHED, "");
        }
    }
}

// As a client

static struct attached *attached_of(struct client *c)
{
    return attached_from(c);
}

static enum rc attached_send(struct client *face, struct span line)
{
    struct attached *a = attached_of(face);
    if (a->has_exit || a->is_leaving || a->restart_signal != 0) {
        return RC_CLOSED;
    }
    if (a->waiting == MAX_WAITING) {
        return RC_LIMIT;
    }
    struct errand *e = NULL;
    enum rc rc = errand_new(&e, line, a->options.prefix);
    if (rc != RC_OK) {
        return rc;
    }
    *a->last = e;
    a->last = &e->next;
    a->waiting++;
    soon(a);
    return RC_OK;
}

static size_t attached_unread_bytes(struct client *face)
{
    const struct attached *a = attached_of(face);
    size_t bytes = 0;
    for (const struct errand *e = a->first; e != NULL; e = e->next) {
        bytes += a->is_busy && e == a->first ? 0 : strlen(e->line);
    }
    return bytes;
}

static void attached_read_now(struct client *face)
{
    struct attached *a = attached_of(face);
    if (a->visit != NULL) {
        visit_read_now(a->visit);
    }
    if (a->command != NULL) {
        client_read_now(a->command);
    }
}

static enum rc attached_signal(struct client *face, int number)
{
    struct attached *a = attached_of(face);
    if (a->has_exit) {
        return RC_CLOSED;
    }
    if (a->options.ways->restart == NULL) {
        return RC_UNSUPPORTED;
    }
    if (number != SIGCONT && a->restart_signal == 0) {
        a->restart_signal = number;
        soon(a);
    }
    return RC_OK;
}

static enum rc attached_stop(struct client *face, int64_t wait_us)
{
    (void)face;
    (void)wait_us;
    return RC_UNSUPPORTED;
}

static void attached_end(struct client *face, int64_t grace_us)
{
    struct attached *a = attached_of(face);
    a->is_leaving = true;
    if (a->restart_signal == 0 && grace_us <= 0) {
        set_exit(a, CLIENT_DETACHED, "");
    } else {
        soon(a);
    }
}

static void attached_free(struct client *face)
{
    struct attached *a = attached_of(face);
    loop_timer_stop(&a->next);
    a->options.observer = (struct client_observer){.arg = NULL};
    abandon(a);
    while (a->first != NULL) {
        drop_first(a);
    }
    lines_clear(&a->lines);
    sink_close(&a->sink);
    a->magic = 0;
    x_free(a);
}

static bool attached_is_running(struct client *face)
{
    return !attached_of(face)->is_gone;
}

static pid_t attached_pid(struct client *face)
{
    (void)face;
    return 0;
}

static const struct client_ops OPS = {
    .send = attached_send,
    .unread_bytes = attached_unread_bytes,
    .read_now = attached_read_now,
    .signal = attached_signal,
    .stop = attached_stop,
    .end = attached_end,
    .free = attached_free,
    .is_running = attached_is_running,
    .pid = attached_pid,
};

static void scrub_reply(void *arg, struct span text, struct buf *out)
{
    struct attached *a = attached_from(arg);
    if (a->options.observer.arg != NULL) { // else it is being freed: what is left is not kept
        a->options.scrub(a->options.observer.arg, CLIENT_STDOUT, text, out);
    }
}

enum rc client_attach(struct client **out, const struct attach_options *options, struct diag *d)
{
    *out = NULL;
    struct attached *a = x_alloc(sizeof *a);
    *a = (struct attached){.face = {.ops = &OPS},
                           .magic = ATTACH_MAGIC,
                           .options = *options,
                           .lines = {.max_bytes = MAX_LINE_BYTES},
                           .sink = {.fd = -1,
                                    .max_hold_bytes = MAX_LINE_BYTES,
                                    .scrub = options->scrub == NULL ? NULL : scrub_reply,
                                    .arg = a}};
    a->last = &a->first;
    a->patient_until_us = loop_now_us(options->loop) + options->patience_us;
    loop_timer_init(&a->next, options->loop, on_next, a);
    enum rc rc = sink_open(&a->sink, options->out_path, d);
    if (rc != RC_OK) {
        sink_close(&a->sink);
        x_free(a);
        return rc;
    }
    *out = &a->face;
    return RC_OK;
}
