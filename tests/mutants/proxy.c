// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "proxy/base/buf.h"
#include "proxy/base/own.h"

#define MAX_HEAD 65536
#define PIECE 4096

static const char *variable(const char *name, const char *lower)
{
    const char *value = getenv(name);
    return value != NULL ? value : getenv(lower);
}

static bool is_spared(const char *host)
{
    struct span rest = span_of(variable("NO_PROXY", "no_proxy"));
    while (rest.len > 0) {
        if (span_is(span_trim(span_cut(&rest, ',')), host)) {
            return true;
        }
    }
    return false;
}

bool proxy_find(struct proxy_place *out, const char *host)
{
    struct span url = span_of(variable("HTTPS_PROXY", "https_proxy"));
    if (!span_starts(url, SPAN("http://")) || is_spared(host)) {
        return false;
    }
    struct span port = span_slice(url, strlen("http://"), url.len);
    port = span_cut(&port, '/');
    struct span name = span_cut(&port, ':');
    (void)snprintf(out->name, sizeof out->name, "%.*s", (int)name.len, name.at);
    (void)snprintf(out->port, sizeof out->port, "%.*s", (int)port.len, port.at);
    return true;
}

bool proxy_takes_request(const struct variants *variants, const char *host)
{
    struct proxy_place place;
    return variants->on[BUG_PROXY_IN_CLEAR] && proxy_find(&place, host);
}

static bool send_all(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes = span_slice(bytes, (size_t)sent, bytes.len);
    }
    return true;
}

// The end of the head, 0 while it is not there.
static size_t head_length(struct span in)
{
    for (size_t i = 3; i < in.len; i++) {
        if (memcmp(in.at + i - 3, "\r\n\r\n", 4) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static size_t content_length(struct span head)
{
    static const char FIELD[] = "content-length:";
    uint64_t length = 0;
    while (head.len > 0) {
        struct span line = span_trim(span_cut(&head, '\n'));
        struct span name = span_slice(line, 0, strlen(FIELD));
        struct span value = span_trim(span_slice(line, strlen(FIELD), line.len));
        if (span_equal_nocase(name, span_of(FIELD)) && span_to_u64(value, MAX_HEAD, &length)) {
            return (size_t)length;
        }
    }
    return 0;
}

// The status of a whole answer to CONNECT, 0 when there is none. RFC 9110 9.3.6: a 2xx has no body.
static int read_status(int fd)
{
    OWN_BUF struct buf in = {0};
    while (in.len < MAX_HEAD) {
        ssize_t got = recv(fd, buf_room(&in, PIECE), PIECE, 0);
        if (got <= 0) {
            return 0;
        }
        buf_grew(&in, (size_t)got);
        size_t head = head_length(buf_span(&in));
        uint64_t status = 0;
        struct span rest = buf_span(&in);
        (void)span_cut(&rest, ' ');
        if (head == 0 || !span_to_u64(span_slice(rest, 0, 3), 599, &status)) {
            continue;
        }
        bool is_open = status / 100 == 2;
        size_t body = is_open ? 0 : content_length(span_slice(buf_span(&in), 0, head));
        if (in.len >= head + body) {
            return (int)status;
        }
    }
    return 0;
}

static int ask(int fd, const char *host, const char *port)
{
    OWN_BUF struct buf out = {0};
    buf_addf(&out, "CONNECT %s:%s HTTP/1.1\r\nHost: %s:%s\r\n\r\n", host, port, host, port);
    return send_all(fd, buf_span(&out)) ? read_status(fd) : 0;
}

bool proxy_connect(const struct variants *variants, int fd, const char *host, const char *port,
                   bool *has_refused)
{
    int status = ask(fd, host, port);
    if (status / 100 > 2 && variants->on[LEGAL_CONNECTS_AGAIN]) {
        status = ask(fd, host, port);
    }
    *has_refused = status / 100 > 2;
    return status / 100 == 2;
}
