// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/net/net_tests.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static void want_host(struct memory_client *c, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(c->ssl);
    if (*host == '\0') {
        CHECK_INT(X509_VERIFY_PARAM_set1_ip_asc(param, "127.0.0.1"), 1);
        return;
    }
    CHECK_INT(SSL_set_tlsext_host_name(c->ssl, host), 1);
    CHECK_INT(SSL_set1_host(c->ssl, host), 1);
}

void client_open(struct memory_client *c, const char *trusted, const char *host, int version)
{
    *c = (struct memory_client){.context = SSL_CTX_new(TLS_client_method())};
    (void)SSL_CTX_set_min_proto_version(c->context, version);
    (void)SSL_CTX_set_max_proto_version(c->context, version);
    SSL_CTX_set_verify(c->context, SSL_VERIFY_PEER, NULL);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c->context), X509_V_FLAG_X509_STRICT);
    if (trusted != NULL) {
        CHECK_INT(SSL_CTX_load_verify_file(c->context, trusted), 1);
    }
    c->ssl = SSL_new(c->context);
    c->in = BIO_new(BIO_s_mem());
    c->out = BIO_new(BIO_s_mem());
    SSL_set_bio(c->ssl, c->in, c->out);
    SSL_set_connect_state(c->ssl);
    want_host(c, host);
}

void client_close(struct memory_client *c)
{
    SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN); // else its session may not be resumed
    SSL_free(c->ssl);
    SSL_CTX_free(c->context);
    ERR_clear_error();
}

void client_take(struct memory_client *c, struct buf *out)
{
    char room[4096];
    int got = 0;
    while ((got = BIO_read(c->out, room, sizeof room)) > 0) {
        buf_add(out, (struct span){.at = room, .len = (size_t)got});
    }
}

void client_give(struct memory_client *c, struct span bytes)
{
    if (bytes.len > 0) {
        CHECK_INT(BIO_write(c->in, bytes.at, (int)bytes.len), bytes.len);
    }
}
