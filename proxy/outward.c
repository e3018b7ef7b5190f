// SPDX-License-Identifier: Apache-2.0
#include "proxy/outward.h"

#include "proxy/base/instant.h"
#include "proxy/net/address.h"
#include "proxy/passage.h"

// Shorter than servers usually keep an idle connection, so that few requests meet a closing one.
#define IDLE_US (INT64_C(4) * US_PER_S)

static enum rc check_upstream(const struct outward_options *o, struct diag *d)
{
    if (o->upstream == NULL && (o->ca_file != NULL || o->reply_timeout != NULL)) {
        return diag_fail(d, RC_USAGE, "%s means nothing without --upstream",
                         o->ca_file != NULL ? "--upstream-ca" : "--upstream-timeout");
    }
    if (o->upstream == NULL && !o->is_proxy && o->connect_timeout != NULL) {
        return diag_fail(d, RC_USAGE,
                         "--upstream-connect-timeout means nothing without --upstream or "
                         "--connect");
    }
    if (o->upstream != NULL && o->books != NULL) {
        return diag_fail(d, RC_USAGE,
                         "%s cannot be with --upstream: what a real service bills, records and "
                         "signs is known to it alone",
                         o->books);
    }
    return RC_OK;
}

enum rc outward_check(const struct outward_options *o, struct diag *d)
{
    if (!o->is_proxy && o->host_count > 0) {
        return diag_fail(d, RC_USAGE, "%s means nothing without --connect",
                         o->hosts[0].is_tunnel ? "--tunnel" : "--open");
    }
    if (o->is_proxy && o->tls != NULL) {
        return diag_fail(d, RC_USAGE,
                         "--connect cannot be with --tls: clients speak plain HTTP to their proxy");
    }
    return check_upstream(o, d);
}

static enum rc duration(int64_t *us, const char *name, const char *given, const char *otherwise,
                        struct diag *d)
{
    const char *text = given == NULL ? otherwise : given;
    if (duration_parse(us, span_of(text), NULL) != RC_OK || *us <= 0) {
        return diag_fail(d, RC_USAGE, "%s takes a duration as 5s or 300ms, not \"%s\"", name, text);
    }
    return RC_OK;
}

static enum rc open_upstream(struct outward *out, const struct outward_options *o,
                             int64_t connect_us, struct lane_options *lane, struct diag *d)
{
    struct upstream_options u = {.loop = lane->loop,
                                 .url = o->upstream,
                                 .ca_file = o->ca_file,
                                 .connect_us = connect_us,
                                 .idle_us = IDLE_US};
    enum rc rc =
        duration(&lane->upstream_reply_us, "--upstream-timeout", o->reply_timeout, "60s", d);
    if (rc == RC_OK && lane->scenario != NULL) {
        rc = passage_supports(lane->scenario, d);
    }
    if (rc == RC_OK) {
        rc = upstream_new(&out->upstream, &u, d);
    }
    lane->upstream = out->upstream;
    return rc;
}

static enum rc open_destinations(struct outward *out, const struct outward_options *o,
                                 int64_t connect_us, struct lane_options *lane, struct diag *d)
{
    enum rc rc = RC_OK;
    out->destinations = destinations_new(lane->loop, out->upstream, connect_us);
    for (size_t i = 0; rc == RC_OK && i < o->host_count; i++) {
        rc = o->hosts[i].is_tunnel ? destinations_tunnel(out->destinations, o->hosts[i].text, d)
                                   : destinations_answer(out->destinations, o->hosts[i].text, d);
    }
    lane->destinations = out->destinations;
    return rc;
}

enum rc outward_open(struct outward *out, const struct outward_options *o, struct tls_context *tls,
                     struct lane_options *lane, struct diag *d)
{
    int64_t connect_us = 0;
    *(o->is_proxy ? &lane->opening : &lane->tls) = tls;
    enum rc rc = duration(&connect_us, "--upstream-connect-timeout", o->connect_timeout, "5s", d);
    if (rc == RC_OK && o->upstream != NULL) {
        rc = open_upstream(out, o, connect_us, lane, d);
    }
    if (rc == RC_OK && o->is_proxy) {
        rc = open_destinations(out, o, connect_us, lane, d);
    }
    return rc;
}

enum rc outward_check_listen(const struct outward *out, const char *address, struct diag *d)
{
    const struct origin *o = out->upstream == NULL ? NULL : upstream_origin(out->upstream);
    struct sockaddr_storage listened;
    socklen_t len = 0;
    enum rc rc = address_parse(&listened, &len, address, d);
    for (size_t i = 0; rc == RC_OK && o != NULL && i < o->count; i++) {
        if (address_reaches(&o->addresses[i].at, &listened)) {
            rc = diag_fail(d, RC_USAGE,
                           "the upstream %s is this proxy itself: --listen or --upstream must "
                           "name another port",
                           o->text);
        }
    }
    return rc;
}

void outward_free(struct outward *out)
{
    destinations_free(&out->destinations);
    upstream_free(&out->upstream);
}
