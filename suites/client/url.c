// SPDX-License-Identifier: Apache-2.0
#include "suites/client/url.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/buf.h"
#include "proxy/base/own.h"
#include "proxy/http/chars.h"
#include "proxy/http/target.h"
#include "proxy/net/connect.h"

#define SCHEME SPAN("http://")
#define DEFAULT_PORT 80

// The length of the authority at the front: it ends with the path, the query or the text.
static size_t authority_length(struct span rest)
{
    size_t n = 0;
    while (n < rest.len && strchr("/?#", rest.at[n]) == NULL) {
        n++;
    }
    return n;
}

static void split_authority(struct span authority, struct span *host, uint64_t *port)
{
    bool is_v6 = authority.len > 0 && authority.at[0] == '[';
    struct span rest = is_v6 ? span_slice(authority, 1, authority.len) : authority;
    *host = span_cut(&rest, is_v6 ? ']' : ':');
    if (is_v6 && rest.len > 0) {
        rest = span_slice(rest, 1, rest.len); // the colon
    }
    if (!span_to_u64(rest, UINT16_MAX, port)) {
        *port = DEFAULT_PORT;
    }
}

enum rc url_read(struct url *out, const char *text, struct diag *d)
{
    struct span all = span_of(text);
    *out = (struct url){0};
    if (span_starts(all, SPAN("https://"))) {
        return diag_fail(d, RC_USAGE,
                         "%s: https is not spoken here; name the program behind your TLS "
                         "terminator, as http://127.0.0.1:PORT/PATH",
                         text);
    }
    struct span rest = span_slice(all, SCHEME.len, all.len);
    struct span authority = span_slice(rest, 0, authority_length(rest));
    if (!span_starts(all, SCHEME) || !h1_all(all, H1_TARGET) ||
        !h1_is_authority(authority, H1_PORT_OPTIONAL)) {
        return diag_fail(d, RC_USAGE,
                         "\"%s\" is no address of a page; write it as http://127.0.0.1:8080/path",
                         text);
    }
    struct span host;
    uint64_t port = 0;
    split_authority(authority, &host, &port);
    if (address_lookup(&out->address, &out->address_len, host, (unsigned)port, d) != RC_OK) {
        return RC_USAGE;
    }
    struct span target = span_slice(rest, authority.len, rest.len);
    struct buf whole = {0};
    buf_add_text(&whole, target.len > 0 && target.at[0] == '/' ? "" : "/");
    buf_add(&whole, target);
    out->text = x_strdup(text);
    out->authority = span_dup(authority);
    out->target = buf_take_text(&whole);
    return RC_OK;
}

void url_clear(struct url *u)
{
    x_free(u->text);
    x_free(u->authority);
    x_free(u->target);
    *u = (struct url){0};
}

// The default port may be written or left out.
static bool is_same_authority(struct span a, struct span b)
{
    struct span host_a;
    struct span host_b;
    uint64_t port_a = 0;
    uint64_t port_b = 0;
    split_authority(a, &host_a, &port_a);
    split_authority(b, &host_b, &port_b);
    return span_equal_nocase(host_a, host_b) && port_a == port_b;
}

// Takes "." and ".." out of a path that begins with a slash (RFC 3986 5.2.4).
static void add_normal(struct buf *out, struct span path)
{
    struct span rest = span_slice(path, 1, path.len);
    bool ends_open = true; // the last segment is a dot one: the path ends with its slash
    while (rest.at != NULL) {
        struct span segment = span_cut(&rest, '/');
        ends_open = span_is(segment, ".") || span_is(segment, "..");
        if (span_is(segment, "..")) {
            while (out->len > 0 && out->data[--out->len] != '/') {
            }
        } else if (!ends_open) {
            buf_add_char(out, '/');
            buf_add(out, segment);
        }
    }
    if (ends_open) {
        buf_add_char(out, '/');
    }
}

// RFC 3986 5.2.2, for references without scheme and authority.
static void add_relative(struct buf *out, struct span from, struct span reference)
{
    struct span query = reference;
    struct span path = span_cut(&query, '?');
    struct span base_path = from;
    base_path = span_cut(&base_path, '?');
    OWN_BUF struct buf whole = {0};
    if (path.len == 0) {
        buf_add(&whole, base_path);
    } else if (path.at[0] == '/') {
        buf_add(&whole, path);
    } else {
        size_t end = base_path.len;
        while (end > 0 && base_path.at[end - 1] != '/') {
            end--;
        }
        buf_add(&whole, span_slice(base_path, 0, end));
        buf_add(&whole, path);
    }
    add_normal(out, buf_span(&whole));
    if (path.len == 0 && query.at == NULL) {
        buf_add(out, span_slice(from, base_path.len, from.len)); // the old query stays
    } else if (query.at != NULL) {
        buf_add_char(out, '?');
        buf_add(out, query);
    }
}

enum rc url_follow(char **target, const struct url *u, const char *from, struct span location)
{
    struct span rest = location;
    struct span reference = span_cut(&rest, '#'); // a fragment is the browser's own business
    *target = NULL;
    if (!h1_all(reference, H1_TARGET)) {
        return RC_SYNTAX;
    }
    bool has_authority = span_starts(reference, SPAN("//"));
    if (span_starts(reference, SCHEME)) {
        reference = span_slice(reference, SCHEME.len, reference.len);
        has_authority = true;
    } else if (has_authority) {
        reference = span_slice(reference, 2, reference.len);
    } else if (span_has(span_slice(reference, 0, authority_length(reference)), SPAN(":"))) {
        return RC_CONFLICT; // another scheme
    }
    struct buf out = {0};
    if (has_authority) {
        struct span authority = span_slice(reference, 0, authority_length(reference));
        if (!h1_is_authority(authority, H1_PORT_OPTIONAL)) {
            return RC_SYNTAX;
        }
        if (!is_same_authority(authority, span_of(u->authority))) {
            return RC_CONFLICT;
        }
        reference = span_slice(reference, authority.len, reference.len);
        add_relative(&out, SPAN("/"), reference);
    } else {
        add_relative(&out, span_of(from), reference);
    }
    *target = buf_take_text(&out);
    return RC_OK;
}
