// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/client_tests.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/client/play.h"

static char spared[32]; // the process that a client left behind

static void end_gently(struct play *p, const struct answer *answer)
{
    (void)answer;
    if (p->answers == 1) {
        client_end(p->client, 50000);
    }
}

static void end_hard(struct play *p, const struct answer *answer)
{
    (void)answer;
    if (p->answers == 1) {
        client_end(p->client, -1);
    }
}

static void end_over_and_over(struct play *p, const struct answer *answer)
{
    (void)answer;
    if (p->answers == 1) {
        (void)!client_signal(p->client, SIGKILL);
        (void)!client_signal(p->client, SIGCONT);
        client_end(p->client, -1);
    }
}

// The supervisor may end before it has read all that it was told, which resets its socket; what it
// said last must be heard all the same.
static void hears_the_last_words(void)
{
    for (int i = 0; i < 40; i++) {
        struct play p;
        play_init(&p, "hangs");
        p.on_answer = end_over_and_over;
        if (play_start(&p)) {
            play_run(&p);
            CHECK_TEXT(play_log(&p), "alert hanging\nexit ended by SIGKILL\n");
            CHECK(p.how.contained);
        }
        play_end(&p);
    }
}

// How each part ends, and how many processes had to be killed besides it.
static void reports_every_end(void)
{
    static const struct {
        const char *part;
        void (*on_answer)(struct play *p, const struct answer *answer);
        const char *log;
        int descendants; // -1: at least one; -2: any number, as SIGTERM may have caught them
    } ROWS[] = {
        {"leaves", NULL, "exit exited with code 7\n", 0},
        {"crashes", NULL, "exit ended by SIGSEGV\n", 0},
        {"hangs", end_gently, "alert hanging\nexit ended by SIGTERM\n", 0},
        {"hangs", end_hard, "alert hanging\nexit ended by SIGKILL\n", 0},
        {"defies", end_gently, "alert hanging\nexit ended by SIGKILL\n", 0},
        {"leaves-daemon", NULL, "alert daemon\nexit exited with code 0\n", 1},
        {"leaves-listener", NULL, "exit exited with code 3\n", 1},
        {"multiplies", end_hard, "alert multiplying\nexit ended by SIGKILL\n", -1},
        {"multiplies", end_gently, "alert multiplying\nexit ended by SIGTERM\n", -2},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].part);
        struct play p;
        play_init(&p, ROWS[i].part);
        p.options.term_us = strcmp(ROWS[i].part, "defies") == 0 ? 100000 : 5000000;
        p.on_answer = ROWS[i].on_answer;
        if (play_start(&p)) {
            play_run(&p);
            CHECK_TEXT(play_log(&p), ROWS[i].log);
            CHECK(p.how.contained);
            CHECK_INT(p.how.record, RC_OK);
            CHECK(ROWS[i].descendants == -2 ||
                  (ROWS[i].descendants == -1 && p.how.descendants > 0) ||
                  (int)p.how.descendants == ROWS[i].descendants);
            CHECK_INT(count_descendants(), 0);
        }
        play_end(&p);
    }
    unit_row(NULL);
}

// Nothing is left either when the client is freed in full flight.
static void free_leaves_nothing(void)
{
    static const char *const PARTS[] = {"hangs", "defies", "leaves-daemon", "multiplies",
                                        "chatters"};
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        unit_row(PARTS[i]);
        struct play p;
        play_init(&p, PARTS[i]);
        if (play_start(&p)) {
            for (int k = 0; k < 5000 && p.answers == 0; k++) {
                client_read_now(p.client);
                (void)usleep(1000);
            }
            CHECK(p.answers > 0);
        }
        play_end(&p);
    }
    unit_row(NULL);
}

static unsigned listen_for(struct play *p, int64_t us)
{
    unsigned before = p->answers;
    int64_t until_us = loop_now_us(p->loop) + us;
    while (loop_now_us(p->loop) < until_us) {
        client_read_now(p->client);
    }
    return p->answers - before;
}

// After a stop the pipe holds what was said before it, and nothing is added: every thread of every
// process stands still. Before it, and after SIGCONT, they do speak.
static void stops_the_whole_tree(void)
{
    struct play p;
    play_init(&p, "chatters");
    p.options.max_output_bytes = UINT64_C(1) << 40;
    if (play_start(&p)) {
        for (int i = 0; i < 20; i++) {
            CHECK(listen_for(&p, 200000) > 0);
            if (!CHECK_INT(client_stop(p.client, 2000000), RC_OK)) {
                break;
            }
            client_read_now(p.client);
            CHECK_INT(listen_for(&p, 5000), 0);
            CHECK_INT(client_signal(p.client, SIGCONT), RC_OK);
        }
        CHECK_INT(client_stop(p.client, 2000000), RC_OK);
        CHECK_INT(client_signal(p.client, SIGKILL), RC_OK); // "stop, answer, kill"
        play_run(&p);
        CHECK(play_logged(&p, "exit ended by SIGKILL\n"));
        CHECK_INT(client_signal(p.client, SIGKILL), RC_CLOSED);
    }
    play_end(&p);
}

static void ends_what_was_stopped(void)
{
    struct play p;
    play_init(&p, "hangs");
    if (play_start(&p)) {
        CHECK_INT(client_stop(p.client, 2000000), RC_OK);
        client_end(p.client, 0);
        play_run(&p);
        CHECK(play_logged(&p, "exit ended by SIGTERM\n"));
    }
    play_end(&p);
}

static void signals_every_descendant(void)
{
    struct play p;
    play_init(&p, "multiplies");
    if (play_start(&p)) {
        CHECK(listen_for(&p, 200000) > 0);
        CHECK_INT(client_signal(p.client, SIGKILL), RC_OK);
        play_run(&p);
        CHECK(play_logged(&p, "exit ended by SIGKILL\n"));
    }
    play_end(&p);
}

static void survives_the_loss_of_its_supervisor(void)
{
    struct play p;
    play_init(&p, "kills-supervisor");
    if (play_start(&p)) {
        CHECK_INT(client_send(p.client, SPAN("now")), RC_OK);
        play_run(&p);
        CHECK_TEXT(play_log(&p), "exit lost: its supervisor was ended, or could not end it\n");
        CHECK(!p.how.contained);
        // The kernel ends the client with its supervisor; as a subreaper it is ours to reap.
        int status = 0;
        CHECK(waitpid(p.client != NULL ? client_pid(p.client) : -1, &status, 0) > 0);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    play_end(&p);
}

// In another process: starts a client, waits until it is in place, and is killed.
_Noreturn static void live_and_die(const char *part)
{
    struct play p;
    play_init(&p, part);
    if (play_start(&p)) {
        (void)listen_for(&p, 300000);
    }
    (void)!write(STDOUT_FILENO, p.answers > 0 ? "" : "no answer\n", p.answers > 0 ? 0 : 10);
    (void)raise(p.answers > 0 ? SIGKILL : SIGABRT);
    _exit(1);
}

static void goes_with_its_parent(void)
{
    static const char *const PARTS[] = {"hangs", "defies", "multiplies", "chatters"};
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        unit_row(PARTS[i]);
        pid_t prover = fork();
        if (prover == 0) {
            live_and_die(PARTS[i]);
        }
        int status = 0;
        CHECK_INT(waitpid(prover, &status, 0), prover);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        // Its supervisor is now our child, and ends when nothing is left below it.
        for (int k = 0; k < 5000 && count_descendants() > 0; k++) {
            (void)usleep(1000);
        }
        CHECK_INT(count_descendants(), 0);
        while (waitpid(-1, &status, WNOHANG) > 0) {
        }
    }
    unit_row(NULL);
}

static void note_daemon(struct play *p, const struct answer *answer)
{
    (void)p;
    (void)snprintf(spared, sizeof spared, "%s", json_get_text(answer->tree, "text"));
}

// A command that starts a service again must leave it behind.
static void spares_what_it_is_told_to(void)
{
    struct play p;
    play_init(&p, "leaves");
    static const char *const SHELL[] = {
        "/bin/sh", "-c",
        "sleep 60 </dev/null >/dev/null 2>&1 & echo '{\"mp\":\"alert\",\"text\":\"'$!'\"}'", NULL};
    p.options.argv = SHELL;
    p.options.spares_descendants = true;
    p.on_answer = note_daemon;
    if (play_start(&p)) {
        play_run(&p);
        CHECK_INT(p.how.descendants, 0);
        CHECK(p.how.contained);
        uint64_t pid = 0;
        CHECK(span_to_u64(span_of(spared), INT32_MAX, &pid));
        CHECK_INT(count_descendants(), 1);
        CHECK_INT(kill((pid_t)pid, SIGKILL), 0);
        CHECK_INT(waitpid((pid_t)pid, NULL, 0), pid);
    }
    play_end(&p);
}

const struct unit_test CONTAINMENT_TESTS[] = {
    {"spares what it is told to", spares_what_it_is_told_to},
    {"reports every end", reports_every_end},
    {"the supervisor's last words", hears_the_last_words},
    {"free leaves nothing", free_leaves_nothing},
    {"stops the whole tree", stops_the_whole_tree},
    {"ends what was stopped", ends_what_was_stopped},
    {"signals every descendant", signals_every_descendant},
    {"survives the loss of its supervisor", survives_the_loss_of_its_supervisor},
    {"goes with its parent", goes_with_its_parent},
    {NULL, NULL},
};
