// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/evidence/evidence_tests.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "proxy/evidence/layout.h"
#include "tests/unit/evidence/scratch.h"

// What the alarm's handler drains: the only way to make a blocking write end short, or be
// interrupted, without a second thread.
static volatile sig_atomic_t drain_fd;
static volatile sig_atomic_t drained_bytes;
static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
    static char bytes[5000];
    int kept = errno;
    (void)number;
    // Every second time nothing is read: the write that waits is interrupted with nothing written.
    if (++alarms % 2 == 0) {
        ssize_t got = read(drain_fd, bytes, sizeof bytes);
        drained_bytes += got > 0 ? (int)got : 0;
    }
    errno = kept;
}

static void short_and_interrupted_writes(void)
{
    int ends[2];
    struct sigaction old;
    struct sigaction action = {.sa_handler = on_alarm}; // no SA_RESTART
    struct itimerval often = {.it_interval = {.tv_usec = 1000}, .it_value = {.tv_usec = 1000}};
    struct itimerval never = {0};
    size_t size = 300000; // several times what a pipe holds
    OWN(text) char *bytes = x_alloc(size);
    if (!CHECK_INT(pipe(ends), 0)) {
        return;
    }
    drain_fd = ends[0];
    drained_bytes = 0;
    alarms = 0;
    (void)sigaction(SIGALRM, &action, &old);
    (void)setitimer(ITIMER_REAL, &often, NULL);
    int why = disk_write(ends[1], (struct span){.at = bytes, .len = size});
    (void)setitimer(ITIMER_REAL, &never, NULL);
    (void)sigaction(SIGALRM, &old, NULL);
    (void)close(ends[1]);
    CHECK_INT(why, 0);
    CHECK(alarms > 2);
    size_t total = (size_t)drained_bytes;
    char rest[4096];
    for (ssize_t got = 0; (got = read(ends[0], rest, sizeof rest)) > 0;) {
        total += (size_t)got;
    }
    CHECK_INT(total, size);
    (void)close(ends[0]);
}

static void failing_writes(void)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    CHECK_INT(disk_write(full, SPAN("x")), ENOSPC);
    CHECK_INT(disk_write(full, (struct span){0}), 0);
    (void)close(full);
    CHECK_INT(disk_write(full, SPAN("x")), EBADF);
}

static void create_and_replace(void)
{
    SCRATCH char *dir = scratch_new();
    struct diag d = {0};
    OWN(text) char *path = disk_join(dir, "a");
    CHECK_INT(disk_create(path, SPAN("one"), &d), RC_OK);
    CHECK_INT(disk_create(path, SPAN("two"), &d), RC_IO);
    CHECK_TEXT(d.text, "File exists");
    scratch_put_text(dir, "a.new", "left by a kill");
    CHECK_INT(disk_replace(path, SPAN("three"), NULL), RC_OK);
    OWN_BUF struct buf text = scratch_get(dir, "a");
    CHECK(span_is(buf_span(&text), "three"));
    CHECK(!scratch_has(dir, "a.new"));
    struct stat st;
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
}

// A limit on the size of files is a full disk that a test can have: a short write, then an error.
static void full_disk_leaves_nothing(void)
{
    SCRATCH char *dir = scratch_new();
    struct rlimit old;
    struct diag d = {0};
    OWN(text) char *path = disk_join(dir, "a");
    OWN(text) char *kept = disk_join(dir, "kept");
    scratch_put_text(dir, "kept", "old");
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)getrlimit(RLIMIT_FSIZE, &old);
    struct rlimit small = {.rlim_cur = 4, .rlim_max = old.rlim_max};
    (void)setrlimit(RLIMIT_FSIZE, &small);
    enum rc created = disk_create(path, SPAN("123456"), &d);
    enum rc replaced = disk_replace(kept, SPAN("123456"), NULL);
    (void)setrlimit(RLIMIT_FSIZE, &old);
    (void)signal(SIGXFSZ, SIG_DFL);
    CHECK_INT(created, RC_IO);
    CHECK_INT(replaced, RC_IO);
    CHECK_TEXT(d.text, "File too large");
    CHECK(!scratch_has(dir, "a") && !scratch_has(dir, "kept.new"));
    OWN_BUF struct buf text = scratch_get(dir, "kept");
    CHECK(span_is(buf_span(&text), "old"));
}

static void only_plain_files_are_read(void)
{
    SCRATCH char *dir = scratch_new();
    OWN(text) char *pipe_path = disk_join(dir, "pipe");
    OWN(text) char *link_path = disk_join(dir, "link");
    OWN(text) char *file = disk_join(dir, "file");
    OWN_BUF struct buf text = {0};
    struct diag d = {0};
    scratch_put_text(dir, "file", "x");
    CHECK_INT(mkfifo(pipe_path, 0600), 0);
    CHECK_INT(symlink("file", link_path), 0);
    CHECK_INT(disk_read(&text, pipe_path, &d), RC_IO);
    CHECK_TEXT(d.text, "this is not a plain file");
    d = (struct diag){0};
    CHECK_INT(disk_read(&text, link_path, &d), RC_IO);
    CHECK_TEXT(d.text, "this is a link");
    CHECK_INT(disk_read(&text, dir, NULL), RC_IO);
    CHECK_INT(disk_read(&text, file, NULL), RC_OK);
    CHECK(span_is(buf_span(&text), "x"));
    // A sparse file stands for one that is too large.
    CHECK_INT(truncate(file, (off_t)DISK_MAX_BYTES + 1), 0);
    d = (struct diag){0};
    CHECK_INT(disk_read(&text, file, &d), RC_IO);
    CHECK_TEXT(d.text, "this file is larger than 1 GiB");
}

static void names_are_sorted(void)
{
    SCRATCH char *dir = scratch_new();
    struct disk_names names = {0};
    scratch_put_text(dir, "b", "");
    scratch_put_text(dir, ".a", "");
    scratch_put_text(dir, "a", "");
    CHECK_INT(disk_list(&names, dir, NULL), RC_OK);
    if (CHECK_INT(names.count, 3)) {
        CHECK_TEXT(names.items[0], ".a");
        CHECK_TEXT(names.items[2], "b");
    }
    CHECK(disk_names_has(&names, "a") && !disk_names_has(&names, "c"));
    disk_names_clear(&names);
    OWN(text) char *none = disk_join(dir, "none");
    CHECK_INT(disk_list(&names, none, NULL), RC_IO);
}

static void ids_become_directories(void)
{
    static const char *const BAD[] = {"",    ".",    "..",  ".x",  "../x",     "a~b",
                                      "a b", "a\nb", "a\"", "a\\", "\xc3\xa9", "/.\x01"};
    char dir[LAYOUT_ID_MAX + 1];
    layout_case_dir(dir, span_of("CRD-01/imds/v2"));
    CHECK_TEXT(dir, "CRD-01~imds~v2");
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        unit_row(BAD[i]);
        CHECK(!layout_id_is_good(span_of(BAD[i])));
    }
    unit_row(NULL);
    char text[LAYOUT_ID_MAX + 2];
    memset(text, 'x', sizeof text);
    CHECK(layout_id_is_good((struct span){text, LAYOUT_ID_MAX}));
    CHECK(!layout_id_is_good((struct span){text, LAYOUT_ID_MAX + 1}));
    CHECK(!layout_id_is_good((struct span){"a\0b", 3}));
    CHECK(layout_file_is_good(span_of("client.2.out")) && !layout_file_is_good(span_of("a/b")));
}

const struct unit_test DISK_TESTS[] = {
    {"short and interrupted writes go on", short_and_interrupted_writes},
    {"failing writes say why", failing_writes},
    {"create and replace", create_and_replace},
    {"a full disk leaves no half file", full_disk_leaves_nothing},
    {"only plain files are read", only_plain_files_are_read},
    {"names are sorted", names_are_sorted},
    {"ids become directories", ids_become_directories},
    {NULL, NULL},
};
