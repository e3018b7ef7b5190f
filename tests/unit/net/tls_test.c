// SPDX-License-Identifier: Apache-2.0
// The engine with both ends in memory: what the client sees of it, in pieces of every size.
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "proxy/base/own.h"
#include "proxy/net/tls.h"
#include "tests/unit/evidence/scratch.h"
#include "tests/unit/net/net_tests.h"

// One connection between the engine and a client.
struct fixture {
    char *dir;
    struct authority *authority;
    struct tls_context *context;
    struct tls *tls;
    struct memory_client client;
    struct buf wire;  // from the engine
    struct buf plain; // that came out of the engine
    size_t piece;     // how many bytes each way at a time
    enum tls_event last;
    int readies, hellos;
    enum leaf_kind kind; // what is shown
};

static void set_up(struct fixture *f, const char *host, int version)
{
    struct clock clock = clock_system();
    *f = (struct fixture){.dir = scratch_new(), .piece = SIZE_MAX};
    CHECK_INT(authority_open(&f->authority, f->dir, &clock, NULL), RC_OK);
    CHECK_INT(tls_context_new(&f->context, f->authority, NULL), RC_OK);
    f->tls = tls_new(f->context, &f->wire);
    client_open(&f->client, authority_path(f->authority), host, version);
}

static void tear_down(struct fixture *f)
{
    client_close(&f->client);
    tls_free(&f->tls);
    tls_context_free(&f->context);
    authority_free(&f->authority);
    buf_clear(&f->wire);
    buf_clear(&f->plain);
    scratch_end(f->dir);
}

static void feed(struct fixture *f, struct span bytes)
{
    char room[1000];
    size_t got = 0;
    tls_feed(f->tls, bytes);
    do {
        f->last = tls_read(f->tls, room, sizeof room, &got);
        buf_add(&f->plain, (struct span){.at = room, .len = got});
        f->readies += f->last == TLS_READY ? 1 : 0;
        f->hellos += f->last == TLS_HELLO ? 1 : 0;
        if (f->last == TLS_HELLO) {
            tls_show(f->tls, f->kind);
        }
    } while (f->last == TLS_DATA || f->last == TLS_READY || f->last == TLS_HELLO);
}

static void to_engine(struct fixture *f)
{
    OWN_BUF struct buf bytes = {0};
    client_take(&f->client, &bytes);
    for (size_t at = 0; at < bytes.len; at += f->piece < bytes.len ? f->piece : bytes.len) {
        size_t end = f->piece < bytes.len - at ? at + f->piece : bytes.len;
        feed(f, span_slice(buf_span(&bytes), at, end));
    }
}

static void to_client(struct fixture *f)
{
    client_give(&f->client, buf_span(&f->wire));
    buf_reset(&f->wire);
}

// What OpenSSL tells the client in the end: SSL_ERROR_NONE when both are ready.
static int shake_hands(struct fixture *f)
{
    int error = SSL_ERROR_WANT_READ;
    for (int turn = 0; turn < 10 && error == SSL_ERROR_WANT_READ; turn++) {
        ERR_clear_error();
        error = SSL_get_error(f->client.ssl, SSL_do_handshake(f->client.ssl));
        to_engine(f);
        to_client(f);
    }
    return error;
}

static void check_echo(struct fixture *f)
{
    char back[64];
    CHECK_INT(SSL_write(f->client.ssl, "hello", 5), 5);
    to_engine(f);
    CHECK(span_is(buf_span(&f->plain), "hello"));
    tls_write(f->tls, SPAN("and back"));
    to_client(f);
    CHECK_INT(SSL_read(f->client.ssl, back, sizeof back), 8);
    CHECK(memcmp(back, "and back", 8) == 0);
}

static void check_talk(const char *host, int version, size_t piece)
{
    struct fixture f;
    set_up(&f, host, version);
    f.piece = piece;
    CHECK(!tls_facts(f.tls)->is_ready);
    CHECK_INT(shake_hands(&f), SSL_ERROR_NONE);
    CHECK_INT(f.readies, 1);
    CHECK_INT(f.hellos, 1);
    CHECK_INT(f.last, TLS_NEED_MORE);
    const struct tls_facts *facts = tls_facts(f.tls);
    CHECK(facts->is_ready && !facts->is_resumed && !facts->was_notified);
    CHECK_TEXT(facts->version, version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
    CHECK_TEXT(facts->host, host);
    CHECK_TEXT(facts->alert, "");
    check_echo(&f);
    tear_down(&f);
}

static void talks(void)
{
    static const char *const HOSTS[] = {
        "",
        "localhost",
        "a.localhost",
        "metering.marketplace.us-east-1.amazonaws.com",
        "metering-marketplace.us-gov-west-1.api.aws",
        "metering.marketplace.cn-north-1.amazonaws.com.cn",
        "metering-marketplace.cn-north-1.api.amazonwebservices.com.cn",
        "metering-marketplace.eusc-de-east-1.amazonaws.eu",
        "metering-marketplace.eusc-de-east-1.api.amazonwebservices.eu",
    };
    for (size_t i = 0; i < sizeof HOSTS / sizeof HOSTS[0]; i++) {
        unit_row(HOSTS[i]);
        check_talk(HOSTS[i], TLS1_3_VERSION, SIZE_MAX);
        check_talk(HOSTS[i], TLS1_2_VERSION, SIZE_MAX);
    }
    unit_row(NULL);
}

static void talks_in_pieces(void)
{
    static const size_t PIECES[] = {1, 2, 5, 6, 7, 100};
    for (size_t i = 0; i < sizeof PIECES / sizeof PIECES[0]; i++) {
        check_talk("localhost", TLS1_3_VERSION, PIECES[i]);
        check_talk("localhost", TLS1_2_VERSION, PIECES[i]);
    }
}

// More than a record each way, and the engine's room smaller than a record.
static void carries_much(void)
{
    static char block[100000];
    static char back[100000];
    struct fixture f;
    set_up(&f, "", TLS1_3_VERSION);
    CHECK_INT(shake_hands(&f), SSL_ERROR_NONE);
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] = (char)('a' + i % 23);
    }
    CHECK_INT(SSL_write(f.client.ssl, block, sizeof block), sizeof block);
    to_engine(&f);
    CHECK(span_equal(buf_span(&f.plain), (struct span){block, sizeof block}));
    tls_write(f.tls, (struct span){block, sizeof block});
    to_client(&f);
    size_t got = 0;
    size_t part = 0;
    while (got < sizeof back &&
           SSL_read_ex(f.client.ssl, back + got, sizeof back - got, &part) == 1) {
        got += part;
    }
    CHECK(got == sizeof back && memcmp(back, block, sizeof back) == 0);
    tear_down(&f);
}

// A reply that is cut into pieces stays in pieces: one record each.
static void keeps_pieces_apart(void)
{
    struct fixture f;
    set_up(&f, "", TLS1_3_VERSION);
    CHECK_INT(shake_hands(&f), SSL_ERROR_NONE);
    char back[64];
    tls_write(f.tls, SPAN("one"));
    tls_write(f.tls, SPAN(""));
    tls_write(f.tls, SPAN("three"));
    to_client(&f);
    CHECK_INT(SSL_read(f.client.ssl, back, sizeof back), 3);
    CHECK_INT(SSL_read(f.client.ssl, back, sizeof back), 5);
    CHECK_INT(SSL_read(f.client.ssl, back, sizeof back), -1);
    tear_down(&f);
}

static void closes(int version)
{
    struct fixture f;
    char back[8];
    set_up(&f, "", version);
    tls_close(f.tls); // too early: there is nothing to close
    CHECK_INT(f.wire.len, 0);
    CHECK_INT(shake_hands(&f), SSL_ERROR_NONE);
    // The client's close_notify; its other half still hears us.
    CHECK_INT(SSL_shutdown(f.client.ssl), 0);
    to_engine(&f);
    CHECK_INT(f.last, TLS_CLOSED);
    CHECK(tls_facts(f.tls)->was_notified);
    feed(&f, SPAN("nobody reads this"));
    CHECK_INT(f.last, TLS_CLOSED);
    if (version == TLS1_3_VERSION) { // in TLS 1.2 the client does not read any more
        tls_write(f.tls, SPAN("still"));
        to_client(&f);
        CHECK_INT(SSL_read(f.client.ssl, back, sizeof back), 5);
    }
    tls_close(f.tls);
    size_t once = f.wire.len;
    CHECK(once > 0);
    tls_close(f.tls);
    tls_write(f.tls, SPAN("too late"));
    CHECK_INT(f.wire.len, once);
    to_client(&f);
    CHECK_INT(SSL_read(f.client.ssl, back, sizeof back), 0);
    CHECK_INT(SSL_get_shutdown(f.client.ssl), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    tear_down(&f);
}

static void closes_both_halves(void)
{
    closes(TLS1_2_VERSION);
    closes(TLS1_3_VERSION);
}

static void hears_alerts(void)
{
    static const int VERSIONS[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        set_up(&f, "localhost", VERSIONS[i]);
        client_close(&f.client);
        client_open(&f.client, NULL, "localhost", VERSIONS[i]); // it trusts nobody
        CHECK_INT(shake_hands(&f), SSL_ERROR_SSL);
        CHECK_INT(f.last, TLS_BROKEN);
        CHECK_TEXT(tls_facts(f.tls)->alert, "unknown_ca");
        CHECK(!tls_facts(f.tls)->alert_is_ours);
        CHECK(strstr(tls_facts(f.tls)->why, "unknown ca") != NULL);
        feed(&f, SPAN("more"));
        CHECK_INT(f.last, TLS_BROKEN);
        tear_down(&f);
    }
}

static void shows_bad_certificates(void)
{
    static const struct {
        enum leaf_kind kind;
        const char *alert;
    } ROWS[] = {{LEAF_EXPIRED, "certificate_expired"},
                {LEAF_WRONG_HOST, "bad_certificate"},
                {LEAF_UNTRUSTED, "unknown_ca"}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        static const char *const HOSTS[] = {"", "localhost", "a.amazonaws.com"};
        struct fixture f;
        unit_row(ROWS[i].alert);
        for (size_t h = 0; h < 3; h++) {
            set_up(&f, HOSTS[h], TLS1_3_VERSION);
            f.kind = ROWS[i].kind;
            CHECK_INT(shake_hands(&f), SSL_ERROR_SSL);
            CHECK_TEXT(tls_facts(f.tls)->alert, ROWS[i].alert);
            CHECK(!tls_facts(f.tls)->alert_is_ours);
            tear_down(&f);
        }
    }
    unit_row(NULL);
}

static void leaves_silently(void)
{
    struct fixture f;
    set_up(&f, "", TLS1_3_VERSION);
    CHECK_INT(shake_hands(&f), SSL_ERROR_NONE);
    tls_leave_silently(f.tls);
    buf_reset(&f.wire);
    tls_close(f.tls);
    CHECK_INT(f.wire.len, 0);
    tear_down(&f);
}

// The certificate of a host that is not the service's is the loopback's, so the client refuses it.
static void vouches_for_no_stranger(void)
{
    static const char *const HOSTS[] = {"example.com", "evil-amazonaws.com", "amazonaws.com.evil",
                                        "notlocalhost"};
    for (size_t i = 0; i < sizeof HOSTS / sizeof HOSTS[0]; i++) {
        struct fixture f;
        unit_row(HOSTS[i]);
        set_up(&f, HOSTS[i], TLS1_3_VERSION);
        CHECK_INT(shake_hands(&f), SSL_ERROR_SSL);
        CHECK_TEXT(tls_facts(f.tls)->alert, "bad_certificate");
        CHECK_TEXT(tls_facts(f.tls)->host, HOSTS[i]);
        tear_down(&f);
    }
    unit_row(NULL);
}

static void sends_alerts(void)
{
    struct fixture f;
    set_up(&f, "", TLS1_3_VERSION);
    feed(&f, SPAN("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    CHECK_INT(f.last, TLS_BROKEN);
    CHECK(strstr(tls_facts(f.tls)->why, "http request") != NULL);
    tear_down(&f);

    set_up(&f, "", TLS1_2_VERSION);
    client_close(&f.client);
    client_open(&f.client, NULL, "", TLS1_1_VERSION);
    SSL_set_security_level(f.client.ssl, 0);
    (void)shake_hands(&f);
    CHECK_INT(f.last, TLS_BROKEN);
    CHECK_TEXT(tls_facts(f.tls)->alert, "protocol_version");
    CHECK(tls_facts(f.tls)->alert_is_ours);
    tear_down(&f);
}

// Each byte of the client's flight changed: never more than an alert, never plain bytes.
static void survives_noise(void)
{
    OWN_BUF struct buf hello = {0};
    struct fixture f;
    set_up(&f, "localhost", TLS1_3_VERSION);
    (void)SSL_do_handshake(f.client.ssl);
    client_take(&f.client, &hello);
    for (size_t i = 0; i < hello.len; i++) {
        tls_free(&f.tls);
        buf_reset(&f.wire);
        f.tls = tls_new(f.context, &f.wire);
        hello.data[i] = (char)(hello.data[i] ^ 0x55);
        feed(&f, buf_span(&hello));
        hello.data[i] = (char)(hello.data[i] ^ 0x55);
        CHECK(f.last == TLS_BROKEN || f.last == TLS_NEED_MORE);
    }
    CHECK_INT(f.plain.len, 0);
    tear_down(&f);
}

static void resumes(int version)
{
    struct fixture f;
    set_up(&f, "localhost", version);
    CHECK_INT(shake_hands(&f), SSL_ERROR_NONE);
    check_echo(&f); // under TLS 1.3 tickets come after the handshake
    SSL_SESSION *session = SSL_get1_session(f.client.ssl);
    CHECK(session != NULL && SSL_SESSION_is_resumable(session) == 1);
    client_close(&f.client);
    tls_free(&f.tls);
    buf_reset(&f.plain);
    f.tls = tls_new(f.context, &f.wire);
    client_open(&f.client, authority_path(f.authority), "localhost", version);
    CHECK_INT(SSL_set_session(f.client.ssl, session), 1);
    CHECK_INT(shake_hands(&f), SSL_ERROR_NONE);
    CHECK(tls_facts(f.tls)->is_resumed);
    CHECK_TEXT(tls_facts(f.tls)->host, "localhost");
    check_echo(&f);
    SSL_SESSION_free(session);
    tear_down(&f);
}

static void resumes_sessions(void)
{
    resumes(TLS1_2_VERSION);
    resumes(TLS1_3_VERSION);
}

static void offer(struct fixture *f, const char *protocols, size_t len)
{
    CHECK_INT(SSL_set_alpn_protos(f->client.ssl, (const unsigned char *)protocols, (unsigned)len),
              0);
}

static void speaks_http_1_1(void)
{
    const unsigned char *chosen = NULL;
    unsigned len = 0;
    struct fixture f;
    set_up(&f, "", TLS1_3_VERSION);
    offer(&f, "\x02h2\x08http/1.1", 12);
    CHECK_INT(shake_hands(&f), SSL_ERROR_NONE);
    SSL_get0_alpn_selected(f.client.ssl, &chosen, &len);
    CHECK(len == 8 && memcmp(chosen, "http/1.1", 8) == 0);
    tear_down(&f);
    set_up(&f, "", TLS1_3_VERSION);
    offer(&f, "\x02h2", 3);
    CHECK_INT(shake_hands(&f), SSL_ERROR_SSL);
    CHECK_TEXT(tls_facts(f.tls)->alert, "no_application_protocol");
    tear_down(&f);
}

const struct unit_test TLS_TESTS[] = {
    {"every host of ours, both versions", talks},
    {"in pieces of any size", talks_in_pieces},
    {"more than a record", carries_much},
    {"a write is a record", keeps_pieces_apart},
    {"close_notify", closes_both_halves},
    {"the client's alert", hears_alerts},
    {"no vouching for others", vouches_for_no_stranger},
    {"bad certificates", shows_bad_certificates},
    {"no close_notify", leaves_silently},
    {"our alert", sends_alerts},
    {"noise in the hello", survives_noise},
    {"resumption", resumes_sessions},
    {"ALPN", speaks_http_1_1},
    {NULL, NULL},
};
