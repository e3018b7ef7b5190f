// SPDX-License-Identifier: Apache-2.0
// Our client's end of TLS against our server's, with the wire in memory.
#include <string.h>

#include "proxy/base/own.h"
#include "proxy/net/tls.h"
#include "tests/unit/evidence/scratch.h"
#include "tests/unit/net/net_tests.h"

struct fixture {
    char *dir;
    struct authority *authority;
    struct tls_context *server_context, *client_context;
    struct tls *server, *client;
    struct buf to_server, to_client;
    struct buf at_server, at_client; // plain
    enum leaf_kind kind;
};

static void set_up(struct fixture *f, const char *host, bool is_trusted)
{
    struct clock clock = clock_system();
    *f = (struct fixture){.dir = scratch_new()};
    CHECK_INT(authority_open(&f->authority, f->dir, &clock, NULL), RC_OK);
    CHECK_INT(tls_context_new(&f->server_context, f->authority, NULL), RC_OK);
    CHECK_INT(tls_client_context_new(&f->client_context,
                                     is_trusted ? authority_path(f->authority) : NULL, NULL),
              RC_OK);
    f->server = tls_new(f->server_context, &f->to_client);
    f->client = tls_client_new(f->client_context, &f->to_server, host);
}

static void tear_down(struct fixture *f)
{
    tls_free(&f->server);
    tls_free(&f->client);
    tls_context_free(&f->server_context);
    tls_context_free(&f->client_context);
    authority_free(&f->authority);
    buf_clear(&f->to_server);
    buf_clear(&f->to_client);
    buf_clear(&f->at_server);
    buf_clear(&f->at_client);
    scratch_end(f->dir);
}

static void read_all(struct fixture *f, struct tls *t, struct buf *wire, struct buf *plain)
{
    char room[1000];
    size_t got = 0;
    enum tls_event event = TLS_READY;
    OWN_BUF struct buf bytes = *wire;
    *wire = (struct buf){0};
    tls_feed(t, buf_span(&bytes));
    while (event == TLS_READY || event == TLS_HELLO || event == TLS_DATA) {
        event = tls_read(t, room, sizeof room, &got);
        buf_add(plain, (struct span){.at = room, .len = got});
        if (event == TLS_HELLO) {
            tls_show(t, f->kind);
        }
    }
    tls_feed(t, (struct span){0});
}

static void talk(struct fixture *f)
{
    read_all(f, f->client, &f->to_client, &f->at_client);
    while (f->to_server.len > 0 || f->to_client.len > 0) {
        read_all(f, f->server, &f->to_server, &f->at_server);
        read_all(f, f->client, &f->to_client, &f->at_client);
    }
}

static void talks(void)
{
    struct fixture f;
    set_up(&f, "localhost", true);
    talk(&f);
    CHECK(tls_facts(f.client)->is_ready && tls_facts(f.server)->is_ready);
    CHECK_TEXT(tls_facts(f.server)->host, "localhost");
    tls_write(f.client, SPAN("ask"));
    tls_write(f.server, SPAN("answer"));
    talk(&f);
    CHECK(span_is(buf_span(&f.at_server), "ask"));
    CHECK(span_is(buf_span(&f.at_client), "answer"));
    tls_close(f.server);
    talk(&f);
    CHECK(tls_facts(f.client)->was_notified);
    tear_down(&f);
}

// Which servers are trusted, and what is said of the others.
static void trust(void)
{
    static const struct {
        const char *name, *host, *asked; // asked for by SNI
        enum leaf_kind kind;
        bool is_trusted;
        const char *why; // "": it is accepted
        const char *alert;
    } ROWS[] = {
        {"a name", "localhost", "localhost", LEAF_GOOD, true, "", ""},
        {"an address", "127.0.0.1", "", LEAF_GOOD, true, "", ""},
        {"an address of IPv6", "::1", "", LEAF_GOOD, true, "", ""},
        {"another name", "example.com", "example.com", LEAF_GOOD, true, "hostname mismatch",
         "bad_certificate"},
        {"another address", "127.0.0.2", "", LEAF_GOOD, true, "IP address mismatch",
         "bad_certificate"},
        {"another's certificate", "localhost", "localhost", LEAF_WRONG_HOST, true,
         "hostname mismatch", "bad_certificate"},
        {"expired", "localhost", "localhost", LEAF_EXPIRED, true, "certificate has expired",
         "certificate_expired"},
        {"of somebody else", "localhost", "localhost", LEAF_UNTRUSTED, true, NULL, "unknown_ca"},
        {"nobody is named", "localhost", "localhost", LEAF_GOOD, false, NULL, "unknown_ca"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct fixture f;
        unit_row(ROWS[i].name);
        set_up(&f, ROWS[i].host, ROWS[i].is_trusted);
        f.kind = ROWS[i].kind;
        talk(&f);
        const struct tls_facts *facts = tls_facts(f.client);
        bool is_fine = ROWS[i].why != NULL && *ROWS[i].why == '\0';
        CHECK_TEXT(tls_facts(f.server)->host, ROWS[i].asked);
        CHECK_INT(facts->is_ready, is_fine);
        CHECK_INT(facts->is_distrusted, !is_fine);
        CHECK_TEXT(facts->alert, ROWS[i].alert);
        if (ROWS[i].why != NULL) {
            CHECK_TEXT(facts->why, ROWS[i].why);
        } else {
            CHECK(*facts->why != '\0');
        }
        tear_down(&f);
    }
    unit_row(NULL);
}

static void unreadable_file(void)
{
    struct tls_context *c = NULL;
    struct diag d = {0};
    CHECK_INT(tls_client_context_new(&c, "/no/such/file", &d), RC_IO);
    CHECK_TEXT(d.text, "cannot read certificates (PEM) from /no/such/file");
    CHECK(c == NULL);
}

const struct unit_test TLS_CLIENT_TESTS[] = {{"both ways", talks},
                                             {"trust", trust},
                                             {"a file that is not there", unreadable_file},
                                             {NULL, NULL}};
