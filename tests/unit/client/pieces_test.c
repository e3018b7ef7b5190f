// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/client_tests.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proxy/base/own.h"
#include "suites/client/lines.h"
#include "suites/client/sink.h"
#include "suites/client/tree.h"

static bool note(void *arg, struct span line, bool is_overlong)
{
    struct buf *out = arg;
    buf_add_char(out, '<');
    buf_add(out, line);
    buf_add_text(out, is_overlong ? "...>" : ">");
    return true;
}

#define TEXT "one\n\nsixsix\nsevenxx\nend\r\nrest"
static const char LINES[] = "<one><><sixsix><sevenx...><end\r>";

// However the bytes are cut, the lines are the same.
static void splits_lines(void)
{
    for (size_t a = 0; a < sizeof TEXT; a++) {
        for (size_t b = a; b < sizeof TEXT; b++) {
            struct lines l = {.max_bytes = 6};
            OWN_BUF struct buf out = {0};
            struct span text = SPAN(TEXT);
            lines_feed(&l, span_slice(text, 0, a), note, &out);
            lines_feed(&l, span_slice(text, a, b), note, &out);
            lines_feed(&l, span_slice(text, b, text.len), note, &out);
            OWN(text) char *seen = buf_take_text(&out);
            if (!CHECK_TEXT(seen, LINES) || !CHECK(span_is(lines_rest(&l), "rest"))) {
                lines_clear(&l);
                return;
            }
            lines_clear(&l);
        }
    }
}

static bool stop_at_second(void *arg, struct span line, bool is_overlong)
{
    (void)line;
    (void)is_overlong;
    unsigned *count = arg;
    return ++*count < 2;
}

static void stops_when_told(void)
{
    struct lines l = {.max_bytes = 6};
    unsigned count = 0;
    lines_feed(&l, SPAN("a\nb\nc\nd\n"), stop_at_second, &count);
    CHECK_INT(count, 2);
    lines_clear(&l);
}

static void remembers_that_a_sink_failed(void)
{
    struct sink s = {.max_hold_bytes = 10};
    CHECK_INT(sink_open(&s, "/dev/full", NULL), RC_OK);
    sink_add(&s, SPAN("short"));
    CHECK_INT(s.record, RC_OK);
    sink_add(&s, SPAN("\n"));
    CHECK_INT(s.record, RC_IO);
    sink_close(&s);
    sink_close(&s);
    CHECK_INT(s.record, RC_IO);
}

static void reads_stat(void)
{
    static const struct {
        const char *name, *text;
        bool good;
        struct process process;
    } ROWS[] = {
        {"plain",
         "12 (sh) S 1 12 12 0 -1",
         true,
         {.pid = 12, .parent = 1, .group = 12, .state = 'S'}},
        {"a name that lies",
         "7 (a) Z 1 1) R 3 4 4 0",
         true,
         {.pid = 7, .parent = 3, .group = 4, .state = 'R'}},
        {"group elsewhere",
         "7 (a) T 3 -1 0",
         true,
         {.pid = 7, .parent = 3, .group = -1, .state = 'T'}},
        {"empty", "", false, {0}},
        {"cut", "7 (a) R", false, {0}},
        {"no name", "7 R 1 1", false, {0}},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct process p = {0};
        CHECK_INT(process_parse(&p, span_of(ROWS[i].text)), ROWS[i].good);
        if (ROWS[i].good) {
            CHECK_INT(p.pid, ROWS[i].process.pid);
            CHECK_INT(p.parent, ROWS[i].process.parent);
            CHECK_INT(p.group, ROWS[i].process.group);
            CHECK_INT(p.state, ROWS[i].process.state);
        }
    }
    unit_row(NULL);
}

static void scans_descendants(void)
{
    struct tree tree = {0};
    CHECK_INT(tree_scan(&tree, getpid()), RC_OK);
    CHECK_INT(tree.count, 0);
    tree_clear(&tree);
    int ready[2];
    CHECK_INT(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)fork(); // two below us, one below the other
        (void)!write(ready[1], "x", 1);
        for (;;) {
            (void)pause();
        }
    }
    char byte = 0;
    CHECK(read(ready[0], &byte, 1) == 1 && read(ready[0], &byte, 1) == 1);
    CHECK_INT(tree_scan(&tree, getpid()), RC_OK);
    CHECK_INT(tree.count, 2);
    CHECK(tree.count == 2 && (tree.at[0].pid == child || tree.at[1].pid == child));
    CHECK(!process_is_stopped(child));
    for (size_t i = 0; i < tree.count; i++) {
        (void)kill(tree.at[i].pid, SIGKILL);
    }
    CHECK_INT(waitpid(child, NULL, 0), child);
    CHECK(process_is_stopped(child));
    while (waitpid(-1, NULL, 0) > 0) {
    }
    tree_clear(&tree);
    (void)close(ready[0]);
    (void)close(ready[1]);
}

const struct unit_test PIECES_TESTS[] = {
    {"splits lines", splits_lines},
    {"stops when told", stops_when_told},
    {"remembers that a sink failed", remembers_that_a_sink_failed},
    {"reads stat", reads_stat},
    {"scans descendants", scans_descendants},
    {NULL, NULL}};
