// SPDX-License-Identifier: Apache-2.0
// A part says {"mp":"alert","text":"…"} to tell the test something, mostly that it is in place.
#include "tests/unit/client/puppet.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

// Unbuffered, so that a line is in the pipe when the call returns.
static void say(const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t n = write(STDOUT_FILENO, text, left);
        if (n < 0 && errno != EINTR) {
            _exit(70);
        }
        text += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
}

static void alert(const char *text)
{
    char line[512];
    (void)snprintf(line, sizeof line, "{\"mp\":\"alert\",\"text\":\"%s\"}\n", text);
    say(line);
}

// Long enough for any test; a puppet that escapes, as it may from code that is broken, does not
// stay.
static void rest(void)
{
    struct timespec wait = {.tv_sec = 60};
    (void)nanosleep(&wait, NULL);
    _exit(0);
}

static void ignore(int number)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    (void)sigaction(number, &action, NULL);
}

// Answers every line in the way of the contract.
static int obedient(void)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        unsigned step = 0;
        char answer[64];
        if (sscanf(line, "{\"step\":%u", &step) == 1) { // NOLINT(cert-err34-c): our own printing
            (void)snprintf(answer, sizeof answer, "{\"mp\":\"done\",\"step\":%u}\n", step);
            say(answer);
        } else {
            say("{\"mp\":\"hello\",\"contract\":1,\"supports\":[\"usage\",\"flush\"]}\n");
        }
    }
    free(line); // getline's
    return 0;
}

static int leaves(void)
{
    return 7;
}

static int crashes(void)
{
    struct rlimit none = {0};
    (void)setrlimit(RLIMIT_CORE, &none);
    struct sigaction plain = {.sa_handler = SIG_DFL}; // not the sanitizer's
    (void)sigaction(SIGSEGV, &plain, NULL);
    (void)raise(SIGSEGV);
    return 0;
}

static int babbles(void)
{
    say("starting up\n{\"level\":\"info\",\"about\":\"mp\"}\n");
    say("{\"mp\":\"done\"}\n{\"mp\": oh\n{\"mp\":\"alert\",\"te");
    say("xt\":\"cut\"}\n{\"mp\":\"done\",\"step\":4}\r\n{\"mp\":\"done\",\"st");
    return 0;
}

static int floods(int fd)
{
    static char text[65536];
    memset(text, 'x', sizeof text);
    for (size_t i = 100; i < sizeof text; i += 100) {
        text[i] = '\n';
    }
    while (write(fd, text, sizeof text) > 0) {
    }
    return 0;
}

static int floods_stdout(void)
{
    return floods(STDOUT_FILENO);
}

static int floods_stderr(void)
{
    return floods(STDERR_FILENO);
}

// Leaves more in its pipe than is read in several turns of the loop, and is gone.
static int bursts(void)
{
    static char text[1000000];
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 100; i < sizeof text; i += 100) {
        text[i] = '\n';
    }
    (void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, 1 << 20);
    say(text);
    say("\n");
    alert("last");
    return 0;
}

static int says_long_lines(void)
{
    static char text[5000];
    memset(text, 'x', sizeof text - 1);
    say(text);
    say("\n{\"mp\":\"alert\",\"text\":\"");
    say(text);
    say("\"}\n");
    alert("after");
    return 0;
}

static int hangs(void)
{
    alert("hanging");
    rest();
    return 0;
}

static int defies(void)
{
    ignore(SIGTERM);
    ignore(SIGHUP);
    ignore(SIGINT);
    return hangs();
}

static int closes_stdin(void)
{
    (void)close(STDIN_FILENO);
    return hangs();
}

static void close_all(void)
{
    for (int fd = 0; fd < 256; fd++) {
        (void)close(fd);
    }
}

// Out of its group, its session and its parents' hands, with nothing open.
static int leaves_daemon(void)
{
    int ready[2];
    if (pipe(ready) != 0 || fork() == 0) {
        (void)setsid();
        if (fork() == 0) {
            ignore(SIGTERM);
            close_all();
            rest();
        }
        _exit(0);
    }
    char byte = 0;
    (void)close(ready[1]);
    (void)!read(ready[0], &byte, 1); // ends when the daemon has closed everything
    alert("daemon");
    return 0;
}

static int leaves_listener(void)
{
    if (fork() == 0) {
        ignore(SIGTERM);
        rest(); // with our stdout open
    }
    return 3;
}

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// A process is alive for the time of one fork only, each in a session of its own. Bounded, since
// one that escaped would use up the machine's process ids.
static void multiply(void)
{
    double until = seconds() + 1.5;
    while (seconds() < until) {
        pid_t child = fork();
        if (child > 0) {
            _exit(0);
        }
        if (child == 0) {
            (void)setsid();
        }
    }
    _exit(0);
}

static int multiplies(void)
{
    if (fork() == 0) {
        multiply();
    }
    alert("multiplying");
    rest();
    return 0;
}

static void *speak(void *arg)
{
    (void)arg;
    for (;;) {
        alert("tick");
    }
    return NULL;
}

// Two processes of two threads each say all the time.
static int chatters(void)
{
    pthread_t thread;
    ignore(SIGTERM);
    (void)fork();
    if (pthread_create(&thread, NULL, speak, NULL) != 0) {
        return 70;
    }
    (void)speak(NULL);
    return 0;
}

static int lists_descriptors(void)
{
    char text[256] = "";
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL) {
        return 70;
    }
    for (int fd = 0; fd < 1024; fd++) {
        if (fd != dirfd(dir) && fcntl(fd, F_GETFD) >= 0 && strlen(text) < sizeof text - 8) {
            (void)snprintf(text + strlen(text), 8, "%d ", fd);
        }
    }
    (void)closedir(dir);
    alert(text);
    return 0;
}

static int lists_signals(void)
{
    sigset_t blocked;
    int odd = 0;
    (void)sigprocmask(SIG_SETMASK, NULL, &blocked);
    for (int number = 1; number < 32; number++) {
        struct sigaction now;
        bool ignored = sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
        odd += ignored || sigismember(&blocked, number) == 1;
    }
    char text[128];
    (void)snprintf(text, sizeof text, "%d odd, %s", odd,
                   getsid(0) == getpid() ? "own session" : "shared session");
    alert(text);
    return 0;
}

static int says_where(void)
{
    char dir[400];
    char text[480]; // an alert has room for it
    (void)snprintf(text, sizeof text, "%s %s", getcwd(dir, sizeof dir) == NULL ? "?" : dir,
                   getenv("PUPPET") == NULL ? "?" : getenv("PUPPET"));
    alert(text);
    (void)fprintf(stderr, "hush: s3cr");
    (void)fflush(stderr);
    (void)fprintf(stderr, "et\nend");
    return 0;
}

static int kills_supervisor(void)
{
    (void)getchar(); // it must have told of our start first
    (void)kill(getppid(), SIGKILL);
    rest();
    return 0;
}

static const struct {
    const char *name;
    int (*play)(void);
} PARTS[] = {
    {"obedient", obedient},
    {"leaves", leaves},
    {"crashes", crashes},
    {"babbles", babbles},
    {"floods-stdout", floods_stdout},
    {"floods-stderr", floods_stderr},
    {"bursts", bursts},
    {"says-long-lines", says_long_lines},
    {"hangs", hangs},
    {"defies", defies},
    {"closes-stdin", closes_stdin},
    {"leaves-daemon", leaves_daemon},
    {"leaves-listener", leaves_listener},
    {"multiplies", multiplies},
    {"chatters", chatters},
    {"lists-descriptors", lists_descriptors},
    {"lists-signals", lists_signals},
    {"says-where", says_where},
    {"kills-supervisor", kills_supervisor},
};

int puppet_run(const char *part)
{
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        if (strcmp(PARTS[i].name, part) == 0) {
            return PARTS[i].play();
        }
    }
    return 64;
}
