// SPDX-License-Identifier: Apache-2.0
#include "proxy/destinations.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/net/certificate.h"

#define CONNECT_PORT 443

struct destination {
    struct origin origin;
    struct upstream *tunnel; // NULL: answered here
};

struct destinations {
    struct loop *loop;
    const struct upstream *upstream;
    int64_t connect_us;
    struct destination *rows;
    size_t count, capacity;
};

struct destinations *destinations_new(struct loop *loop, const struct upstream *upstream,
                                      int64_t connect_us)
{
    struct destinations *d = x_alloc(sizeof *d);
    *d = (struct destinations){.loop = loop, .upstream = upstream, .connect_us = connect_us};
    return d;
}

void destinations_free(struct destinations **slot)
{
    struct destinations *d = *slot;
    if (d == NULL) {
        return;
    }
    for (size_t i = 0; i < d->count; i++) {
        upstream_free(&d->rows[i].tunnel);
        origin_clear(&d->rows[i].origin);
    }
    x_free(d->rows);
    x_free(d);
    *slot = NULL;
}

static const struct destination *find(const struct destinations *d, struct span authority,
                                      unsigned otherwise)
{
    for (size_t i = 0; i < d->count; i++) {
        if (origin_is(&d->rows[i].origin, authority, otherwise)) {
            return &d->rows[i];
        }
    }
    return NULL;
}

static enum rc add(struct destinations *d, struct origin *origin, struct upstream *tunnel,
                   struct diag *diag)
{
    if (find(d, span_of(origin->text), CONNECT_PORT) != NULL) {
        return diag_fail(diag, RC_USAGE, "%s is named twice", origin->text);
    }
    X_GROW(d->rows, d->count, d->capacity);
    d->rows[d->count++] = (struct destination){.origin = *origin, .tunnel = tunnel};
    *origin = (struct origin){0};
    return RC_OK;
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
           strcmp(host, "::1") == 0;
}

enum rc destinations_answer(struct destinations *d, const char *host, struct diag *diag)
{
    struct origin origin;
    enum rc rc = origin_read_host(&origin, host, CONNECT_PORT, diag);
    if (rc == RC_OK && !certificate_covers(origin.host) && !is_loopback(origin.host)) {
        rc = diag_fail(diag, RC_USAGE,
                       "%s cannot be opened: our authority vouches for AWS's hosts and this "
                       "machine only",
                       origin.host);
    }
    if (rc == RC_OK) {
        rc = add(d, &origin, NULL, diag);
    }
    origin_clear(&origin);
    return rc;
}

enum rc destinations_tunnel(struct destinations *d, const char *host, struct diag *diag)
{
    struct origin origin;
    struct upstream *tunnel = NULL;
    OWN_BUF struct buf url = {0};
    enum rc rc = origin_read_host(&origin, host, CONNECT_PORT, diag);
    if (rc == RC_OK) {
        // Its bytes are passed on as they are: whatever they are, no TLS of ours is among them.
        buf_addf(&url, "http://%s", origin.text);
        buf_add_char(&url, '\0');
        struct upstream_options options = {
            .loop = d->loop, .url = url.data, .connect_us = d->connect_us};
        rc = upstream_new(&tunnel, &options, diag);
    }
    if (rc == RC_OK) {
        rc = add(d, &origin, tunnel, diag);
    }
    if (rc != RC_OK) {
        upstream_free(&tunnel);
    }
    origin_clear(&origin);
    return rc;
}

// The service's endpoints, as its endpoint rules spell them.
static bool is_service(struct span authority)
{
    static const char *const NAMES[] = {"metering.marketplace.", "metering.marketplace-fips.",
                                        "metering-marketplace."};
    char host[HOST_MAX + 1];
    struct span rest = authority;
    struct span name = span_cut(&rest, ':');
    if (name.len > HOST_MAX) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        host[i] = span_lower(name.at[i]);
    }
    host[name.len] = '\0';
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strncmp(host, NAMES[i], strlen(NAMES[i])) == 0) {
            return certificate_covers(host);
        }
    }
    return false;
}

enum way destinations_find(const struct destinations *d, struct span authority, unsigned otherwise,
                           struct upstream **tunnel)
{
    const struct destination *row = find(d, authority, otherwise);
    if (row != NULL) {
        *tunnel = row->tunnel;
        return row->tunnel == NULL ? WAY_ANSWERED : WAY_TUNNELLED;
    }
    bool is_upstream =
        d->upstream != NULL && origin_is(upstream_origin(d->upstream), authority, otherwise);
    return is_upstream || is_service(authority) ? WAY_ANSWERED : WAY_REFUSED;
}
