// SPDX-License-Identifier: Apache-2.0
// An http URL that a person named, with the address of its host: where a program that already runs
// is spoken to.
#ifndef SUITES_CLIENT_URL_H
#define SUITES_CLIENT_URL_H

#include <sys/socket.h>

#include "proxy/base/diag.h"
#include "proxy/base/span.h"

// Texts are owned and end with NUL.
struct url {
    char *text;
    char *authority; // the value of Host: "127.0.0.1:8080"
    char *target;    // path and query: "/register?from=aws"
    struct sockaddr_storage address;
    socklen_t address_len;
};

// RC_USAGE with a sentence: not http, no host, user information, a fragment, characters that a
// request target cannot have, or a host that is not found. Asks a name server, and waits for it.
MUST_USE enum rc url_read(struct url *out, const char *text, struct diag *d);
void url_clear(struct url *u);

// Where a redirection leads (RFC 9110 10.2.2), seen from that target of the URL: *target is an
// owned text of the same origin. RC_CONFLICT for another origin, RC_SYNTAX for what is no
// reference.
MUST_USE enum rc url_follow(char **target, const struct url *u, const char *from,
                            struct span location);

#endif
