// SPDX-License-Identifier: Apache-2.0
// The tripwire stands where the client's environment points HTTPS_PROXY: whoever asks it for
// another host has bypassed the endpoint. It stands where redirections lead, too. It refuses, and
// tells.
#ifndef SUITES_PLAY_TRIPWIRE_H
#define SUITES_PLAY_TRIPWIRE_H

#include "proxy/base/diag.h"
#include "proxy/base/span.h"
#include "proxy/net/loop.h"

struct tripwire;

// host: as it was asked for ("metering.marketplace.us-east-1.amazonaws.com:443"), cut to 255 bytes.
// is_carried: it was handed a request to the Metering Service, by its signature or its content.
typedef void tripwire_fn(void *arg, struct span host, bool is_carried);

MUST_USE enum rc tripwire_open(struct tripwire **out, struct loop *loop, tripwire_fn *fn, void *arg,
                               struct diag *d);
const char *tripwire_address(const struct tripwire *t);
// Not within its callback. Accepts NULL in *t and nulls it.
void tripwire_free(struct tripwire **t);

// Whether the host is one of the real Metering Service (any region, partition, FIPS or dual stack).
bool tripwire_is_metering(struct span host);

#endif
