// SPDX-License-Identifier: Apache-2.0
// Request lines and status lines (RFC 9112 3 and 4), without their CRLF.
#ifndef PROXY_HTTP_START_LINE_H
#define PROXY_HTTP_START_LINE_H

#include "proxy/http/parser.h"

// Longer methods are answered 501; the longest registered one has 17 characters.
#define H1_MAX_METHOD 32

// Both set what they could read in *head, as spans into line.
enum h1_fault h1_read_request_line(struct span line, struct h1_head *head);
enum h1_fault h1_read_status_line(struct span line, struct h1_head *head);

#endif
