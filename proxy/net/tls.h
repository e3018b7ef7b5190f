// SPDX-License-Identifier: Apache-2.0
// TLS 1.2 and 1.3 as an engine, the server's end or the client's: bytes of the wire go in and plain
// ones come out, and the other way round. No socket: what stands between engine and wire may delay,
// cut or spoil records, and what stands behind the engine may do so with the bytes within them.
#ifndef PROXY_NET_TLS_H
#define PROXY_NET_TLS_H

#include "proxy/base/buf.h"
#include "proxy/net/authority.h"

struct tls_context;
struct tls;

// What all connections of a server share. The authority is borrowed and must outlive it.
MUST_USE enum rc tls_context_new(struct tls_context **out, struct authority *authority,
                                 struct diag *d);
// What all connections share that we make to servers. Trusted are the authorities of this system,
// and those in ca_file (PEM) unless that is NULL; RC_IO with a sentence when it cannot be read.
MUST_USE enum rc tls_client_context_new(struct tls_context **out, const char *ca_file,
                                        struct diag *d);
// Its connections must be freed before. Accepts NULL in *c and nulls it.
void tls_context_free(struct tls_context **c);

enum tls_event {
    TLS_NEED_MORE, // all that was fed is used up
    TLS_HELLO,     // the client's hello is read, and nothing of it answered yet
    TLS_READY,     // the handshake is done
    TLS_DATA,      // plain bytes are in room
    TLS_CLOSED,    // close_notify came: nothing more will, but the other side may still read
    TLS_BROKEN     // an alert came, or was sent: nothing goes either way any more
};

// What is known of a connection; texts are "" while they are not.
struct tls_facts {
    const char *version; // "TLSv1.3"
    const char *cipher;  // "TLS_AES_256_GCM_SHA384"
    const char *host;    // the name that the client asked for (SNI), in small letters
    bool is_distrusted;  // it broke since we did not accept the server's certificate
    bool is_ready;       // the handshake is done
    bool is_resumed;
    bool was_notified; // close_notify came
    bool is_broken;
    const char *alert; // the fatal alert, as RFC 8446 names it; "" also when it broke without one
    bool alert_is_ours;
    const char *why; // OpenSSL's reason
};

// wire: where bytes for the other side are appended; borrowed.
struct tls *tls_new(struct tls_context *context, struct buf *wire);
// The client's end, of a context for that. host: a name, which is asked for (SNI), or a numeric
// address; the server's certificate must be of it. Begins with the first tls_read.
struct tls *tls_client_new(struct tls_context *context, struct buf *wire, const char *host);
// Says nothing to the other side. Accepts NULL in *t and nulls it.
void tls_free(struct tls **t);

// Bytes off the wire, borrowed until tls_read gives TLS_NEED_MORE, TLS_CLOSED or TLS_BROKEN. After
// TLS_CLOSED and TLS_BROKEN they are passed over.
void tls_feed(struct tls *t, struct span bytes);
// What comes next of what was fed; *got: how many bytes are in room. What must be answered (the
// handshake, an alert) is on the wire's buffer when this returns.
enum tls_event tls_read(struct tls *t, char *room, size_t size, size_t *got);
// After TLS_HELLO: which certificate the client gets. With any but the good one no session is
// resumed, as that shows no certificate at all.
void tls_show(struct tls *t, enum leaf_kind kind);
// From here on tls_close says nothing.
void tls_leave_silently(struct tls *t);
// Each call makes records of its own. Nothing happens unless the connection is ready.
void tls_write(struct tls *t, struct span plain);
// close_notify, once, unless the connection is not ready or is broken.
void tls_close(struct tls *t);

const struct tls_facts *tls_facts(const struct tls *t);

#endif
