// SPDX-License-Identifier: Apache-2.0
// Whoever loses its parent below a subreaper becomes its child (prctl(2), PR_SET_CHILD_SUBREAPER),
// so a descendant may leave its group, its session and its parents, but never us: when wait says
// that there is no child, nothing of the client is left. We do not use PR_SET_PDEATHSIG with
// SIGKILL for ourselves, since then nobody would end the rest: the end of the control socket and
// SIGTERM tell us that our parent is gone.
#include "suites/client/supervisor.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/base/clock.h"
#include "suites/client/tree.h"

// How long descendants may take to go by themselves after the client's exit (helpers that see the
// end of a pipe) before they are ended and counted.
#define LEAVE_US 100000
#define MAX_PASSES 50
#define CHILDREN_TEXT 4096

struct supervisor {
    int control, signals;
    pid_t client;
    bool client_is_gone;
    bool is_childless;
    bool is_ending;
    bool spares;
    int64_t gone_us;
    int32_t killed;
};

// What is told by the new process about a failure before the exec.
struct start_failure {
    enum supervisor_stage stage;
    int error;
};

static void tell(int control, struct supervisor_message message)
{
    // When nobody listens any more, the end of the socket will say so.
    while (send(control, &message, sizeof message, MSG_NOSIGNAL) < 0 && errno == EINTR) {
    }
}

_Noreturn static void fail(int control, struct start_failure why)
{
    tell(control, (struct supervisor_message){
                      .word = SUPERVISOR_FAILED, .stage = why.stage, .value = why.error});
    _exit(1);
}

static int64_t now_us(void)
{
    struct clock clock = clock_system();
    return clock_monotonic_us(&clock);
}

static int by_number(const void *a, const void *b)
{
    int one = *(const int *)a;
    int other = *(const int *)b;
    return (one > other) - (one < other);
}

// Closes everything but stderr, where a broken rule of ours would be printed, and what is needed.
static void close_others(const struct supervisor_plan *plan)
{
    int kept[] = {STDERR_FILENO, plan->control, plan->in, plan->out, plan->err};
    size_t count = sizeof kept / sizeof kept[0];
    qsort(kept, count, sizeof kept[0], by_number);
    unsigned from = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned next = (unsigned)kept[i];
        if (next > from) {
            (void)close_range(from, next - 1, 0);
        }
        from = next + 1;
    }
    (void)close_range(from, ~0U, 0);
}

// The client gets default signals: what a program ignores stays ignored across exec, and we ignore
// SIGPIPE.
static void reset_signals(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) {
        (void)sigaction(number, &plain, NULL);
    }
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool take_streams(const struct supervisor_plan *plan)
{
    // dup2 clears close-on-exec; nothing else of ours is open across the exec.
    return dup2(plan->in, STDIN_FILENO) >= 0 && dup2(plan->out, STDOUT_FILENO) >= 0 &&
           dup2(plan->err, STDERR_FILENO) >= 0;
}

static char **mutable_list(const char *const *list)
{
    size_t count = 0;
    while (list[count] != NULL) {
        count++;
    }
    char **copy = x_alloc((count + 1) * sizeof *copy);
    for (size_t i = 0; i < count; i++) {
        copy[i] = x_strdup(list[i]);
    }
    return copy;
}

_Noreturn static void become_client(const struct supervisor_plan *plan, pid_t supervisor,
                                    int report)
{
    struct start_failure why = {.stage = STAGE_STREAMS};
    reset_signals();
    (void)setsid();
    // If the supervisor is killed, at least the client itself goes.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != supervisor) {
        _exit(1);
    }
    if (take_streams(plan)) {
        why.stage = STAGE_DIRECTORY;
        if (plan->dir == NULL || chdir(plan->dir) == 0) {
            why.stage = STAGE_EXEC;
            char **argv = mutable_list(plan->argv);
            (void)execvpe(argv[0], argv, mutable_list(plan->env));
        }
    }
    why.error = errno;
    (void)!write(report, &why, sizeof why);
    _exit(1);
}

// Starts the client and waits until its program was executed: the pipe then closes by itself.
static pid_t start(const struct supervisor_plan *plan)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        fail(plan->control, (struct start_failure){STAGE_FORK, errno});
    }
    pid_t supervisor = getpid();
    pid_t client = fork();
    if (client < 0) {
        fail(plan->control, (struct start_failure){STAGE_FORK, errno});
    }
    if (client == 0) {
        become_client(plan, supervisor, report[1]);
    }
    (void)close(report[1]);
    (void)close(plan->in);
    (void)close(plan->out);
    (void)close(plan->err);
    struct start_failure why = {.stage = STAGE_EXEC};
    ssize_t n = 0;
    do {
        n = read(report[0], &why, sizeof why);
    } while (n < 0 && errno == EINTR);
    (void)close(report[0]);
    if (n == (ssize_t)sizeof why) {
        (void)waitpid(client, NULL, 0);
        fail(plan->control, why);
    }
    return client;
}

// Signals that concern us come through a descriptor; no handler runs.
static int watch_signals(void)
{
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    // SIGCHLD must not be ignored, or children would vanish unseen.
    struct sigaction plain = {.sa_handler = SIG_DFL};
    (void)sigaction(SIGCHLD, &plain, NULL);
    sigset_t ours;
    (void)sigemptyset(&ours);
    (void)sigaddset(&ours, SIGCHLD);
    (void)sigaddset(&ours, SIGTERM);
    return signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void supervise_self(struct supervisor *s)
{
    (void)setsid(); // an interrupt typed at our terminal is for our parent to act on
    (void)prctl(PR_SET_NAME, "mp-supervisor");
    s->signals = watch_signals();
    if (s->signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 ||
        prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) {
        fail(s->control, (struct start_failure){STAGE_SUPERVISE, errno});
    }
}

// Collects who has ended; counts them while everything is being killed.
static void reap(struct supervisor *s)
{
    int status = 0;
    pid_t pid = 0;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == s->client) {
            s->client_is_gone = true;
            s->gone_us = now_us();
            tell(s->control,
                 (struct supervisor_message){.word = SUPERVISOR_EXITED, .value = status});
        } else if (s->is_ending) {
            s->killed++;
        }
    }
    s->is_childless = pid < 0 && errno == ECHILD;
}

static void drain_signals(struct supervisor *s)
{
    struct signalfd_siginfo info;
    while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        s->is_ending = s->is_ending || info.ssi_signo == SIGTERM;
    }
}

// Kills our children as the kernel lists them. Far faster than a scan of /proc, so that it catches
// even what forks and exits all the time: each new process becomes our child when its parent goes.
static bool kill_children(void)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false; // a kernel without CONFIG_PROC_CHILDREN
    }
    char text[CHILDREN_TEXT];
    ssize_t n = read(fd, text, sizeof text);
    (void)close(fd);
    struct span rest = {.at = text, .len = n < 0 ? 0 : (size_t)n};
    bool any = false;
    while (rest.len > 0) {
        uint64_t pid = 0;
        struct span word = span_cut(&rest, ' ');
        // The last number may be cut by the end of our buffer: it ends in a blank otherwise.
        if (rest.at != NULL && span_to_u64(word, INT32_MAX, &pid) && pid > 1) {
            any = kill((pid_t)pid, SIGKILL) == 0 || any;
        }
    }
    return any;
}

// Kills all descendants, group by group first: a group is signalled at once, so that nobody in it
// can fork its way out. Their sessions began below us, so no group has a stranger in it.
static void kill_tree(void)
{
    struct tree tree = {0};
    if (tree_scan(&tree, getpid()) != RC_OK) {
        return;
    }
    pid_t group = getpgrp();
    for (size_t i = 0; i < tree.count; i++) {
        const struct process *p = &tree.at[i];
        if (process_has_ended(p)) {
            continue;
        }
        if (p->group > 1 && p->group != group) {
            (void)kill(-p->group, SIGKILL);
        }
        (void)kill(p->pid, SIGKILL);
    }
    tree_clear(&tree);
}

static void pause_us(int64_t us)
{
    struct timespec wait = {.tv_nsec = (long)(us * 1000)};
    (void)nanosleep(&wait, NULL);
}

static void end_all(struct supervisor *s)
{
    s->is_ending = true;
    for (unsigned round = 0; !s->is_childless; round++) {
        kill_tree();
        bool any = true;
        for (int pass = 0; any && pass < MAX_PASSES && !s->is_childless; pass++) {
            any = kill_children();
            reap(s);
        }
        if (!s->is_childless) {
            pause_us(round < 20 ? 200 : 5000); // someone takes long to die: in the kernel
            reap(s);
        }
    }
}

// Sends the signal once to each descendant who has not had it. Gives how many there were, or -1.
static int signal_pass(int number, struct tree *had)
{
    struct tree tree = {0};
    if (tree_scan(&tree, getpid()) != RC_OK) {
        return -1;
    }
    int sent = 0;
    for (size_t i = 0; i < tree.count; i++) {
        bool known = false;
        for (size_t k = 0; k < had->count && !known; k++) {
            known = had->at[k].pid == tree.at[i].pid;
        }
        if (!known && !process_has_ended(&tree.at[i])) {
            (void)kill(tree.at[i].pid, number);
            sent++;
        }
    }
    tree_clear(had);
    *had = tree;
    return sent;
}

// Whoever is born between the scan and the signal is caught by the next pass.
static enum rc signal_tree(const struct supervisor *s, int number)
{
    if (s->client_is_gone) {
        return RC_CLOSED;
    }
    bool must_reach_all = number == SIGKILL || number == SIGSTOP;
    struct tree had = {0};
    int sent = 0;
    int pass = 0;
    do {
        sent = signal_pass(number, &had);
    } while (must_reach_all && sent > 0 && ++pass < MAX_PASSES);
    tree_clear(&had);
    return sent < 0 ? RC_IO : RC_OK;
}

static bool tree_is_stopped(const struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        if (!process_has_ended(&tree->at[i]) && !process_is_stopped(tree->at[i].pid)) {
            return false;
        }
    }
    return true;
}

static enum rc stop_tree(const struct supervisor *s, int64_t wait_us)
{
    int64_t until_us = now_us() + wait_us;
    enum rc code = RC_AGAIN;
    while (code == RC_AGAIN) {
        code = signal_tree(s, SIGSTOP);
        struct tree tree = {0};
        if (code == RC_OK) {
            code = tree_scan(&tree, getpid());
        }
        if (code == RC_OK && !tree_is_stopped(&tree)) {
            code = RC_AGAIN;
        }
        tree_clear(&tree);
        if (code == RC_AGAIN && now_us() >= until_us) {
            break;
        }
        if (code == RC_AGAIN) {
            pause_us(100);
        }
    }
    return code;
}

static void obey(struct supervisor *s)
{
    struct supervisor_message m = {0};
    ssize_t n = recv(s->control, &m, sizeof m, 0);
    if (n < 0 && errno == EINTR) {
        return;
    }
    if (n != (ssize_t)sizeof m || m.word == SUPERVISOR_END) {
        s->is_ending = true; // asked, or our parent is gone
        return;
    }
    assert(m.word == SUPERVISOR_SIGNAL || m.word == SUPERVISOR_STOP);
    enum rc code = m.word == SUPERVISOR_STOP ? stop_tree(s, m.value) : signal_tree(s, m.value);
    tell(s->control,
         (struct supervisor_message){.word = SUPERVISOR_DID, .value = (int32_t)code, .id = m.id});
}

// How long to wait for something to happen, in milliseconds as poll takes them.
static int patience_ms(const struct supervisor *s)
{
    if (!s->client_is_gone) {
        return -1;
    }
    int64_t left_us = s->gone_us + LEAVE_US - now_us();
    return left_us <= 0 ? 0 : (int)(left_us / 1000) + 1;
}

static bool is_over(const struct supervisor *s)
{
    return s->is_ending || (s->client_is_gone &&
                            (s->spares || s->is_childless || now_us() >= s->gone_us + LEAVE_US));
}

_Noreturn void supervisor_run(const struct supervisor_plan *plan)
{
    struct supervisor s = {.control = plan->control, .spares = plan->spares};
    close_others(plan);
    supervise_self(&s);
    s.client = start(plan);
    tell(s.control,
         (struct supervisor_message){.word = SUPERVISOR_STARTED, .value = (int32_t)s.client});
    while (!is_over(&s)) {
        struct pollfd ready[] = {{.fd = s.signals, .events = POLLIN},
                                 {.fd = s.control, .events = POLLIN}};
        (void)poll(ready, 2, patience_ms(&s));
        drain_signals(&s);
        reap(&s);
        if (ready[1].revents != 0) {
            obey(&s);
        }
    }
    if (s.is_ending || !s.spares) {
        end_all(&s);
    }
    tell(s.control, (struct supervisor_message){.word = SUPERVISOR_ENDED, .value = s.killed});
    _exit(0);
}
