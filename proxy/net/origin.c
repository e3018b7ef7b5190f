// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/buf.h"
#include "proxy/net/certificate.h"

#define HTTP_PORT 80
#define HTTPS_PORT 443

// "host", "host:port" or "[v6]:port" taken apart; *port is otherwise when there is none.
static bool split(struct span text, unsigned otherwise, struct span *host, unsigned *port,
                  bool *is_v6)
{
    *is_v6 = span_starts(text, SPAN("["));
    struct span rest = *is_v6 ? span_slice(text, 1, text.len) : text;
    *host = span_cut(&rest, *is_v6 ? ']' : ':');
    *port = otherwise;
    if (*is_v6) {
        if (rest.at == NULL || (rest.len > 0 && rest.at[0] != ':')) {
            return false;
        }
        rest = rest.len > 0 ? span_slice(rest, 1, rest.len) : (struct span){0};
    }
    uint64_t number = otherwise;
    bool is_fine = rest.at == NULL || (span_to_u64(rest, 65535, &number) && number > 0);
    *port = (unsigned)number;
    return is_fine && host->len > 0;
}

// RFC 1123 2.1, and "_", which names in use have.
static bool is_name(const char *host)
{
    size_t len = strlen(host);
    if (len > HOST_MAX || host[0] == '.' || host[0] == '-') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        bool is_plain = (host[i] >= 'a' && host[i] <= 'z') || (host[i] >= '0' && host[i] <= '9') ||
                        host[i] == '-' || host[i] == '_';
        bool is_dot = host[i] == '.' && host[i + 1] != '.';
        if (!is_plain && !is_dot) {
            return false;
        }
    }
    return true;
}

static bool is_numeric(int family, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(family, host, address) == 1;
}

static char *small_letters(struct span text)
{
    char *copy = span_dup(text);
    for (size_t i = 0; i < text.len; i++) {
        copy[i] = span_lower(copy[i]);
    }
    return copy;
}

static bool read_authority(struct origin *out, struct span text, unsigned otherwise)
{
    struct span host = {0};
    bool is_v6 = false;
    if (!split(text, otherwise, &host, &out->port, &is_v6)) {
        return false;
    }
    out->host = small_letters(host);
    return is_v6 ? is_numeric(AF_INET6, out->host) : is_name(out->host);
}

static void write_text(struct origin *o, const char *scheme, unsigned usual_port)
{
    struct buf text = {0};
    bool is_v6 = strchr(o->host, ':') != NULL;
    buf_addf(&text, "%s%s%s%s", scheme, is_v6 ? "[" : "", o->host, is_v6 ? "]" : "");
    if (o->port != usual_port) {
        buf_addf(&text, ":%u", o->port);
    }
    o->text = buf_take_text(&text);
}

enum rc origin_read(struct origin *out, const char *url, struct diag *d)
{
    struct span rest = span_of(url);
    *out = (struct origin){.is_secure = span_starts(rest, SPAN("https://"))};
    bool is_good = out->is_secure || span_starts(rest, SPAN("http://"));
    const char *scheme = out->is_secure ? "https://" : "http://";
    unsigned usual = out->is_secure ? HTTPS_PORT : HTTP_PORT;
    rest = span_slice(rest, strlen(scheme), rest.len);
    struct span authority = span_cut(&rest, '/');
    if (is_good && rest.len == 0 && read_authority(out, authority, usual)) {
        write_text(out, scheme, usual);
        return RC_OK;
    }
    origin_clear(out);
    const char *host = strrchr(url, '@'); // what is before it may be a password
    return diag_fail(
        d, RC_USAGE,
        "\"%s%s\" is no server; write it as http://HOST[:PORT] or https://HOST[:PORT], "
        "without path, query or user",
        host == NULL ? "" : "[user]", host == NULL ? url : host);
}

enum rc origin_read_host(struct origin *out, const char *text, unsigned otherwise, struct diag *d)
{
    *out = (struct origin){0};
    if (read_authority(out, span_of(text), otherwise)) {
        write_text(out, "", 0);
        return RC_OK;
    }
    origin_clear(out);
    return diag_fail(d, RC_USAGE, "\"%s\" is no host; write it as HOST[:PORT]", text);
}

enum rc origin_find(struct origin *o, struct diag *d)
{
    char service[16];
    (void)snprintf(service, sizeof service, "%u", o->port);
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int why = getaddrinfo(o->host, service, &wanted, &found);
    if (why != 0) {
        return diag_fail(d, RC_UNKNOWN, "there is no host \"%s\": %s", o->host,
                         why == EAI_SYSTEM ? strerror(errno) : gai_strerror(why));
    }
    for (const struct addrinfo *a = found; a != NULL && o->count < ORIGIN_ADDRESSES;
         a = a->ai_next) {
        memcpy(&o->addresses[o->count].at, a->ai_addr, a->ai_addrlen);
        o->addresses[o->count++].len = a->ai_addrlen;
    }
    freeaddrinfo(found);
    return RC_OK;
}

bool origin_is(const struct origin *o, struct span authority, unsigned otherwise)
{
    struct span host = {0};
    unsigned port = 0;
    bool is_v6 = false;
    // RFC 3986 3.2.3: the port after the colon may be missing.
    if (authority.len > 0 && authority.at[authority.len - 1] == ':') {
        authority.len--;
    }
    return split(authority, otherwise, &host, &port, &is_v6) && port == o->port &&
           span_equal_nocase(host, span_of(o->host));
}

void origin_clear(struct origin *o)
{
    x_free(o->text);
    x_free(o->host);
    *o = (struct origin){0};
}
