// SPDX-License-Identifier: Apache-2.0
// OpenSSL reads from what was fed and writes behind what waits for the wire, by a BIO of our own:
// OpenSSL's memory BIO would copy all of it once more and keep its memory.
#include "proxy/net/tls_inside.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "proxy/base/alloc.h"

static const char *alert_name(int number)
{
    switch (number) {
#define ALERT(value, name)                                                                         \
    case value:                                                                                    \
        return name;
#include "proxy/net/alert.def"
    default:
        return "unknown";
    }
}

static int on_bio_write(BIO *bio, const char *bytes, int len)
{
    struct tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    buf_add(t->wire, (struct span){.at = bytes, .len = (size_t)len});
    return len;
}

static int on_bio_read(BIO *bio, char *room, int size)
{
    struct tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    size_t len = t->fed.len < (size_t)size ? t->fed.len : (size_t)size;
    if (len == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(room, t->fed.at, len);
    t->fed = span_slice(t->fed, len, t->fed.len);
    return (int)len;
}

static long on_bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// RFC 7301: we speak HTTP/1.1 and nothing else; who offers no protocol at all means that too.
static int on_protocols(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                        const unsigned char *offered, unsigned len, void *arg)
{
    static const unsigned char OURS[] = "\x08http/1.1";
    (void)ssl;
    (void)arg;
    unsigned char *chosen = NULL;
    int got = SSL_select_next_proto(&chosen, out_len, OURS, sizeof OURS - 1, offered, len);
    *out = chosen;
    return got == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Of every hello; OK lets the session keep the name, which a resumed one of TLS 1.2 is asked for.
static int on_server_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    (void)arg;
    struct tls *t = SSL_get_app_data(ssl);
    const char *host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    size_t len = host == NULL ? 0 : strlen(host);
    if (len > HOST_MAX) {
        len = 0; // no host can be called so
    }
    for (size_t i = 0; i < len; i++) {
        t->host[i] = span_lower(host[i]);
    }
    t->host[len] = '\0';
    return SSL_TLSEXT_ERR_OK;
}

// Stops once where the whole hello was read, before any of it is acted on.
static int on_hello(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    (void)arg;
    struct tls *t = SSL_get_app_data(ssl);
    bool stops = !t->is_greeted;
    t->is_greeted = true;
    return stops ? SSL_CLIENT_HELLO_RETRY : SSL_CLIENT_HELLO_SUCCESS;
}

// The client's hello was read: which certificate it gets depends on the name it asked for.
static int on_certificate(SSL *ssl, void *arg)
{
    (void)arg;
    struct tls *t = SSL_get_app_data(ssl);
    struct authority *a = t->context->authority;
    X509 *leaf = authority_leaf(a, t->host, t->leaf);
    return leaf != NULL && SSL_use_certificate(ssl, leaf) == 1 &&
                   SSL_use_PrivateKey(ssl, authority_leaf_key(a)) == 1
               ? 1
               : 0;
}

static void on_info(const SSL *ssl, int where, int value)
{
    struct tls *t = SSL_get_app_data(ssl);
    bool is_fatal = value >> 8 == SSL3_AL_FATAL;
    if ((where & SSL_CB_ALERT) != 0 && is_fatal && *t->facts.alert == '\0') {
        t->facts.alert = alert_name(value & 0xff);
        t->facts.alert_is_ours = (where & SSL_CB_WRITE) != 0;
    }
}

static bool set_up_bio(struct tls_context *c)
{
    c->bio = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "meterprover wire");
    return c->bio != NULL && BIO_meth_set_write(c->bio, on_bio_write) == 1 &&
           BIO_meth_set_read(c->bio, on_bio_read) == 1 &&
           BIO_meth_set_ctrl(c->bio, on_bio_ctrl) == 1;
}

bool tls_context_set_up(struct tls_context *c)
{
    if (c->ssl == NULL || SSL_CTX_set_min_proto_version(c->ssl, TLS1_2_VERSION) != 1) {
        return false;
    }
    (void)SSL_CTX_set_options(c->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_set_mode(c->ssl, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_info_callback(c->ssl, on_info);
    return set_up_bio(c);
}

// Sessions are resumed by tickets under a key of this context alone, so nothing is kept for them.
static bool set_up(struct tls_context *c)
{
    static const unsigned char SESSIONS[] = "meterprover";
    c->ssl = SSL_CTX_new(TLS_server_method());
    if (!tls_context_set_up(c) ||
        SSL_CTX_set_session_id_context(c->ssl, SESSIONS, sizeof SESSIONS - 1) != 1) {
        return false;
    }
    (void)SSL_CTX_set_tlsext_servername_callback(c->ssl, on_server_name);
    SSL_CTX_set_client_hello_cb(c->ssl, on_hello, NULL);
    SSL_CTX_set_cert_cb(c->ssl, on_certificate, NULL);
    SSL_CTX_set_alpn_select_cb(c->ssl, on_protocols, NULL);
    return true;
}

enum rc tls_context_new(struct tls_context **out, struct authority *authority, struct diag *d)
{
    struct tls_context *c = x_alloc(sizeof *c);
    c->authority = authority;
    if (!set_up(c) || authority_leaf(authority, "", LEAF_GOOD) == NULL) {
        tls_context_free(&c);
        return certificate_fail(d, "cannot set up TLS");
    }
    *out = c;
    return RC_OK;
}

void tls_context_free(struct tls_context **c)
{
    if (*c != NULL) {
        SSL_CTX_free((*c)->ssl);
        BIO_meth_free((*c)->bio);
        x_free(*c);
        *c = NULL;
    }
}

struct tls *tls_engine_new(struct tls_context *context, struct buf *wire)
{
    struct tls *t = x_alloc(sizeof *t);
    t->context = context;
    t->wire = wire;
    t->facts = (struct tls_facts){
        .version = "", .cipher = "", .host = t->host, .alert = "", .why = t->why};
    BIO *bio = BIO_new(context->bio);
    t->ssl = SSL_new(context->ssl);
    assert(bio != NULL && t->ssl != NULL); // only memory can be missing, which ends us anywhere
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    SSL_set_bio(t->ssl, bio, bio); // one reference serves both
    SSL_set_app_data(t->ssl, t);
    return t;
}

struct tls *tls_new(struct tls_context *context, struct buf *wire)
{
    struct tls *t = tls_engine_new(context, wire);
    SSL_set_accept_state(t->ssl);
    return t;
}

void tls_free(struct tls **t)
{
    if (*t != NULL) {
        SSL_free((*t)->ssl);
        x_free(*t);
        *t = NULL;
    }
}

void tls_feed(struct tls *t, struct span bytes)
{
    t->fed = bytes;
}

static void note_ready(struct tls *t)
{
    t->facts.is_ready = true;
    t->facts.version = SSL_get_version(t->ssl);
    t->facts.cipher = SSL_get_cipher_name(t->ssl);
    t->facts.is_resumed = SSL_session_reused(t->ssl) == 1;
}

static enum tls_event break_off(struct tls *t)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    long verified = SSL_get_verify_result(t->ssl);
    t->facts.is_broken = true;
    t->facts.is_distrusted = verified != X509_V_OK;
    t->fed = (struct span){0};
    if (t->facts.is_distrusted) {
        reason = X509_verify_cert_error_string(verified);
    }
    (void)snprintf(t->why, sizeof t->why, "%s", reason == NULL ? "" : reason);
    ERR_clear_error();
    return TLS_BROKEN;
}

static enum tls_event classify(struct tls *t, int result)
{
    switch (SSL_get_error(t->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TLS_NEED_MORE;
    case SSL_ERROR_WANT_CLIENT_HELLO_CB:
        return TLS_HELLO;
    case SSL_ERROR_ZERO_RETURN:
        t->facts.was_notified = true;
        t->fed = (struct span){0};
        return TLS_CLOSED;
    default:
        return break_off(t);
    }
}

static enum tls_event shake_hands(struct tls *t)
{
    int result = SSL_do_handshake(t->ssl);
    if (result != 1) {
        return classify(t, result);
    }
    note_ready(t);
    return TLS_READY;
}

enum tls_event tls_read(struct tls *t, char *room, size_t size, size_t *got)
{
    *got = 0;
    if (t->facts.is_broken || t->facts.was_notified) {
        t->fed = (struct span){0};
        return t->facts.is_broken ? TLS_BROKEN : TLS_CLOSED;
    }
    ERR_clear_error(); // what somebody else left there would be taken for ours
    if (!t->facts.is_ready) {
        return shake_hands(t);
    }
    int result = SSL_read_ex(t->ssl, room, size, got);
    return result == 1 ? TLS_DATA : classify(t, result);
}

void tls_show(struct tls *t, enum leaf_kind kind)
{
    t->leaf = kind;
    if (kind != LEAF_GOOD) {
        (void)SSL_set_options(t->ssl, SSL_OP_NO_TICKET);
        (void)SSL_set_num_tickets(t->ssl, 0);
    }
}

void tls_leave_silently(struct tls *t)
{
    t->is_closed_silently = true;
}

void tls_write(struct tls *t, struct span plain)
{
    size_t put = 0;
    if (!t->facts.is_ready || t->facts.is_broken || t->is_closed || plain.len == 0) {
        return;
    }
    ERR_clear_error();
    if (SSL_write_ex(t->ssl, plain.at, plain.len, &put) != 1) {
        (void)break_off(t);
    }
}

void tls_close(struct tls *t)
{
    if (!t->facts.is_ready || t->facts.is_broken || t->is_closed || t->is_closed_silently) {
        return;
    }
    t->is_closed = true;
    ERR_clear_error();
    (void)SSL_shutdown(t->ssl); // 0: the other side's is not here yet, and need not be
    ERR_clear_error();
}

const struct tls_facts *tls_facts(const struct tls *t)
{
    return &t->facts;
}
