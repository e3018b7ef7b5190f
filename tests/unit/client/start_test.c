// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/client_tests.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proxy/base/own.h"
#include "tests/unit/client/play.h"

static void write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    (void)close(fd);
}

static void says_why_it_cannot_start(void)
{
    char plain[256];
    char orphan[256];
    write_file(play_path(plain, "plain"), "no program", 0644);
    write_file(play_path(orphan, "orphan"), "#!/nonexistent/interpreter\n", 0755);
    const struct {
        const char *name, *program, *dir, *sentence;
        enum rc code;
    } rows[] = {
        {"not in PATH", "no-such-program-anywhere", NULL,
         "the client cannot be started: no program \"no-such-program-anywhere\" in PATH",
         RC_MISSING},
        {"no such file", "/nonexistent/x", NULL,
         "the client cannot be started: \"/nonexistent/x\": No such file or directory", RC_MISSING},
        {"not executable", plain, NULL, "Permission denied", RC_IO},
        {"no interpreter", orphan, NULL, "exists, but the interpreter named in it does not",
         RC_MISSING},
        {"no directory", "true", "/nonexistent",
         "the client cannot be started in /nonexistent: No such file or directory", RC_MISSING},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_row(rows[i].name);
        struct play p;
        play_init(&p, "hangs");
        struct diag d = {0};
        p.argv[0] = rows[i].program;
        p.options.dir = rows[i].dir;
        CHECK_INT(client_start(&p.client, &p.options, &d), rows[i].code);
        CHECK(p.client == NULL);
        if (!CHECK(strstr(d.text, rows[i].sentence) != NULL)) {
            CHECK_TEXT(d.text, rows[i].sentence);
        }
        play_end(&p);
    }
    unit_row(NULL);
}

static void says_that_arguments_are_too_long(void)
{
    struct play p;
    play_init(&p, "hangs");
    OWN(text) char *huge = x_alloc(200001);
    memset(huge, 'x', 200000);
    p.argv[3] = huge;
    struct diag d = {0};
    CHECK_INT(client_start(&p.client, &p.options, &d), RC_LIMIT);
    CHECK_TEXT(d.text, "the client cannot be started: its arguments and environment are too long "
                       "together");
    play_end(&p);
}

// With each limit: a sentence and nothing left, or a client that works.
static void survives_lack_of_descriptors(void)
{
    struct rlimit whole;
    (void)getrlimit(RLIMIT_NOFILE, &whole);
    char path[256];
    bool started = false;
    unsigned failures = 0;
    for (rlim_t room = 1; room < 60 && !started; room++) {
        struct play p;
        play_init(&p, "leaves");
        p.options.out_path = play_path(path, "scarce.out");
        struct rlimit low = {.rlim_cur = room, .rlim_max = whole.rlim_max};
        (void)setrlimit(RLIMIT_NOFILE, &low);
        struct diag d = {0};
        enum rc code = client_start(&p.client, &p.options, &d);
        (void)setrlimit(RLIMIT_NOFILE, &whole);
        if (code == RC_OK) {
            started = true;
            play_run(&p);
            CHECK_TEXT(play_log(&p), "exit exited with code 7\n");
        } else {
            failures++;
            CHECK_INT(code, RC_LIMIT);
            CHECK(strstr(d.text, "Too many open files") != NULL);
        }
        play_end(&p);
    }
    CHECK(started);
    CHECK(failures >= 9); // eight ends of channels and a file
}

static void says_that_output_cannot_be_kept(void)
{
    struct play p;
    play_init(&p, "leaves");
    p.options.err_path = "/nonexistent/client.err";
    struct diag d = {0};
    CHECK_INT(client_start(&p.client, &p.options, &d), RC_IO);
    CHECK_TEXT(d.text, "the client's output cannot be kept in /nonexistent/client.err: No such "
                       "file or directory");
    play_end(&p);
}

static void gives_the_client_three_descriptors(void)
{
    int extra = open("/dev/null", O_RDONLY); // leaky on purpose: no O_CLOEXEC
    struct play p;
    play_init(&p, "lists-descriptors");
    char path[256];
    p.options.out_path = play_path(path, "fds.out");
    if (play_start(&p)) {
        play_run(&p);
        CHECK_TEXT(play_log(&p), "alert 0 1 2 \nexit exited with code 0\n");
    }
    play_end(&p);
    (void)close(extra);
}

// A daemon has none of the three; if a pipe of ours took their place, whatever we print would go to
// the client.
static void works_without_streams_of_its_own(void)
{
    static const int STREAMS[] = {STDIN_FILENO, STDOUT_FILENO};
    struct play p;
    int kept[2] = {dup(STREAMS[0]), dup(STREAMS[1])};
    play_init(&p, "lists-descriptors");
    (void)close(STREAMS[0]);
    (void)close(STREAMS[1]);
    if (play_start(&p)) {
        CHECK(fcntl(STREAMS[0], F_GETFD) < 0 && fcntl(STREAMS[1], F_GETFD) < 0);
        play_run(&p);
        CHECK_TEXT(play_log(&p), "alert 0 1 2 \nexit exited with code 0\n");
    }
    for (size_t i = 0; i < 2; i++) {
        CHECK(dup2(kept[i], STREAMS[i]) == STREAMS[i]);
    }
    play_end(&p);
    (void)close(kept[0]);
    (void)close(kept[1]);
}

static void gives_the_client_plain_signals(void)
{
    struct play p;
    play_init(&p, "lists-signals"); // the loop ignores SIGPIPE
    if (play_start(&p)) {
        play_run(&p);
        CHECK_TEXT(play_log(&p), "alert 0 odd, own session\nexit exited with code 0\n");
    }
    play_end(&p);
}

static void gives_the_client_directory_and_environment(void)
{
    static const char *const ENV[] = {"PUPPET=yes", "ASAN_OPTIONS=detect_leaks=0", NULL};
    struct play p;
    play_init(&p, "says-where");
    p.options.dir = "/proc";
    p.options.env = ENV;
    if (play_start(&p)) {
        play_run(&p);
        CHECK_TEXT(play_log(&p), "alert /proc yes\nexit exited with code 0\n");
    }
    play_end(&p);
}

const struct unit_test START_TESTS[] = {
    {"says why it cannot start", says_why_it_cannot_start},
    {"says that arguments are too long", says_that_arguments_are_too_long},
    {"survives lack of descriptors", survives_lack_of_descriptors},
    {"says that output cannot be kept", says_that_output_cannot_be_kept},
    {"gives the client three descriptors", gives_the_client_three_descriptors},
    {"works without streams of its own", works_without_streams_of_its_own},
    {"gives the client plain signals", gives_the_client_plain_signals},
    {"gives the client directory and environment", gives_the_client_directory_and_environment},
    {NULL, NULL}};
