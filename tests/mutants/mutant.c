// SPDX-License-Identifier: Apache-2.0
// A small careful client that speaks the script contract, with a switch for every known bug and for
// every lawful difference: the proof that the prover's cases can fail, and fail only the guilty.
#include <errno.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/instant.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "tests/mutants/instance.h"
#include "tests/mutants/market.h"
#include "tests/mutants/register.h"
#include "tests/mutants/talk.h"

#define EXIT_UNSUPPORTED 89 // of the script contract

struct client {
    struct variants variants;
    struct book book;
    struct wire wire;
    struct meter meter;
    struct registrar registrar;
};

static void on_usage(struct client *c, const cJSON *usage, int64_t step)
{
    const char *wrong = NULL;
    if (c->meter.is_deaf) {
        c->meter.is_deaf = false;
        talk_answer("done", step);
        return;
    }
    enum rc rc = book_take(&c->book, usage, c->meter.now_us, &wrong);
    if (rc != RC_OK) {
        fprintf(stderr, "mutant: usage was not taken: %s\n", rc_text(rc));
        talk_answer("unsupported", step);
        return;
    }
    size_t record = c->book.usages[c->book.usage_count - 1].record;
    const struct subscriber *s = subscriber_of(&c->book, &c->book.records[record]);
    if (wrong != NULL) {
        talk_alert(&c->book, record, wrong);
    } else if (s != NULL && (s->standing == STANDING_GONE || s->standing == STANDING_FAILED)) {
        talk_alert(&c->book, record, "its customer does not subscribe");
    }
    talk_answer("done", step);
    if (c->variants.on[LEGAL_AT_USAGE]) {
        meter_flush(&c->meter);
    }
}

static void on_flush(struct client *c, const cJSON *args, int64_t step)
{
    (void)args;
    if (c->variants.on[LEGAL_CLOCK_ONLY]) {
        meter_report(&c->meter);
    } else {
        registrar_ask_again(&c->registrar);
        meter_flush(&c->meter);
    }
    talk_answer("done", step);
}

static void on_clock(struct client *c, const cJSON *args, int64_t step)
{
    int64_t to_us = 0;
    const char *text = json_text(args);
    if (text != NULL && instant_parse(&to_us, span_of(text)) == RC_OK) {
        c->meter.now_us = to_us;
    }
    registrar_ask_again(&c->registrar);
    meter_flush(&c->meter);
    talk_answer("done", step);
}

static void on_resolve(struct client *c, const cJSON *args, int64_t step)
{
    market_resolve(&c->meter, args, step);
    talk_answer("done", step);
}

static void on_page(struct client *c, const cJSON *args, int64_t step)
{
    market_page(&c->meter, args, step);
    talk_answer("done", step);
}

static void on_register(struct client *c, const cJSON *args, int64_t step)
{
    (void)args;
    if (c->registrar.is_hourly) {
        registrar_ask(&c->registrar, step);
    } else {
        instance_ask(&c->meter, step);
    }
    talk_answer("done", step);
    registrar_after(&c->registrar);
}

static void on_notice(struct client *c, const cJSON *args, int64_t step)
{
    market_notice(&c->meter, args, step);
    talk_answer("done", step);
}

static void on_step(struct client *c, const cJSON *line)
{
    static const struct {
        const char *verb;
        void (*act)(struct client *c, const cJSON *args, int64_t step);
    } verbs[] = {
        {.verb = "usage", .act = on_usage},       {.verb = "flush", .act = on_flush},
        {.verb = "clock", .act = on_clock},       {.verb = "resolve", .act = on_resolve},
        {.verb = "page", .act = on_page},         {.verb = "notice", .act = on_notice},
        {.verb = "register", .act = on_register},
    };
    int64_t step = json_get_int(line, "step", 0);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        const cJSON *args = json_get(line, verbs[i].verb);
        if (args == NULL) {
            continue;
        }
        if (book_lock(&c->book) != RC_OK) {
            fputs("mutant: the log of usage cannot be read\n", stderr);
            exit(EXIT_FAILURE);
        }
        verbs[i].act(c, args, step);
        book_unlock(&c->book);
        return;
    }
    talk_answer("unsupported", step);
}

// The bug print-basic: ID:SECRET as HTTP's Basic scheme has it (RFC 7617 2).
static void print_basic(const struct client *c)
{
    OWN_BUF struct buf pair = {0};
    buf_addf(&pair, "%s:%s", c->wire.key.access_key_id, c->wire.key.secret_access_key);
    OWN_BUF struct buf text = {0};
    unsigned char *out = (unsigned char *)buf_room(&text, pair.len / 3 * 4 + 5);
    int length = EVP_EncodeBlock(out, (const unsigned char *)pair.data, (int)pair.len);
    buf_grew(&text, (size_t)length);
    fprintf(stderr, "DEBUG basic %.*s\n", length, text.data);
}

static void make_noise(const struct client *c)
{
    if (c->variants.on[LEGAL_NOISY]) {
        talk_line(SPAN("2026/11/18 INFO mutant: a line of its own log"));
        talk_line(SPAN("{\"level\":\"info\",\"msg\":\"a log in JSON\",\"metered\":0}"));
        fputs("a warning on stderr \x01\xff\n", stderr);
    }
    if (c->wire.key.access_key_id == NULL) {
        return; // those of a role come with the first call
    }
    if (c->variants.on[BUG_PRINT_SECRET]) {
        fprintf(stderr, "DEBUG secret key is %s\n", c->wire.key.secret_access_key);
    }
    if (c->variants.on[BUG_PRINT_TOKEN] && c->wire.key.session_token != NULL) {
        fprintf(stderr, "DEBUG x-amz-security-token: %s\n", c->wire.key.session_token);
    }
    if (c->variants.on[BUG_PRINT_BASIC]) {
        print_basic(c);
    }
}

static void on_line(struct client *c, struct span text)
{
    OWN(json) cJSON *line = NULL;
    if (json_read(&line, NULL, span_trim(text), NULL, NULL) != RC_OK) {
        return;
    }
    const char *now = json_get_text(line, "now");
    if (now != NULL && instant_parse(&c->meter.now_us, span_of(now)) != RC_OK) {
        fputs("mutant: a line bears no moment that can be read\n", stderr);
    }
    if (c->variants.on[LEGAL_SLOW]) {
        pause_ms(330);
    }
    make_noise(c);
    if (json_get(line, "hello") != NULL) {
        talk_hello(&c->variants, c->registrar.is_hourly || c->meter.is_instance);
        instance_start(&c->meter);
    } else {
        on_step(c, line);
    }
}

// SIGTERM between two acts: what is on disk is whole, and a line cut in half is forgiven.
static void on_term(int number)
{
    (void)number;
    _exit(0);
}

// Acts on every whole line that has come, and drops it.
static void take_lines(struct client *c, struct buf *in)
{
    for (;;) {
        struct span rest = buf_span(in);
        struct span line = span_cut(&rest, '\n');
        if (rest.at == NULL) {
            return;
        }
        on_line(c, line);
        buf_consume(in, line.len + 1);
    }
}

static void listen_to_stdin(struct client *c)
{
    OWN_BUF struct buf in = {0};
    ssize_t got;
    while ((got = read(STDIN_FILENO, buf_room(&in, 4096), 4096)) > 0) {
        buf_grew(&in, (size_t)got);
        take_lines(c, &in);
    }
}

static int run(struct client *c)
{
    enum rc rc = wire_open(&c->wire, &c->variants);
    if (rc != RC_OK) {
        fprintf(stderr, "mutant: endpoint, region or keys: %s\n", rc_text(rc));
        return EXIT_UNSUPPORTED;
    }
    rc = book_open(&c->book, getenv("METERPROVER_STATE"), &c->variants);
    if (rc != RC_OK) {
        fprintf(stderr, "mutant: the log of usage: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    c->meter = (struct meter){.variants = &c->variants, .book = &c->book, .wire = &c->wire};
    instance_know(&c->meter);
    registrar_open(&c->registrar, &c->meter);
    listen_to_stdin(c);
    return c->variants.on[BUG_EXIT_NONZERO] ? 3 : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        variants_list(stdout);
        return EXIT_SUCCESS;
    }
    struct client c = {.book.log_fd = -1, .wire.channel = {.fd = -1}};
    if (variants_read(&c.variants, argc, argv) != RC_OK) {
        return 64;
    }
    const struct sigaction term = {.sa_handler = on_term};
    const struct sigaction ignored = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGTERM, &term, NULL);
    (void)sigaction(SIGPIPE, &ignored, NULL); // OpenSSL writes to sockets that may be closed
    int status = run(&c);
    registrar_close(&c.registrar);
    wire_close(&c.wire);
    book_close(&c.book);
    return status;
}
