// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/channel.h"

#include "tests/mutants/proxy.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define WAIT_S 3
#define CHUNK 16384

static bool has(const struct trust *trust, enum variant variant)
{
    return trust->variants->on[variant];
}

// A connected socket, or -1. SO_SNDTIMEO bounds connect too on Linux.
static int connect_to(const struct trust *trust, const char *name, const char *port)
{
    struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(name, port, &hints, &found) != 0) {
        return -1;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval limit = {.tv_sec = has(trust, BUG_WAIT_FOR_EVER) ? 0 : WAIT_S};
    if (fd >= 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
            (void)close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

// What each bug does not mind (X509_STORE_CTX_get_error).
static const struct {
    enum variant bug;
    int error;
} FORGIVEN[] = {
    {BUG_ANY_HOST, X509_V_ERR_HOSTNAME_MISMATCH},
    {BUG_ANY_HOST, X509_V_ERR_IP_ADDRESS_MISMATCH},
    {BUG_IGNORES_EXPIRY, X509_V_ERR_CERT_HAS_EXPIRED},
    {BUG_ANY_ISSUER, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
    {BUG_ANY_ISSUER, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN},
    {BUG_ANY_ISSUER, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT},
    {BUG_ANY_ISSUER, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    {BUG_ANY_ISSUER, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE},
    {BUG_ANY_ISSUER, X509_V_ERR_CERT_SIGNATURE_FAILURE},
};

static int on_verified(int is_good, X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct trust *trust = SSL_get_app_data(ssl);
    int error = X509_STORE_CTX_get_error(store);
    for (size_t i = 0; i < sizeof FORGIVEN / sizeof FORGIVEN[0]; i++) {
        if (is_good == 0 && FORGIVEN[i].error == error && has(trust, FORGIVEN[i].bug)) {
            X509_STORE_CTX_set_error(store, X509_V_OK);
            return 1;
        }
    }
    return is_good;
}

// The session is ours when 1 is given.
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct trust *trust = SSL_get_app_data(ssl);
    SSL_SESSION_free(trust->session);
    trust->session = session;
    return 1;
}

static bool load_authorities(SSL_CTX *context)
{
    const char *file = getenv("AWS_CA_BUNDLE");
    file = file != NULL ? file : getenv("SSL_CERT_FILE");
    return (file != NULL ? SSL_CTX_load_verify_file(context, file)
                         : SSL_CTX_set_default_verify_paths(context)) == 1;
}

static bool trust_prepare(struct trust *trust)
{
    if (trust->context != NULL) {
        return true;
    }
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL || !load_authorities(context) ||
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        (has(trust, LEGAL_TLS12) && SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) != 1)) {
        SSL_CTX_free(context);
        return false;
    }
    if (has(trust, LEGAL_RESUMES)) {
        (void)SSL_CTX_set_session_cache_mode(context,
                                             SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context, on_session);
    }
    trust->context = context;
    return true;
}

void trust_clear(struct trust *trust)
{
    SSL_SESSION_free(trust->session);
    SSL_CTX_free(trust->context);
    trust->session = NULL;
    trust->context = NULL;
}

// RFC 9110 4.3.4: a certificate is the host's, by address where the URL has one.
static bool expect_host(SSL *ssl, const char *name)
{
    unsigned char address[16];
    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    }
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

// Whether the handshake itself fails at a certificate that does not hold.
static int verify_mode(const struct trust *trust)
{
    bool is_blind = has(trust, BUG_ANY_CERTIFICATE) || has(trust, BUG_VERIFIES_AFTER) ||
                    has(trust, LEGAL_VERIFIES_LATE) ||
                    (has(trust, BUG_VERIFIES_ONCE) && trust->has_verified);
    return is_blind ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
}

static bool is_trusted(const struct trust *trust, const SSL *ssl)
{
    return !has(trust, LEGAL_VERIFIES_LATE) || SSL_get_verify_result(ssl) == X509_V_OK;
}

static bool secure(struct channel *c, struct trust *trust, const char *name)
{
    ERR_clear_error();
    c->ssl = trust_prepare(trust) ? SSL_new(trust->context) : NULL;
    if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 || !expect_host(c->ssl, name)) {
        return false;
    }
    SSL_set_app_data(c->ssl, trust);
    SSL_set_verify(c->ssl, verify_mode(trust), on_verified);
    if (trust->session != NULL && SSL_set_session(c->ssl, trust->session) != 1) {
        return false;
    }
    bool is_done = SSL_connect(c->ssl) == 1 && is_trusted(trust, c->ssl);
    trust->has_verified = trust->has_verified || is_done;
    return is_done;
}

// To the peer, or to the proxy that is asked for it.
static enum channel_failure reach(struct channel *c, struct trust *trust, const char *name,
                                  const char *port, bool is_secure)
{
    struct proxy_place proxy;
    bool is_blind = has(trust, BUG_PROXY_BLIND) || has(trust, LEGAL_NO_PROXY);
    if (!is_secure || is_blind || !proxy_find(&proxy, name)) {
        c->fd = connect_to(trust, name, port);
        return c->fd < 0 ? CHANNEL_UNREACHABLE : CHANNEL_OPEN;
    }
    bool has_refused = false;
    c->fd = connect_to(trust, proxy.name, proxy.port);
    if (c->fd >= 0 && (proxy_takes_request(trust->variants, name) ||
                       proxy_connect(trust->variants, c->fd, name, port, &has_refused))) {
        return CHANNEL_OPEN;
    }
    channel_close(c);
    return has_refused ? CHANNEL_UNLED : CHANNEL_UNREACHABLE;
}

enum channel_failure channel_open(struct channel *c, struct trust *trust, const char *name,
                                  const char *port, bool is_secure)
{
    *c = CHANNEL_CLOSED;
    enum channel_failure failure = reach(c, trust, name, port, is_secure);
    if (failure != CHANNEL_OPEN) {
        return failure;
    }
    bool is_clear = !is_secure || proxy_takes_request(trust->variants, name);
    if (!is_clear && !secure(c, trust, name)) {
        SSL_free(c->ssl);
        c->ssl = NULL; // so that nothing is said, and the socket alone is closed
        channel_close(c);
        return CHANNEL_UNTRUSTED;
    }
    return CHANNEL_OPEN;
}

static bool is_trusted_after(const SSL *ssl)
{
    return !has(SSL_get_app_data(ssl), BUG_VERIFIES_AFTER) ||
           SSL_get_verify_result(ssl) == X509_V_OK;
}

bool channel_send(const struct channel *c, struct span bytes)
{
    if (c->ssl != NULL) {
        size_t put = 0;
        ERR_clear_error();
        // All of it, or an error.
        return SSL_write_ex(c->ssl, bytes.at, bytes.len, &put) == 1 && is_trusted_after(c->ssl);
    }
    while (bytes.len > 0) {
        ssize_t sent = send(c->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes = span_slice(bytes, (size_t)sent, bytes.len);
    }
    return true;
}

static bool receive_secured(struct channel *c, struct buf *in)
{
    size_t got = 0;
    ERR_clear_error();
    int result = SSL_read_ex(c->ssl, buf_room(in, CHUNK), CHUNK, &got);
    if (result != 1) {
        // RFC 9112 9.8: only who said so has ended.
        c->is_cut = SSL_get_error(c->ssl, result) != SSL_ERROR_ZERO_RETURN;
        return false;
    }
    buf_grew(in, got);
    return true;
}

bool channel_receive(struct channel *c, struct buf *in)
{
    if (c->ssl != NULL) {
        return receive_secured(c, in);
    }
    ssize_t got = recv(c->fd, buf_room(in, CHUNK), CHUNK, 0);
    if (got <= 0) {
        return false;
    }
    buf_grew(in, (size_t)got);
    return true;
}

void channel_close(struct channel *c)
{
    if (c->ssl != NULL && !c->is_cut) {
        ERR_clear_error();
        (void)SSL_shutdown(c->ssl); // the peer's close_notify need not be awaited
    }
    SSL_free(c->ssl);
    if (c->fd >= 0) {
        (void)close(c->fd);
    }
    *c = CHANNEL_CLOSED;
}
