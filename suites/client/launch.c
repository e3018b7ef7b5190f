// SPDX-License-Identifier: Apache-2.0
#include "suites/client/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proxy/base/clock.h"

// An exec takes milliseconds; a machine that needs longer is stuck, say, in a dead network drive.
#define START_US 10000000

enum end { OURS, THEIRS, END_COUNT };
enum channel { CONTROL, IN, OUT, ERR, CHANNEL_COUNT };

struct channels {
    int fd[CHANNEL_COUNT][END_COUNT];
};

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

static void close_ends(struct channels *c, enum end end)
{
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        close_fd(&c->fd[i][end]);
    }
}

// Away from 0, 1 and 2, where the client's streams will be; they can be free if ours are closed.
static bool lift(int *fd)
{
    if (*fd > STDERR_FILENO) {
        return true;
    }
    int higher = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close_fd(fd);
    *fd = higher;
    return higher >= 0;
}

static bool open_pipe(int fd[END_COUNT], enum end reader)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    fd[reader] = ends[0];
    fd[1 - reader] = ends[1];
    return lift(&fd[OURS]) && lift(&fd[THEIRS]) && fcntl(fd[OURS], F_SETFL, O_NONBLOCK) == 0;
}

static bool open_control(int fd[END_COUNT])
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return false;
    }
    fd[OURS] = ends[0];
    fd[THEIRS] = ends[1];
    return lift(&fd[OURS]) && lift(&fd[THEIRS]);
}

static enum rc open_channels(struct channels *c, struct diag *d)
{
    memset(c, -1, sizeof *c);
    if (open_control(c->fd[CONTROL]) && open_pipe(c->fd[IN], THEIRS) &&
        open_pipe(c->fd[OUT], OURS) && open_pipe(c->fd[ERR], OURS)) {
        return RC_OK;
    }
    int error = errno;
    close_ends(c, OURS);
    close_ends(c, THEIRS);
    enum rc code = error == EMFILE || error == ENFILE ? RC_LIMIT : RC_IO;
    return diag_fail(d, code, "no pipes could be opened for a client: %s", strerror(error));
}

static enum rc code_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return RC_MISSING;
    case EMFILE:
    case ENFILE:
    case EAGAIN:
    case ENOMEM:
    case E2BIG:
        return RC_LIMIT;
    default:
        return RC_IO;
    }
}

static enum rc say_exec(int error, const char *program, const char *dir, struct diag *d)
{
    if (error == ENOENT && strchr(program, '/') == NULL) {
        return diag_fail(d, RC_MISSING, "the client cannot be started: no program \"%s\" in PATH",
                         program);
    }
    // The path is looked at from our directory, so this holds only if the client runs here.
    if (error == ENOENT && (dir == NULL || *program == '/') && access(program, F_OK) == 0) {
        return diag_fail(d, RC_MISSING,
                         "the client cannot be started: \"%s\" exists, but the interpreter named "
                         "in it does not",
                         program);
    }
    if (error == E2BIG) {
        return diag_fail(d, RC_LIMIT,
                         "the client cannot be started: its arguments and environment are too "
                         "long together");
    }
    return diag_fail(d, code_of(error), "the client cannot be started: \"%s\": %s", program,
                     strerror(error));
}

static enum rc say_failure(const struct supervisor_message *m, const char *program, const char *dir,
                           struct diag *d)
{
    const char *reason = strerror(m->value);
    switch (m->stage) {
    case STAGE_SUPERVISE:
        return diag_fail(d, code_of(m->value), "the client cannot be supervised: %s", reason);
    case STAGE_FORK:
        return diag_fail(d, code_of(m->value), "no process could be made for the client: %s",
                         reason);
    case STAGE_STREAMS:
        return diag_fail(d, code_of(m->value), "the client cannot be given its streams: %s",
                         reason);
    case STAGE_DIRECTORY:
        return diag_fail(d, code_of(m->value), "the client cannot be started in %s: %s", dir,
                         reason);
    case STAGE_EXEC:
        return say_exec(m->value, program, dir, d);
    }
    return RC_INTERNAL;
}

static enum rc wait_for_start(struct launch *l, const char *program, const char *dir,
                              struct diag *d)
{
    struct supervisor_message m = {0};
    enum rc code = launch_receive(l, &m, START_US);
    if (code == RC_OK && m.word == SUPERVISOR_STARTED) {
        l->client = (pid_t)m.value;
        return RC_OK;
    }
    if (code == RC_OK) {
        return say_failure(&m, program, dir, d);
    }
    return diag_fail(d, RC_IO, "the client cannot be started: its supervisor %s",
                     code == RC_AGAIN ? "does not answer" : "has ended");
}

enum rc launch(struct launch *out, const struct launch_program *program, struct diag *d)
{
    struct channels c;
    enum rc code = open_channels(&c, d);
    if (code != RC_OK) {
        return code;
    }
    pid_t pid = fork();
    if (pid == 0) {
        supervisor_run(&(struct supervisor_plan){.control = c.fd[CONTROL][THEIRS],
                                                 .in = c.fd[IN][THEIRS],
                                                 .out = c.fd[OUT][THEIRS],
                                                 .err = c.fd[ERR][THEIRS],
                                                 .argv = program->argv,
                                                 .env = program->env,
                                                 .dir = program->dir,
                                                 .spares = program->spares});
    }
    int error = errno;
    close_ends(&c, THEIRS);
    if (pid < 0) {
        close_ends(&c, OURS);
        return diag_fail(d, code_of(error), "no process could be made for the client: %s",
                         strerror(error));
    }
    *out = (struct launch){.supervisor = pid,
                           .control = c.fd[CONTROL][OURS],
                           .in = c.fd[IN][OURS],
                           .out = c.fd[OUT][OURS],
                           .err = c.fd[ERR][OURS]};
    code = wait_for_start(out, program->argv[0], program->dir, d);
    if (code != RC_OK) {
        close_ends(&c, OURS); // a supervisor that is stuck sees this, and ends
        (void)launch_reap(out, START_US);
        *out = (struct launch){.control = -1, .in = -1, .out = -1, .err = -1};
    }
    return code;
}

enum rc launch_receive(const struct launch *l, struct supervisor_message *m, int64_t wait_us)
{
    struct clock clock = clock_system();
    int64_t until_us = clock_monotonic_us(&clock) + wait_us;
    for (;;) {
        ssize_t n = recv(l->control, m, sizeof *m, MSG_DONTWAIT);
        if (n == (ssize_t)sizeof *m) {
            return RC_OK;
        }
        // unix(7): a supervisor that ends with a word of ours unread resets the socket. That is
        // told once, before what it said last, which is still there.
        if (n < 0 && errno == ECONNRESET) {
            continue;
        }
        if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
            return RC_CLOSED;
        }
        int64_t left_us = until_us - clock_monotonic_us(&clock);
        if (left_us <= 0) {
            return RC_AGAIN;
        }
        struct pollfd ready = {.fd = l->control, .events = POLLIN};
        (void)poll(&ready, 1, (int)(left_us / 1000) + 1);
    }
}

void launch_tell(const struct launch *l, struct supervisor_message m)
{
    while (send(l->control, &m, sizeof m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EINTR) {
    }
}

bool launch_reap(struct launch *l, int64_t wait_us)
{
    struct clock clock = clock_system();
    int64_t until_us = clock_monotonic_us(&clock) + wait_us;
    pid_t got = waitpid(l->supervisor, NULL, WNOHANG);
    while (got == 0 && clock_monotonic_us(&clock) < until_us) {
        struct timespec pause = {.tv_nsec = 200000};
        (void)nanosleep(&pause, NULL);
        got = waitpid(l->supervisor, NULL, WNOHANG);
    }
    bool came = got != 0;
    if (!came) {
        (void)kill(l->supervisor, SIGKILL);
        (void)waitpid(l->supervisor, NULL, 0);
    }
    l->supervisor = 0;
    return came;
}
