// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/evidence/evidence_tests.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proxy/base/digest.h"
#include "proxy/base/instant.h"
#include "proxy/evidence/reader.h"
#include "tests/unit/evidence/scratch.h"

struct fixture {
    char *dir, *path;
    struct journal *journal;
    struct buf seen; // what the observer saw, a line each
    int64_t offset_us;
    struct journal *echo_into; // the observer answers connect with close
};

static void on_line(void *arg, enum event_kind kind, struct span line)
{
    struct fixture *f = arg;
    if (kind == EVENT_CONNECT && f->echo_into != NULL) {
        (void)journal_begin(f->echo_into, EVENT_CLOSE);
        journal_int(f->echo_into, "conn", 1);
        (void)journal_end(f->echo_into);
    }
    buf_addf(&f->seen, "%s ", event_name(kind));
    buf_add(&f->seen, line);
    buf_add_char(&f->seen, '\n');
}

static void begin(struct fixture *f, bool with_file, size_t max_bytes)
{
    *f = (struct fixture){.dir = scratch_new()};
    f->path = disk_join(f->dir, "journal.jsonl");
    struct journal_options options = {
        .path = with_file ? f->path : NULL,
        .clock = clock_manual(&scratch_time),
        .service_offset_us = &f->offset_us,
        .observer = on_line,
        .observer_arg = f,
        .max_bytes = max_bytes,
    };
    struct diag d = {0};
    CHECK_INT(journal_open(&f->journal, &options, &d), RC_OK);
}

static void finish(struct fixture *f)
{
    (void)journal_close(&f->journal, NULL);
    buf_clear(&f->seen);
    x_free(f->path);
    scratch_end(f->dir);
}

static uint64_t line(struct journal *j, enum event_kind kind, const char *text)
{
    (void)journal_begin(j, kind);
    journal_text(j, "text", span_of(text));
    return journal_end(j);
}

static void lines_are_rendered(void)
{
    struct fixture f;
    begin(&f, true, 0);
    f.offset_us = -US_PER_HOUR;
    scratch_time.monotonic_us += 7;
    struct buf *b = journal_begin(f.journal, EVENT_REQUEST);
    journal_text(f.journal, "t", span_of("a\"\n"));
    journal_int(f.journal, "i", -5);
    journal_bool(f.journal, "yes", true);
    journal_bool(f.journal, "no", false);
    journal_raw(f.journal, "raw", SPAN("[1]"));
    buf_add_text(b, ",\"own\":2");
    CHECK_INT(journal_end(f.journal), 1);
    scratch_time.wall_us += 900000; // over the second
    CHECK_INT(line(f.journal, EVENT_CLOSE, ""), 2);
    scratch_time.wall_us -= 900000; // and back: wire time may jump
    CHECK_INT(line(f.journal, EVENT_CLOSE, ""), 3);
    CHECK_INT(journal_close(&f.journal, NULL), RC_OK);
    CHECK(f.journal == NULL);
    struct buf text = scratch_get(f.dir, "journal.jsonl");
    OWN(text) char *got = buf_take_text(&text);
    CHECK_TEXT(got,
               "{\"seq\":1,\"t_us\":7,\"wire\":\"2026-11-18T11:15:00.123Z\","
               "\"service\":\"2026-11-18T10:15:00.123Z\",\"event\":\"request\","
               "\"t\":\"a\\\"\\n\",\"i\":-5,\"yes\":true,\"no\":false,\"raw\":[1],\"own\":2}\n"
               "{\"seq\":2,\"t_us\":7,\"wire\":\"2026-11-18T11:15:01.023Z\","
               "\"service\":\"2026-11-18T10:15:01.023Z\",\"event\":\"close\",\"text\":\"\"}\n"
               "{\"seq\":3,\"t_us\":7,\"wire\":\"2026-11-18T11:15:00.123Z\","
               "\"service\":\"2026-11-18T10:15:00.123Z\",\"event\":\"close\",\"text\":\"\"}\n");
    finish(&f);
}

// The cache of the second gives the same text as formatting each moment.
static void stamps_are_exact(void)
{
    static const int64_t STEPS[] = {0, 1, 999, 998001, 1000, 3600000000, -5, -7200000000, 123456};
    struct fixture f;
    begin(&f, false, 0);
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        char wire[INSTANT_TEXT];
        scratch_time.wall_us += STEPS[i];
        instant_format(wire, scratch_time.wall_us);
        (void)line(f.journal, EVENT_CLOSE, "");
        OWN(json) cJSON *tree = scratch_json(journal_last_line(f.journal));
        CHECK_TEXT(json_get_text(tree, "wire"), wire);
        CHECK_TEXT(json_get_text(tree, "service"), wire);
    }
    scratch_time.wall_us = -1; // before 1970
    (void)line(f.journal, EVENT_CLOSE, "");
    OWN(json) cJSON *tree = scratch_json(journal_last_line(f.journal));
    CHECK_TEXT(json_get_text(tree, "wire"), "1969-12-31T23:59:59.999Z");
    finish(&f);
}

static void observer_sees_lines(void)
{
    struct fixture f;
    begin(&f, false, 0);
    f.echo_into = f.journal;
    (void)line(f.journal, EVENT_CONNECT, "first");
    CHECK_INT(line(f.journal, EVENT_EXIT, "third"), 3);
    OWN(text) char *seen = buf_take_text(&f.seen);
    // The inner line is ended, and seen, first; it comes second.
    const char *inner = strstr(seen, "close {\"seq\":2");
    const char *outer = strstr(seen, "connect {\"seq\":1");
    CHECK(inner == seen && outer != NULL && strstr(outer, "\"text\":\"first\"}\n") != NULL);
    CHECK(strstr(seen, "exit {\"seq\":3") != NULL);
    finish(&f);
}

static void digest_is_of_all_bytes(void)
{
    struct fixture f;
    char early[SHA256_HEX];
    char late[SHA256_HEX];
    char expected[SHA256_HEX];
    begin(&f, true, 0);
    journal_digest(f.journal, early);
    sha256_hex(expected, (struct span){.at = "", .len = 0});
    CHECK_TEXT(early, expected);
    (void)line(f.journal, EVENT_CONNECT, "a");
    journal_digest(f.journal, early);
    journal_digest(f.journal, late);
    CHECK_TEXT(early, late);
    journal_flush(f.journal);
    journal_digest(f.journal, late);
    CHECK_TEXT(early, late);
    (void)line(f.journal, EVENT_CONNECT, "b");
    journal_flush(f.journal);
    (void)line(f.journal, EVENT_CONNECT, "c");
    journal_flush(f.journal);
    (void)line(f.journal, EVENT_CONNECT, "d");
    (void)line(f.journal, EVENT_CONNECT, "e");
    journal_digest(f.journal, late);
    journal_flush(f.journal);
    OWN_BUF struct buf text = scratch_get(f.dir, "journal.jsonl");
    sha256_hex(expected, buf_span(&text));
    CHECK_TEXT(late, expected);
    finish(&f);
}

static void no_file_has_no_digest(void)
{
    struct fixture f;
    char digest[SHA256_HEX];
    char expected[SHA256_HEX];
    begin(&f, false, 0);
    (void)line(f.journal, EVENT_CONNECT, "a");
    journal_flush(f.journal);
    (void)line(f.journal, EVENT_CONNECT, "b");
    journal_digest(f.journal, digest);
    sha256_hex(expected, (struct span){.at = "", .len = 0});
    CHECK_TEXT(digest, expected);
    finish(&f);
}

// A body is a JSON text in a JSON string; the secret in it may be escaped once more.
static void secrets_never_reach_the_file(void)
{
    struct fixture f;
    begin(&f, true, 0);
    journal_secret(f.journal, "k1", span_of("wJalrXUtnFEMI/K7MDENG+b\"xRfi"));
    journal_secret(f.journal, "short", span_of("event"));
    (void)line(f.journal, EVENT_REQUEST, "{\"Key\":\"wJalrXUtnFEMI\\/K7MDENG+b\\\"xRfi\",\"x\":1}");
    (void)line(f.journal, EVENT_REQUEST,
               "{\"s\":\"{\\\"k\\\":\\\"wJalrXUtnFEMI/K7MDENG+b\\\\\\\"xRfi\\\"}\"}");
    OWN_BUF struct buf redacted = {0};
    journal_redact(f.journal, &redacted, SPAN("nothing"));
    journal_redact(f.journal, &redacted, SPAN(" wJalrXUtnFEMI/K7MDENG+b\"xRfi"));
    CHECK(span_is(buf_span(&redacted), "nothing [secret:k1]"));
    CHECK_TEXT(journal_finds_secret(f.journal, SPAN("a wJalrXUtnFEMI/K7MDENG+b\\\"xRfi")), "k1");
    CHECK(journal_finds_secret(f.journal, SPAN("event")) == NULL);
    journal_flush(f.journal);
    OWN_BUF struct buf text = scratch_get(f.dir, "journal.jsonl");
    CHECK(!span_has(buf_span(&text), SPAN("K7MDENG")) &&
          !span_has(buf_span(&f.seen), SPAN("K7MDENG")));
    CHECK(span_has(buf_span(&text), SPAN("{\\\"Key\\\":\\\"[secret:k1]\\\",\\\"x\\\":1}")));
    CHECK(span_has(buf_span(&text), SPAN("\\\\\\\"[secret:k1]\\\\\\\"")));
    struct evidence_case c;
    CHECK_INT(evidence_read_events(&c, buf_span(&text), NULL), RC_OK);
    CHECK_INT(c.count, 2);
    evidence_case_clear(&c);
    finish(&f);
}

// A numeric secret must not spoil seq, times or digests of our own, but does not stand as a number.
static void numeric_secrets(void)
{
    struct fixture f;
    begin(&f, false, 0);
    journal_secret(f.journal, "pin", span_of("12345678"));
    scratch_time.monotonic_us += 12345678;
    (void)journal_begin(f.journal, EVENT_STEP);
    journal_int(f.journal, "a", 12345678);
    (void)journal_end(f.journal);
    OWN(json) cJSON *tree = scratch_json(journal_last_line(f.journal));
    CHECK_INT(json_get_int(tree, "t_us", 0), 12345678);
    CHECK_TEXT(json_get_text(tree, "a"), "[secret:pin]");
    finish(&f);
}

static void a_full_journal_counts_what_it_loses(void)
{
    struct fixture f;
    begin(&f, true, 400);
    (void)line(f.journal, EVENT_CONNECT, "1");
    (void)line(f.journal, EVENT_CONNECT, "2");
    size_t kept = 2;
    char big[300];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    CHECK_INT(line(f.journal, EVENT_REQUEST, big), 0);
    // A small line would fit again, but a journal has no holes.
    CHECK_INT(line(f.journal, EVENT_CONNECT, "s"), 0);
    CHECK_INT(journal_lost(f.journal), 2);
    CHECK_INT(line(f.journal, EVENT_END, big), kept + 1);
    CHECK(span_has(buf_span(&f.seen), SPAN("\"text\":\"s\"}")));
    journal_flush(f.journal);
    OWN_BUF struct buf text = scratch_get(f.dir, "journal.jsonl");
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++) {
        lines += text.data[i] == '\n';
    }
    CHECK_INT(lines, kept + 1);
    finish(&f);
}

// Exactly at the limit a line still fits, with its newline.
static void the_limit_is_exact(void)
{
    struct fixture f;
    begin(&f, false, 0);
    (void)line(f.journal, EVENT_CONNECT, "1");
    size_t size = journal_last_line(f.journal).len + 1;
    finish(&f);
    begin(&f, false, size);
    CHECK_INT(line(f.journal, EVENT_CONNECT, "1"), 1);
    CHECK_INT(line(f.journal, EVENT_CONNECT, "1"), 0);
    finish(&f);
    begin(&f, false, size - 1);
    CHECK_INT(line(f.journal, EVENT_CONNECT, "1"), 0);
    finish(&f);
}

static void a_full_disk_is_remembered(void)
{
    struct fixture f;
    struct rlimit old;
    struct diag d = {0};
    begin(&f, true, 0);
    (void)line(f.journal, EVENT_CONNECT, "1");
    (void)line(f.journal, EVENT_CONNECT, "2");
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)getrlimit(RLIMIT_FSIZE, &old);
    struct rlimit small = {.rlim_cur = 100, .rlim_max = old.rlim_max};
    (void)setrlimit(RLIMIT_FSIZE, &small);
    CHECK_INT(journal_error(f.journal, &d), RC_OK);
    journal_flush(f.journal);
    (void)setrlimit(RLIMIT_FSIZE, &old);
    (void)signal(SIGXFSZ, SIG_DFL);
    CHECK_INT(journal_error(f.journal, &d), RC_IO);
    CHECK_TEXT(d.text, "File too large");
    CHECK_TEXT(d.file, f.path);
    // There is room again, but a line after a gap would lie.
    (void)line(f.journal, EVENT_CONNECT, "3");
    journal_flush(f.journal);
    OWN_BUF struct buf text = scratch_get(f.dir, "journal.jsonl");
    CHECK_INT(text.len, 100);
    d = (struct diag){0};
    CHECK_INT(journal_close(&f.journal, &d), RC_IO);
    CHECK_TEXT(d.text, "File too large");
    finish(&f);
}

static void the_file_must_be_new(void)
{
    struct fixture f;
    begin(&f, true, 0);
    struct journal *second = NULL;
    struct diag d = {0};
    struct journal_options options = {.path = f.path, .clock = clock_manual(&scratch_time)};
    CHECK_INT(journal_open(&second, &options, &d), RC_IO);
    CHECK(second == NULL);
    CHECK_TEXT(d.text, "File exists");
    CHECK_INT(journal_close(&second, NULL), RC_OK);
    struct stat st;
    CHECK_INT(stat(f.path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    finish(&f);
}

// Many lines within one turn are written before memory grows without bound.
static void long_turns_are_flushed(void)
{
    struct fixture f;
    begin(&f, true, 0);
    char *big = x_alloc(200001);
    memset(big, 'x', 200000);
    for (int i = 0; i < 6; i++) {
        (void)line(f.journal, EVENT_REQUEST, big);
        buf_reset(&f.seen);
    }
    x_free(big);
    struct stat st;
    CHECK_INT(stat(f.path, &st), 0);
    CHECK(st.st_size > 1000000);
    finish(&f);
}

static void begin_twice(struct journal *j)
{
    (void)journal_begin(j, EVENT_OPEN);
    (void)journal_begin(j, EVENT_OPEN);
}

static void end_without_begin(struct journal *j)
{
    (void)journal_end(j);
}

static void member_without_begin(struct journal *j)
{
    journal_int(j, "a", 1);
}

static void misuse_aborts(void)
{
    static void (*const MISUSES[])(struct journal *) = {begin_twice, end_without_begin,
                                                        member_without_begin};
    for (size_t i = 0; i < sizeof MISUSES / sizeof MISUSES[0]; i++) {
        struct fixture f;
        begin(&f, false, 0);
        pid_t child = fork();
        if (child == 0) {
            (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
            (void)signal(SIGABRT, SIG_DFL);
            MISUSES[i](f.journal);
            _exit(0);
        }
        int status = 0;
        CHECK_INT(waitpid(child, &status, 0), child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
        finish(&f);
    }
}

static void events_have_names(void)
{
    for (int i = 0; i < EVENT_COUNT; i++) {
        const char *name = event_name((enum event_kind)i);
        CHECK(name[0] != '\0' && strcmp(name, "?") != 0);
        for (int k = 0; k < i; k++) {
            CHECK(strcmp(name, event_name((enum event_kind)k)) != 0);
        }
    }
    CHECK_TEXT(event_name(EVENT_COUNT), "?");
}

const struct unit_test JOURNAL_TESTS[] = {
    {"lines are rendered", lines_are_rendered},
    {"stamps are exact", stamps_are_exact},
    {"the observer sees lines and may write", observer_sees_lines},
    {"the digest is of all bytes", digest_is_of_all_bytes},
    {"no file has no digest", no_file_has_no_digest},
    {"secrets never reach the file", secrets_never_reach_the_file},
    {"numeric secrets", numeric_secrets},
    {"a full journal counts what it loses", a_full_journal_counts_what_it_loses},
    {"the limit is exact", the_limit_is_exact},
    {"a full disk is remembered", a_full_disk_is_remembered},
    {"the file must be new", the_file_must_be_new},
    {"long turns are flushed", long_turns_are_flushed},
    {"misuse aborts", misuse_aborts},
    {"events have names", events_have_names},
    {NULL, NULL},
};
