// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/target.h"

#include "proxy/http/chars.h"

#include <arpa/inet.h>
#include <string.h>

// RFC 3986 2.1: a percent sign begins a triplet, always.
static bool percents_are_whole(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '%') {
            continue;
        }
        if (text.len - i < 3 || !h1_is(text.at[i + 1], H1_HEX) || !h1_is(text.at[i + 2], H1_HEX)) {
            return false;
        }
    }
    return true;
}

static bool is_ipv6(struct span text)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (text.len >= sizeof copy || (text.len > 0 && memchr(text.at, '\0', text.len) != NULL)) {
        return false;
    }
    memcpy(copy, text.len > 0 ? text.at : "", text.len);
    copy[text.len] = '\0';
    return inet_pton(AF_INET6, copy, &address) == 1;
}

// Cuts the host off the front of *rest: up to the colon, or the bracketed address.
static bool cut_host(struct span *rest)
{
    struct span all = *rest;
    size_t end = 0;
    if (all.len > 0 && all.at[0] == '[') {
        const char *close = memchr(all.at, ']', all.len);
        end = close == NULL ? 0 : (size_t)(close - all.at) + 1;
        *rest = span_slice(all, end, all.len);
        return end > 0 && is_ipv6(span_slice(all, 1, end - 1));
    }
    while (end < all.len && h1_is(all.at[end], H1_HOST)) {
        end++;
    }
    *rest = span_slice(all, end, all.len);
    return end > 0 && percents_are_whole(span_slice(all, 0, end));
}

bool h1_is_authority(struct span text, enum h1_port port)
{
    uint64_t number = 0;
    if (!cut_host(&text)) {
        return false;
    }
    if (text.len == 0) {
        return port == H1_PORT_OPTIONAL;
    }
    if (text.at[0] != ':') {
        return false;
    }
    // RFC 3986 3.2.3: the digits after the colon may be missing, which means the default port.
    struct span digits = span_slice(text, 1, text.len);
    if (digits.len == 0) {
        return port == H1_PORT_OPTIONAL;
    }
    return span_to_u64(digits, UINT16_MAX, &number) && (number > 0 || port == H1_PORT_OPTIONAL);
}

// RFC 3986 3.1: letters, digits, "+", "-" and ".".
static bool is_scheme_char(char c)
{
    return h1_is(c, H1_TOKEN) && (h1_is(c, H1_HOST) || c == '+') && strchr("!$&'*%_~", c) == NULL;
}

// Gives the length of "scheme://" at the front, or 0.
static size_t scheme_length(struct span target)
{
    size_t n = 0;
    while (n < target.len && is_scheme_char(target.at[n])) {
        n++;
    }
    bool begins_with_letter = n > 0 && !h1_is(target.at[0], H1_DIGIT);
    bool is_absolute = span_starts(span_slice(target, n, target.len), SPAN("://"));
    return begins_with_letter && is_absolute ? n + 3 : 0;
}

static enum h1_fault read_absolute(struct h1_head *head)
{
    size_t from = scheme_length(head->target);
    if (from == 0) {
        return H1_FAULT_TARGET_FORM;
    }
    size_t to = from;
    while (to < head->target.len && head->target.at[to] != '/' && head->target.at[to] != '?') {
        to++;
    }
    head->form = H1_FORM_ABSOLUTE;
    head->authority = span_slice(head->target, from, to);
    head->path = span_slice(head->target, to, head->target.len);
    if (head->path.len == 0) {
        head->path = SPAN("/");
    }
    return h1_is_authority(head->authority, H1_PORT_OPTIONAL) ? H1_FAULT_NONE
                                                              : H1_FAULT_TARGET_AUTHORITY;
}

// RFC 9112 3.2.3: only CONNECT has it, and CONNECT has nothing else.
static enum h1_fault read_connect(struct h1_head *head)
{
    if (head->target.at[0] == '/' || span_is(head->target, "*")) {
        return H1_FAULT_TARGET_FORM;
    }
    head->form = H1_FORM_AUTHORITY;
    head->authority = head->target;
    return h1_is_authority(head->authority, H1_PORT_REQUIRED) ? H1_FAULT_NONE
                                                              : H1_FAULT_TARGET_AUTHORITY;
}

// RFC 9112 3.2.4
static enum h1_fault read_asterisk(struct h1_head *head)
{
    head->form = H1_FORM_ASTERISK;
    return span_is(head->method, "OPTIONS") ? H1_FAULT_NONE : H1_FAULT_TARGET_FORM;
}

enum h1_fault h1_read_target(struct h1_head *head)
{
    if (!h1_all(head->target, H1_TARGET)) {
        return H1_FAULT_TARGET;
    }
    if (!percents_are_whole(head->target)) {
        return H1_FAULT_TARGET_PERCENT;
    }
    if (span_is(head->method, "CONNECT")) {
        return read_connect(head);
    }
    if (span_is(head->target, "*")) {
        return read_asterisk(head);
    }
    if (head->target.at[0] != '/') {
        return read_absolute(head);
    }
    head->form = H1_FORM_ORIGIN;
    head->path = head->target;
    return H1_FAULT_NONE;
}
