// SPDX-License-Identifier: Apache-2.0
// Numeric socket addresses as text; nothing here asks a name server.
#ifndef PROXY_NET_ADDRESS_H
#define PROXY_NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "proxy/base/diag.h"

#define ADDRESS_TEXT 64

// Reads "127.0.0.1:80" or "[::1]:80"; RC_USAGE with a sentence otherwise.
MUST_USE enum rc address_parse(struct sockaddr_storage *out, socklen_t *len, const char *text,
                               struct diag *d);
void address_format(char out[ADDRESS_TEXT], const struct sockaddr_storage *address);
// Who is at the other end of a connected socket; "?" when that is not known.
void address_of_peer(char out[ADDRESS_TEXT], int fd);
// Whether it is an address of this machine only (127.0.0.0/8, ::1).
bool address_is_loopback(const struct sockaddr_storage *address);

// Whether it is an address of this machine, or that of no host in particular (0.0.0.0, ::). Asks
// the kernel.
bool address_is_here(const struct sockaddr_storage *address);
// Whether who connects to that address can reach who listens on `listened`: the same address and
// port, or on either side that of no host in particular, which stands for all of this machine's.
bool address_reaches(const struct sockaddr_storage *address,
                     const struct sockaddr_storage *listened);

#endif
