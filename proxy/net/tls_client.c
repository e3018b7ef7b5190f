// SPDX-License-Identifier: Apache-2.0
// The client's end: a server is trusted when somebody whom this system trusts, or whom the user
// named, vouches for exactly the host that was asked for. There is no way to switch that off.
#include "proxy/net/tls_inside.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "proxy/base/alloc.h"

static bool set_up(struct tls_context *c)
{
    static const unsigned char PROTOCOLS[] = "\x08http/1.1"; // RFC 7301
    c->ssl = SSL_CTX_new(TLS_client_method());
    if (!tls_context_set_up(c) || SSL_CTX_set_default_verify_paths(c->ssl) != 1 ||
        SSL_CTX_set_alpn_protos(c->ssl, PROTOCOLS, sizeof PROTOCOLS - 1) != 0) {
        return false;
    }
    SSL_CTX_set_verify(c->ssl, SSL_VERIFY_PEER, NULL);
    return true;
}

enum rc tls_client_context_new(struct tls_context **out, const char *ca_file, struct diag *d)
{
    struct tls_context *c = x_alloc(sizeof *c);
    if (!set_up(c)) {
        tls_context_free(&c);
        return certificate_fail(d, "cannot set up TLS towards servers");
    }
    if (ca_file != NULL && SSL_CTX_load_verify_locations(c->ssl, ca_file, NULL) != 1) {
        tls_context_free(&c);
        ERR_clear_error();
        return diag_fail(d, RC_IO, "cannot read certificates (PEM) from %s", ca_file);
    }
    ERR_clear_error(); // the system may have no store, which leaves an error behind
    *out = c;
    return RC_OK;
}

// RFC 6066 3: an address is never asked for by SNI; it is looked for among those of the
// certificate (RFC 5280 4.2.1.6), as a name among the names.
static bool expect_host(SSL *ssl, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    bool is_numeric =
        inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
    if (is_numeric) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    }
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

struct tls *tls_client_new(struct tls_context *context, struct buf *wire, const char *host)
{
    struct tls *t = tls_engine_new(context, wire);
    (void)snprintf(t->host, sizeof t->host, "%s", host);
    bool is_expected = expect_host(t->ssl, host);
    assert(is_expected); // only memory can be missing: origin_read has judged the host
    (void)is_expected;
    SSL_set_connect_state(t->ssl);
    return t;
}
