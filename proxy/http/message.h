// SPDX-License-Identifier: Apache-2.0
// The head of an HTTP/1.x message as it was received, and questions about its fields.
#ifndef PROXY_HTTP_MESSAGE_H
#define PROXY_HTTP_MESSAGE_H

#include "proxy/base/span.h"

struct h1_field {
    struct span name;  // as written; names are compared without case (h1_find)
    struct span value; // without white space at both ends
};

// The forms of a request target (RFC 9112 3.2).
enum h1_form {
    H1_FORM_NONE,      // a response
    H1_FORM_ORIGIN,    // /path?query
    H1_FORM_ABSOLUTE,  // http://host/path?query, as a forward proxy receives it
    H1_FORM_AUTHORITY, // host:port, with CONNECT only
    H1_FORM_ASTERISK,  // *, with OPTIONS only
};

struct h1_head {
    // Requests
    struct span method;
    struct span target; // as received
    enum h1_form form;
    struct span authority; // of the target, else the value of Host; empty when there is neither
    struct span path;      // path and query of the first two forms; "/" when it has neither
    // Responses
    int status;
    struct span reason;

    int minor; // HTTP/1.minor as written; 2 to 9 mean the same as 1
    const struct h1_field *fields;
    size_t field_count;

    // Framing and connection (RFC 9112 6.3 and 9.3)
    bool has_content_length;
    uint64_t content_length; // of a response to HEAD: what a GET would have
    bool is_chunked;
    bool is_until_close; // a response whose body ends with the connection
    bool has_body;       // H1_BODY may follow (an empty chunked body gives none)
    bool keep_alive;     // another message may follow on this connection
    bool expects_continue;
    bool opens_tunnel; // 101, or 2xx to CONNECT: what follows is not HTTP
};

// The first field of that name, or NULL.
const struct h1_field *h1_find(const struct h1_head *head, const char *name);
// Its value, or the empty span with at == NULL.
struct span h1_value(const struct h1_head *head, const char *name);
// True when the comma-separated list in all fields of that name has that member, without case.
bool h1_list_has(const struct h1_head *head, const char *name, struct span member);
// True for fields that end at this connection and that a proxy must not pass on: those that
// Connection names, Connection itself and its kin, and Transfer-Encoding (RFC 9110 7.6.1).
bool h1_is_hop_by_hop(const struct h1_head *head, struct span name);

#endif
