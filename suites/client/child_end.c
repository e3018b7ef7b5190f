// SPDX-License-Identifier: Apache-2.0
// How the client ends. It has ended when its supervisor says that nothing is left of it; only then
// is the rest of its output read, so that nothing can follow. What it holds open, or its orphans
// do, is therefore of no account.
#include "suites/client/child_inside.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_STOP_US 100000
// For the supervisor to answer, and to kill; both take well under a millisecond unless the machine
// is stuck.
#define ANSWER_US 250000
#define KILL_US 5000000

static void close_control(struct child *c)
{
    if (c->process.control >= 0) {
        loop_watch_set(&c->control, 0);
        (void)close(c->process.control);
        c->process.control = -1;
    }
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

static void tell_exit(struct child *c)
{
    c->exit.record = child_close_output(c);
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
    child_enter(c);
    loop_timer_stop(&c->patience);
    reap_supervisor(c);
    child_read_rest(c);
    tell_exit(c);
    child_leave(c);
}

static void tell_signal(struct child *c, int number)
{
    launch_tell(&c->process, (struct supervisor_message){.word = SUPERVISOR_SIGNAL,
                                                         .value = number,
                                                         .id = ++c->last_request});
}

void child_kill(struct child *c)
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
        child_kill(c);
    } else if (c->stage == STAGE_KILLING) {
        record_lost(c); // a process that cannot die, or a supervisor that is stopped
    }
}

void child_end(struct client *face, int64_t grace_us)
{
    struct child *c = child_from(face);
    if (grace_us < 0) {
        child_kill(c);
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

enum rc child_signal(struct client *face, int number)
{
    struct child *c = child_from(face);
    enum rc code =
        ask(c, (struct supervisor_message){.word = SUPERVISOR_SIGNAL, .value = number}, ANSWER_US);
    if (code == RC_AGAIN) {
        (void)kill(-c->process.client, number);
    }
    return code;
}

enum rc child_stop(struct client *face, int64_t wait_us)
{
    struct child *c = child_from(face);
    int64_t bound_us = wait_us > 0 ? wait_us : DEFAULT_STOP_US;
    return ask(
        c,
        (struct supervisor_message){.word = SUPERVISOR_STOP,
                                    .value = (int32_t)(bound_us < KILL_US ? bound_us : KILL_US)},
        bound_us + ANSWER_US);
}

void child_watch_end(struct child *c)
{
    loop_timer_init(&c->patience, c->loop, on_patience, c);
    loop_timer_init(&c->finish, c->loop, on_finish, c);
    loop_watch_init(&c->control, c->loop, c->process.control, on_control_ready, c);
    loop_watch_set(&c->control, LOOP_READ);
}

void child_end_now(struct child *c)
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
}
