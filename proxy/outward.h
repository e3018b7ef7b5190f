// SPDX-License-Identifier: Apache-2.0
// The hosts that a command line lets us contact, and what they are for. No other is ever contacted.
#ifndef PROXY_OUTWARD_H
#define PROXY_OUTWARD_H

#include "proxy/destinations.h"
#include "proxy/lane.h"

struct outward_host {
    const char *text; // "HOST[:PORT]"
    bool is_tunnel;   // else it is opened
};

// As given on the command line; NULL for what was not.
struct outward_options {
    const char *upstream, *ca_file;
    const char *connect_timeout, *reply_timeout;
    const char *tls;   // --tls
    const char *books; // an option that needs the stand-in's books: its name
    bool is_proxy;     // --connect
    struct outward_host *hosts;
    size_t host_count, host_capacity;
};

struct outward {
    struct upstream *upstream;
    struct destinations *destinations;
};

// Whether they fit together; RC_USAGE with a sentence.
MUST_USE enum rc outward_check(const struct outward_options *o, struct diag *d);
// Opens what they name and puts it into lane, whose loop and scenario are set; tls: what is spoken
// with clients, or in the place of hosts that are opened. Asks name servers: before the loop runs.
MUST_USE enum rc outward_open(struct outward *out, const struct outward_options *o,
                              struct tls_context *tls, struct lane_options *lane, struct diag *d);
// A lane is to listen there: RC_USAGE when that is the upstream, too, which would ask us for ever;
// RC_SYNTAX when it is no address.
MUST_USE enum rc outward_check_listen(const struct outward *out, const char *address,
                                      struct diag *d);
// After the lane that uses it was freed, and before the loop is.
void outward_free(struct outward *out);

#endif
