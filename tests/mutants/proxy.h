// SPDX-License-Identifier: Apache-2.0
// The HTTP proxy that the environment names, and the tunnel through it.
#ifndef TESTS_MUTANTS_PROXY_H
#define TESTS_MUTANTS_PROXY_H

#include "proxy/base/span.h"
#include "tests/mutants/variant.h"

struct proxy_place {
    char name[256];
    char port[8];
};

// Whether an https endpoint of that host is to be reached through a proxy, and where that is:
// HTTPS_PROXY or https_proxy, but for the hosts of NO_PROXY.
bool proxy_find(struct proxy_place *out, const char *host);
// Whether the request itself goes to a proxy, in clear: the bug proxy-in-clear.
bool proxy_takes_request(const struct variants *variants, const char *host);
// Asks the proxy at the other end of fd for a tunnel. False unless it is there; *has_refused says
// whether that was the proxy's word.
MUST_USE bool proxy_connect(const struct variants *variants, int fd, const char *host,
                            const char *port, bool *has_refused);

#endif
