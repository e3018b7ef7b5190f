// SPDX-License-Identifier: Apache-2.0
// Each liar keeps to the form of the contract while it lies: what fails it must be its lie.
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/prctl.h>

#include "proxy/base/own.h"
#include "tests/unit/client/play.h"

#define HELLO "hello " // its line is longer than the log of a play keeps
#define DONE(n) "done {\"mp\":\"done\",\"step\":" #n "}\n"
#define CANNOT(n) "unsupported {\"mp\":\"unsupported\",\"step\":" #n "}\n"
#define USAGE(state)                                                                               \
    "usage {\"mp\":\"usage\",\"id\":\"u1\",\"state\":\"" state "\",\"record\":\"made-up\"}\n"
#define RESOLVE(state)                                                                             \
    "resolve {\"mp\":\"resolve\",\"step\":3,\"state\":\"" state "\",\"customer\":\"made-up\"}\n"
#define REGISTER(state) "register {\"mp\":\"register\",\"step\":4,\"state\":\"" state "\"}\n"
#define ALERT "alert the service would not take it\n"
#define EXIT "exit exited with code 0\n"

static const struct {
    const char *name;
    bool says_hello;
    const char *log; // after the hello
} LIARS[] = {
    {"mute", false, EXIT},
    {"leaver", false, EXIT},
    {"boaster", true,
     USAGE("metered") DONE(1) USAGE("metered") DONE(2) RESOLVE("resolved") DONE(3)
         REGISTER("registered") DONE(4) EXIT},
    {"shirker", true, CANNOT(1) CANNOT(2) CANNOT(3) CANNOT(4) EXIT},
    {"rejecter", true,
     USAGE("rejected") ALERT DONE(1) USAGE("rejected") ALERT DONE(2) RESOLVE("refused") DONE(3)
         REGISTER("denied") DONE(4) EXIT},
};

static void note_supports(struct play *p, const struct answer *answer)
{
    (void)p;
    static const char *const WORDS[] = {"usage",   "flush",   "clock",
                                        "restart", "resolve", "register",
                                        "page",    "notice",  "verify-signature",
                                        "tls",     "proxy"};
    for (size_t i = 0; answer->kind == ANSWER_HELLO && i < sizeof WORDS / sizeof WORDS[0]; i++) {
        CHECK(answer_supports(answer, WORDS[i]));
    }
}

static void ask_everything(struct client *c)
{
    static const struct {
        const char *verb, *args;
    } STEPS[] = {{"usage", "{\"id\":\"u1\",\"quantity\":7}"},
                 {"flush", "{}"},
                 {"resolve", "{\"token\":\"t\"}"},
                 {"register", "{}"}};
    OWN_BUF struct buf line = {0};
    protocol_hello(&line, SPAN("LIE-1"), 0);
    for (unsigned i = 0; i < 4; i++) {
        buf_add_char(&line, '\n');
        protocol_step(&line, i + 1, STEPS[i].verb, span_of(STEPS[i].args), 0);
    }
    // The one that leaves may be gone before it is asked.
    enum rc code = client_send(c, buf_span(&line));
    CHECK(code == RC_OK || code == RC_CLOSED);
    client_end(c, 5000000);
}

// The log without the line of hello, and without the note that nobody read on.
static const char *told(struct play *p, bool says_hello)
{
    const char *log = play_log(p);
    const char *closed = "stdin closed\n";
    if (strncmp(log, closed, strlen(closed)) == 0) {
        log += strlen(closed);
    }
    if (says_hello && CHECK(strncmp(log, HELLO, strlen(HELLO)) == 0)) {
        log = strchr(log, '\n') + 1;
    }
    return log;
}

static void liars_lie_in_form(void)
{
    for (size_t i = 0; i < sizeof LIARS / sizeof LIARS[0]; i++) {
        unit_row(LIARS[i].name);
        struct play p;
        play_init(&p, "");
        const char *argv[] = {LIAR, LIARS[i].name, NULL};
        p.options.argv = argv;
        p.on_answer = note_supports;
        if (play_start(&p)) {
            ask_everything(p.client);
            play_run(&p);
            CHECK_TEXT(told(&p, LIARS[i].says_hello), LIARS[i].log);
        }
        play_end(&p);
    }
    unit_row(NULL);
}

static void refuses_other_kinds(void)
{
    struct play p;
    play_init(&p, "");
    const char *argv[] = {LIAR, "honest", NULL};
    p.options.argv = argv;
    if (play_start(&p)) {
        play_run(&p);
        CHECK_TEXT(play_log(&p), "exit exited with code 64\n");
    }
    play_end(&p);
}

int main(void)
{
    static const struct unit_test TESTS[] = {{"liars lie in form", liars_lie_in_form},
                                             {"refuses other kinds", refuses_other_kinds},
                                             {NULL, NULL}};
    static const struct unit_suite SUITES[] = {{"liars", TESTS}, {NULL, NULL}};
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1); // see play_end
    return unit_run(SUITES);
}
