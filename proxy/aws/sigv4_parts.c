// SPDX-License-Identifier: Apache-2.0
#include "proxy/aws/sigv4_parts.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/instant.h"

struct span sigv4_header_value(const struct sigv4_request *request, const char *name)
{
    struct span wanted = span_of(name);
    for (size_t i = 0; i < request->header_count; i++) {
        if (span_equal_nocase(request->headers[i].name, wanted)) {
            struct span value = request->headers[i].value;
            return value.at == NULL ? SPAN("") : value;
        }
    }
    return (struct span){.at = NULL, .len = 0};
}

// RFC 9112 3.2.2: a request to a forward proxy bears the whole URI.
static struct span without_authority(struct span target)
{
    static const char *const SCHEMES[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof SCHEMES / sizeof SCHEMES[0]; i++) {
        struct span scheme = span_of(SCHEMES[i]);
        if (span_equal_nocase(span_slice(target, 0, scheme.len), scheme)) {
            size_t at = scheme.len;
            while (at < target.len && target.at[at] != '/' && target.at[at] != '?') {
                at++;
            }
            return span_slice(target, at, target.len);
        }
    }
    return target;
}

struct span sigv4_path(struct span target)
{
    struct span rest = without_authority(target);
    return span_cut(&rest, '?');
}

struct span sigv4_query(struct span target)
{
    struct span rest = without_authority(target);
    (void)span_cut(&rest, '?');
    return rest;
}

// Where the characters of "20150830T123600Z" stand in "2015-08-30T12:36:00Z".
static const unsigned char PLACES[SIGV4_DATE_TEXT - 1] = {0,  1,  2,  3,  5,  6,  8,  9,
                                                          10, 11, 12, 14, 15, 17, 18, 19};

void sigv4_date_format(char out[SIGV4_DATE_TEXT], int64_t at_us)
{
    char extended[INSTANT_TEXT];
    instant_format_s(extended, at_us);
    for (size_t i = 0; i < sizeof PLACES; i++) {
        out[i] = extended[PLACES[i]];
    }
    out[sizeof PLACES] = '\0';
}

// "20150830T123600Z": ISO 8601 basic format, UTC, no fraction.
static bool read_basic(int64_t *at_us, struct span text)
{
    char extended[] = "....-..-.....:..:...";
    if (text.len != sizeof PLACES) {
        return false;
    }
    for (size_t i = 0; i < sizeof PLACES; i++) {
        extended[PLACES[i]] = text.at[i];
    }
    return instant_parse(at_us, (struct span){extended, sizeof extended - 1}) == RC_OK;
}

// 1 to 12; 0 for what is no month.
static int month_of(struct span name)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++) {
        if (span_equal(name, (struct span){.at = MONTHS + 3 * (size_t)i, .len = 3})) {
            return i + 1;
        }
    }
    return 0;
}

// "Sun, 30 Aug 2015 12:36:00 GMT" (RFC 9110 5.6.7, IMF-fixdate); the day's name is not judged.
static bool read_http_date(int64_t *at_us, struct span text)
{
    char extended[INSTANT_TEXT];
    int month = text.len == 29 ? month_of(span_slice(text, 8, 11)) : 0;
    if (month == 0 || !span_is(span_slice(text, 25, 29), " GMT")) {
        return false;
    }
    (void)snprintf(extended, sizeof extended, "%.4s-%02d-%.2sT%.8sZ", text.at + 12, month,
                   text.at + 5, text.at + 17);
    return instant_parse(at_us, span_of(extended)) == RC_OK;
}

// IAM User Guide, "Elements of an AWS API request signature": X-Amz-Date takes precedence over
// Date.
static void read_date(struct sigv4_parts *out, const struct sigv4_request *request)
{
    out->date_value = sigv4_header_value(request, "X-Amz-Date");
    if (out->date_value.at == NULL) {
        out->date_value = sigv4_header_value(request, "Date");
    }
    if (!read_basic(&out->signed_us, out->date_value) &&
        !read_http_date(&out->signed_us, out->date_value)) {
        out->signed_us = 0;
    }
}

static void read_credential(struct sigv4_parts *out)
{
    struct span *const elements[] = {&out->key_id, &out->date, &out->region, &out->service,
                                     &out->terminator};
    struct span rest = out->credential;
    while (rest.at != NULL) {
        struct span element = span_cut(&rest, '/');
        if (out->elements < sizeof elements / sizeof elements[0]) {
            *elements[out->elements] = element;
        }
        out->elements++;
    }
}

// False for an element that is no pair, or a key that stands twice. Other keys are passed over.
static bool read_pair(struct sigv4_parts *out, struct span pair)
{
    struct span value = pair;
    struct span key = span_cut(&value, '=');
    const struct {
        const char *key;
        struct span *value;
    } slots[] = {
        {"Credential", &out->credential},
        {"SignedHeaders", &out->signed_names},
        {"Signature", &out->signature},
    };
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        if (span_is(key, slots[i].key)) {
            bool first = slots[i].value->at == NULL;
            *slots[i].value = value;
            return first && value.at != NULL;
        }
    }
    return value.at != NULL;
}

static void read_authorization(struct sigv4_parts *out, struct span value)
{
    struct span rest = value;
    out->scheme = span_cut(&rest, ' ');
    out->is_well_formed = true;
    rest = span_trim(rest);
    while (rest.at != NULL) {
        struct span pair = span_trim(span_cut(&rest, ','));
        out->is_well_formed = read_pair(out, pair) && out->is_well_formed;
    }
    read_credential(out);
}

static bool query_is_signed(struct span query)
{
    while (query.at != NULL) {
        struct span pair = span_cut(&query, '&');
        struct span name = span_cut(&pair, '=');
        if (span_equal_nocase(name, SPAN("X-Amz-Signature")) ||
            span_equal_nocase(name, SPAN("X-Amz-Algorithm"))) {
            return true;
        }
    }
    return false;
}

bool sigv4_is_presigned(struct span target)
{
    return query_is_signed(sigv4_query(target));
}

void sigv4_parts_read(struct sigv4_parts *out, const struct sigv4_request *request)
{
    *out = (struct sigv4_parts){.in_query = sigv4_is_presigned(request->target)};
    for (size_t i = 0; i < request->header_count; i++) {
        if (span_equal_nocase(request->headers[i].name, SPAN("Authorization"))) {
            out->authorizations++;
        }
    }
    struct span authorization = sigv4_header_value(request, "Authorization");
    if (authorization.at != NULL) {
        read_authorization(out, authorization);
    }
    read_date(out, request);
    out->token = sigv4_header_value(request, "X-Amz-Security-Token");
    out->content_sha256 = sigv4_header_value(request, "X-Amz-Content-Sha256");
}
