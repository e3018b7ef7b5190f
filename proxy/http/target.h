// SPDX-License-Identifier: Apache-2.0
// Request targets and authorities (RFC 9112 3.2, RFC 3986 3.2).
#ifndef PROXY_HTTP_TARGET_H
#define PROXY_HTTP_TARGET_H

#include "proxy/http/parser.h"

// Reads head->target, which head->method decides how: sets form, authority and path.
enum h1_fault h1_read_target(struct h1_head *head);

enum h1_port { H1_PORT_OPTIONAL, H1_PORT_REQUIRED };

// True for host[:port]: a name, an IPv4 address or an IPv6 address in brackets, never empty; no
// user information (RFC 9110 4.2.4).
bool h1_is_authority(struct span text, enum h1_port port);

#endif
