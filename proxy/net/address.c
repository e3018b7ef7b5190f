// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/span.h"

static bool split(struct span text, struct span *host, struct span *port, bool *is_v6)
{
    *is_v6 = text.len > 0 && text.at[0] == '[';
    struct span rest = *is_v6 ? span_slice(text, 1, text.len) : text;
    *host = span_cut(&rest, *is_v6 ? ']' : ':');
    if (rest.at == NULL) {
        return false;
    }
    if (*is_v6) {
        if (!span_starts(rest, SPAN(":"))) {
            return false;
        }
        rest = span_slice(rest, 1, rest.len);
    }
    *port = rest;
    return host->len > 0 && host->len < ADDRESS_TEXT;
}

enum rc address_parse(struct sockaddr_storage *out, socklen_t *len, const char *text,
                      struct diag *d)
{
    struct span host = {0};
    struct span port = {0};
    bool is_v6 = false;
    uint64_t number = 0;
    char name[ADDRESS_TEXT] = "";
    memset(out, 0, sizeof *out);
    bool good = split(span_of(text), &host, &port, &is_v6) && span_to_u64(port, 65535, &number);
    if (good) {
        memcpy(name, host.at, host.len);
    }
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    if (good && is_v6 && inet_pton(AF_INET6, name, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)number);
        *len = sizeof *v6;
        return RC_OK;
    }
    if (good && !is_v6 && inet_pton(AF_INET, name, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)number);
        *len = sizeof *v4;
        return RC_OK;
    }
    return diag_fail(d, RC_USAGE,
                     "%s is no address; write it with its port, as 127.0.0.1:8080 or [::1]:8080",
                     text);
}

void address_format(char out[ADDRESS_TEXT], const struct sockaddr_storage *address)
{
    char host[INET6_ADDRSTRLEN] = "?";
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        (void)snprintf(out, ADDRESS_TEXT, "[%s]:%u", host, ntohs(v6->sin6_port));
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        (void)inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        (void)snprintf(out, ADDRESS_TEXT, "%s:%u", host, ntohs(v4->sin_port));
    }
}

void address_of_peer(char out[ADDRESS_TEXT], int fd)
{
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof at;
    (void)snprintf(out, ADDRESS_TEXT, "?");
    if (getpeername(fd, (struct sockaddr *)&at, &len) == 0) {
        address_format(out, &at);
    }
}

bool address_is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6) {
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr) != 0;
    }
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
}

static unsigned port_of(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)address)->sin6_port)
                                          : ntohs(((const struct sockaddr_in *)address)->sin_port);
}

static bool is_any(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6) {
        return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr) != 0;
    }
    return ((const struct sockaddr_in *)address)->sin_addr.s_addr == htonl(INADDR_ANY);
}

// Only to an address of its own can a socket be bound; the port is any that is free.
bool address_is_here(const struct sockaddr_storage *address)
{
    struct sockaddr_storage any_port = *address;
    bool is_v6 = address->ss_family == AF_INET6;
    if (is_v6) {
        ((struct sockaddr_in6 *)&any_port)->sin6_port = 0;
    } else {
        ((struct sockaddr_in *)&any_port)->sin_port = 0;
    }
    int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t len = is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    bool is_here = fd >= 0 && bind(fd, (const struct sockaddr *)&any_port, len) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return is_here;
}

bool address_reaches(const struct sockaddr_storage *address,
                     const struct sockaddr_storage *listened)
{
    char one[ADDRESS_TEXT];
    char other[ADDRESS_TEXT];
    if (port_of(address) != port_of(listened) || port_of(address) == 0) {
        return false;
    }
    if (is_any(listened)) {
        // A socket of IPv6 that takes all takes those of IPv4, too; one of IPv4 no other.
        bool is_taken =
            listened->ss_family == AF_INET6 || address->ss_family == listened->ss_family;
        return is_taken && address_is_here(address);
    }
    if (is_any(address)) { // connects to the loopback
        return address_is_loopback(listened);
    }
    address_format(one, address);
    address_format(other, listened);
    return strcmp(one, other) == 0;
}
