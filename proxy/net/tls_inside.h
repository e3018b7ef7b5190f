// SPDX-License-Identifier: Apache-2.0
// What both ends of TLS share; only tls.c and tls_client.c include it.
#ifndef PROXY_NET_TLS_INSIDE_H
#define PROXY_NET_TLS_INSIDE_H

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "proxy/net/tls.h"

#define TLS_WHY_TEXT 160

struct tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *bio;
    struct authority *authority; // NULL: the client's end
};

struct tls {
    struct tls_context *context;
    SSL *ssl;
    struct span fed;
    struct buf *wire;
    struct tls_facts facts;
    char host[HOST_MAX + 1];
    char why[TLS_WHY_TEXT];
    enum leaf_kind leaf;
    bool is_greeted; // TLS_HELLO was told
    bool is_closed_silently;
    bool is_closed; // our close_notify is out
};

// What contexts of both ends are set to, after c->ssl is there.
bool tls_context_set_up(struct tls_context *c);
// An engine of that context, which is of neither end yet.
struct tls *tls_engine_new(struct tls_context *context, struct buf *wire);

#endif
