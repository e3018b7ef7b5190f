// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/client_tests.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/own.h"
#include "tests/unit/client/play.h"

static void ask_next(struct play *p, const struct answer *answer)
{
    if (answer->kind == ANSWER_HELLO) {
        CHECK(answer_supports(answer, "flush") && !answer_supports(answer, "clock"));
    }
    OWN_BUF struct buf line = {0};
    if (answer->step < 3) {
        protocol_step(&line, answer->step + 1, "flush", SPAN("{}"), 0);
        CHECK_INT(client_send(p->client, buf_span(&line)), RC_OK);
    } else {
        client_end(p->client, 5000000);
        CHECK_INT(client_send(p->client, SPAN("late")), RC_CLOSED);
    }
}

static void talks(void)
{
    struct play p;
    play_init(&p, "obedient");
    p.on_answer = ask_next;
    if (play_start(&p)) {
        OWN_BUF struct buf line = {0};
        protocol_hello(&line, SPAN("X-1"), 0);
        CHECK_INT(client_send(p.client, buf_span(&line)), RC_OK);
        CHECK(client_is_running(p.client) && client_pid(p.client) > 0);
        play_run(&p);
        CHECK_TEXT(play_log(&p),
                   "hello {\"mp\":\"hello\",\"contract\":1,\"supports\":[\"usage\",\"flush\"]}\n"
                   "done {\"mp\":\"done\",\"step\":1}\ndone {\"mp\":\"done\",\"step\":2}\n"
                   "done {\"mp\":\"done\",\"step\":3}\nexit exited with code 0\n");
        CHECK(!client_is_running(p.client));
        CHECK(p.how.contained && p.how.descendants == 0);
        CHECK_INT(client_send(p.client, SPAN("late")), RC_CLOSED);
        CHECK_INT(client_stop(p.client, 0), RC_CLOSED);
    }
    play_end(&p);
}

static void tells_answers_from_other_lines(void)
{
    struct play p;
    play_init(&p, "babbles");
    char path[256];
    p.options.out_path = play_path(path, "babble.out");
    if (play_start(&p)) {
        play_run(&p);
        CHECK_TEXT(play_log(&p),
                   "malformed {\"mp\":\"done\"}\n"
                   "expected \"step\" is missing; the form is {\"mp\":\"done\",\"step\":N}\n"
                   "malformed {\"mp\": oh\n"
                   "expected this is not one JSON object (character 8: a value is expected here)\n"
                   "alert cut\ndone {\"mp\":\"done\",\"step\":4}\r\nhalf {\"mp\":\"done\",\"st\n"
                   "exit exited with code 0\n");
        OWN_BUF struct buf kept = {0};
        CHECK_INT(file_read(&kept, path, NULL), RC_OK);
        CHECK(span_starts(buf_span(&kept), SPAN("starting up\n")));
        CHECK(span_has(buf_span(&kept), SPAN("\"step\":4}\r\n{\"mp\":\"done\",\"st")));
    }
    play_end(&p);
}

static void bounds_lines(void)
{
    struct play p;
    play_init(&p, "says-long-lines");
    p.options.max_line_bytes = 1000;
    if (play_start(&p)) {
        play_run(&p);
        CHECK(play_logged(&p, "malformed {\"mp\":\"alert\",\"text\":\"xxx"));
        CHECK(play_logged(&p, "\nexpected an answer must be a line of at most 1000 bytes\n"
                              "alert after\n"));
    }
    play_end(&p);
}

static void ends_floods(void)
{
    static const char *const PARTS[] = {"floods-stdout", "floods-stderr"};
    for (size_t i = 0; i < 2; i++) {
        unit_row(PARTS[i]);
        char path[256];
        struct play p;
        play_init(&p, PARTS[i]);
        p.options.max_output_bytes = 3000000;
        p.options.out_path = p.options.err_path = play_path(path, PARTS[i]);
        if (play_start(&p)) {
            play_run(&p);
            CHECK_TEXT(play_log(&p), "flood 3000000\nexit ended by SIGKILL\n");
            OWN_BUF struct buf kept = {0};
            CHECK_INT(file_read(&kept, path, NULL), RC_OK);
            CHECK_INT(kept.len, 3000000);
        }
        play_end(&p);
    }
    unit_row(NULL);
}

static void count_turn(void *arg)
{
    unsigned *turns = arg;
    (*turns)++;
}

// A flood comes in portions, between which the loop does other things.
static void shares_the_loop_with_floods(void)
{
    struct play p;
    unsigned turns = 0;
    struct loop_turn turn;
    play_init(&p, "floods-stdout");
    loop_turn_start(&turn, p.loop, count_turn, &turns);
    if (play_start(&p)) {
        play_run(&p);
        CHECK(turns >= (64u << 20) / (4 * 65536));
    }
    loop_turn_stop(&turn);
    play_end(&p);
}

static void is_not_stalled_by_a_deaf_client(void)
{
    struct play p;
    play_init(&p, "hangs");
    p.options.max_unread_bytes = 500000;
    if (play_start(&p)) {
        OWN(text) char *text = x_alloc(100001);
        memset(text, 'x', 100000);
        enum rc code = RC_OK;
        unsigned sent = 0;
        while (sent < 20 && (code = client_send(p.client, span_of(text))) == RC_OK) {
            sent++;
        }
        CHECK_INT(code, RC_LIMIT);
        CHECK(sent >= 4 && sent < 8); // half a megabyte and what the pipe takes
        CHECK(client_unread_bytes(p.client) <= 500000);
        CHECK_INT(client_send(p.client, SPAN("short")), RC_OK); // a refusal takes nothing
        client_end(p.client, -1);
        play_run(&p);
        CHECK(play_logged(&p, "exit ended by SIGKILL\n"));
    }
    play_end(&p);
}

static void on_ready_send(struct play *p, const struct answer *answer)
{
    (void)answer;
    CHECK_INT(client_send(p->client, SPAN("anyone?")), RC_CLOSED);
    CHECK(!play_logged(p, "stdin"));
    client_end(p->client, 100000);
}

static void tells_that_stdin_is_closed(void)
{
    struct play p;
    play_init(&p, "closes-stdin");
    p.on_answer = on_ready_send;
    if (play_start(&p)) {
        play_run(&p);
        CHECK_TEXT(play_log(&p), "alert hanging\nstdin closed\nexit ended by SIGTERM\n");
    }
    play_end(&p);
}

static void hide(void *arg, enum client_stream stream, struct span text, struct buf *out)
{
    struct play *p = arg;
    buf_addf(&p->log, "%s %zu\n", stream == CLIENT_STDERR ? "err" : "out", text.len);
    if (span_has(text, SPAN("s3cret"))) {
        buf_add_text(out, "hush: [secret]\n");
    } else {
        buf_add(out, text);
    }
}

static void scrubs_what_is_kept(void)
{
    struct play p;
    char path[256];
    play_init(&p, "says-where");
    p.options.scrub = hide;
    p.options.err_path = play_path(path, "scrub.err");
    if (play_start(&p)) {
        play_run(&p);
        OWN_BUF struct buf kept = {0};
        CHECK_INT(file_read(&kept, path, NULL), RC_OK);
        buf_add_char(&kept, '\0');
        CHECK_TEXT(kept.data, "hush: [secret]\nend");
        CHECK(play_logged(&p, "err 13\n") && play_logged(&p, "err 3\n"));
    }
    play_end(&p);
}

static void note_order(struct play *p, const struct answer *answer)
{
    if (answer->step == 1) {
        CHECK_INT(client_send(p->client, SPAN("{\"step\":4}")), RC_OK);
        (void)usleep(50000); // its answer now waits in the pipe, while 2 and 3 wait with us
    }
    client_read_now(p->client); // must not overtake them
    buf_addf(&p->log, "told %u\n", p->answers);
}

// What was written before the call is delivered by the call, in order, without the loop.
static void reads_now(void)
{
    struct play p;
    play_init(&p, "obedient");
    p.on_answer = note_order;
    if (play_start(&p)) {
        CHECK_INT(client_send(p.client, SPAN("{\"step\":1}\n{\"step\":2}\n{\"step\":3}")), RC_OK);
        (void)usleep(100000); // so that the three mostly come together
        for (int i = 0; i < 5000 && p.answers < 4; i++) {
            client_read_now(p.client);
            (void)usleep(1000);
        }
        CHECK_TEXT(play_log(&p), "done {\"mp\":\"done\",\"step\":1}\ntold 1\n"
                                 "done {\"mp\":\"done\",\"step\":2}\ntold 2\n"
                                 "done {\"mp\":\"done\",\"step\":3}\ntold 3\n"
                                 "done {\"mp\":\"done\",\"step\":4}\ntold 4\n");
    }
    play_end(&p);
}

// Far more than a pipe takes: it is written while the client reads, and stdin closed only then.
static void closes_stdin_when_all_is_taken(void)
{
    struct play p;
    unsigned sent = 0;
    play_init(&p, "obedient");
    if (play_start(&p)) {
        OWN(text) char *blanks = x_alloc(1001);
        memset(blanks, ' ', 1000);
        while (sent < 300) {
            OWN_BUF struct buf line = {0};
            buf_addf(&line, "{\"step\":%u}%s", ++sent, blanks);
            CHECK_INT(client_send(p.client, buf_span(&line)), RC_OK);
        }
        CHECK(client_unread_bytes(p.client) > 0);
        client_end(p.client, 20000000);
        play_run(&p);
        CHECK_INT(p.answers, 300);
        CHECK(play_logged(&p, "exit exited with code 0\n"));
    }
    play_end(&p);
}

// What was said before the end is delivered before the end is told, however much it is.
static void delivers_all_before_the_end(void)
{
    struct play p;
    play_init(&p, "bursts");
    if (play_start(&p)) {
        for (int i = 0; i < 5000 && count_descendants() > 0; i++) {
            (void)usleep(1000); // until it is gone with its supervisor; the loop stands still
        }
        play_run(&p);
        CHECK_TEXT(play_log(&p), "alert last\nexit exited with code 0\n");
    }
    play_end(&p);
}

static void free_it(struct play *p, const struct answer *answer)
{
    (void)answer;
    client_free(&p->client);
    loop_stop(p->loop);
}

static void may_be_freed_by_its_observer(void)
{
    struct play p;
    play_init(&p, "babbles");
    p.on_answer = free_it;
    if (play_start(&p)) {
        play_wait(&p);
        CHECK_INT(p.answers, 1); // nothing is told after that
        CHECK(!p.has_exited && p.client == NULL);
    }
    play_end(&p);
}

const struct unit_test DIALOGUE_TESTS[] = {
    {"talks", talks},
    {"tells answers from other lines", tells_answers_from_other_lines},
    {"bounds lines", bounds_lines},
    {"ends floods", ends_floods},
    {"shares the loop with floods", shares_the_loop_with_floods},
    {"is not stalled by a deaf client", is_not_stalled_by_a_deaf_client},
    {"tells that stdin is closed", tells_that_stdin_is_closed},
    {"scrubs what is kept", scrubs_what_is_kept},
    {"reads now", reads_now},
    {"closes stdin when all is taken", closes_stdin_when_all_is_taken},
    {"delivers all before the end", delivers_all_before_the_end},
    {"may be freed by its observer", may_be_freed_by_its_observer},
    {NULL, NULL}};
