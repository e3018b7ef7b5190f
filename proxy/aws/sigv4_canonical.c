// SPDX-License-Identifier: Apache-2.0
// IAM User Guide, "Create a signed AWS API request", steps 1 to 3:
//   method \n canonical URI \n canonical query \n canonical headers \n signed headers \n body hash
#include "proxy/aws/sigv4_canonical.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/digest.h"

// RFC 3986 2.3: these, and only these, are not encoded.
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void add_encoded(struct buf *b, char c)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;
    if (is_unreserved(c)) {
        buf_add_char(b, c);
    } else {
        buf_add_char(b, '%');
        buf_add_char(b, DIGITS[byte >> 4]);
        buf_add_char(b, DIGITS[byte & 15]);
    }
}

static void drop_last_segment(struct buf *b, size_t start)
{
    while (b->len > start && b->data[b->len - 1] != '/') {
        b->len--;
    }
    if (b->len > start) {
        b->len--;
    }
}

// The path is normalised (RFC 3986 5.2.4, and empty segments fall away) and encoded once more than
// it was sent: all services but S3 encode twice.
static void add_path(struct buf *b, struct span path)
{
    size_t start = b->len;
    struct span rest = path;
    bool ends_open = true;
    while (rest.at != NULL) {
        struct span segment = span_cut(&rest, '/');
        ends_open = segment.len == 0 || span_is(segment, ".") || span_is(segment, "..");
        if (span_is(segment, "..")) {
            drop_last_segment(b, start);
        }
        if (ends_open) {
            continue;
        }
        buf_add_char(b, '/');
        for (size_t i = 0; i < segment.len; i++) {
            add_encoded(b, segment.at[i]);
        }
    }
    if (ends_open || b->len == start) {
        buf_add_char(b, '/');
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Decodes what was encoded and encodes what must be, so that every spelling gives one text.
static void add_query_part(struct buf *b, struct span part)
{
    for (size_t i = 0; i < part.len; i++) {
        int high = part.at[i] == '%' && i + 2 < part.len ? hex_digit(part.at[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(part.at[i + 2]) : -1;
        if (low >= 0) {
            add_encoded(b, (char)(high * 16 + low));
            i += 2;
        } else {
            add_encoded(b, part.at[i]);
        }
    }
}

struct parameter {
    size_t name_at, name_len, value_at, value_len; // in the buffer
    const struct buf *texts;
};

static struct span part_of(const struct parameter *p, size_t at, size_t len)
{
    return span_slice(buf_span(p->texts), at, at + len);
}

static int compare_spans(struct span a, struct span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_name_and_value(const void *left, const void *right)
{
    const struct parameter *a = left;
    const struct parameter *b = right;
    int order =
        compare_spans(part_of(a, a->name_at, a->name_len), part_of(b, b->name_at, b->name_len));
    return order != 0 ? order
                      : compare_spans(part_of(a, a->value_at, a->value_len),
                                      part_of(b, b->value_at, b->value_len));
}

static struct parameter encode_parameter(struct buf *texts, struct span pair)
{
    struct span value = pair;
    struct span name = span_cut(&value, '=');
    struct parameter p = {.texts = texts, .name_at = texts->len};
    add_query_part(texts, name);
    p.name_len = texts->len - p.name_at;
    p.value_at = texts->len;
    add_query_part(texts, value);
    p.value_len = texts->len - p.value_at;
    return p;
}

static void add_query(struct buf *b, struct span query)
{
    struct buf texts = {0};
    struct parameter *list = NULL;
    size_t count = 0;
    size_t capacity = 0;
    while (query.at != NULL && query.len > 0) {
        struct span pair = span_cut(&query, '&');
        if (pair.len > 0) {
            X_GROW(list, count, capacity);
            list[count++] = encode_parameter(&texts, pair);
        }
    }
    if (count > 0) {
        qsort(list, count, sizeof *list, by_name_and_value);
    }
    for (size_t i = 0; i < count; i++) {
        buf_add_text(b, i == 0 ? "" : "&");
        buf_add(b, part_of(&list[i], list[i].name_at, list[i].name_len));
        buf_add_char(b, '=');
        buf_add(b, part_of(&list[i], list[i].value_at, list[i].value_len));
    }
    x_free(list);
    buf_clear(&texts);
}

// Without blanks at the ends, and every run of blanks inside as one space, also within quotes.
static void add_collapsed(struct buf *b, struct span value)
{
    value = span_trim(value);
    for (size_t i = 0; i < value.len; i++) {
        bool blank = value.at[i] == ' ' || value.at[i] == '\t';
        if (!blank) {
            buf_add_char(b, value.at[i]);
        } else if (value.at[i - 1] != ' ' && value.at[i - 1] != '\t') {
            buf_add_char(b, ' ');
        }
    }
}

// Several headers of one name become one value, joined by commas in the order of the request.
static void add_header(struct buf *b, const struct sigv4_request *request, struct span name,
                       bool redacted)
{
    bool is_secret = redacted && span_equal_nocase(name, SPAN("x-amz-security-token"));
    bool first = true;
    buf_add(b, name);
    buf_add_char(b, ':');
    for (size_t i = 0; i < request->header_count; i++) {
        const struct sigv4_header *h = &request->headers[i];
        if (!span_equal_nocase(h->name, name)) {
            continue;
        }
        buf_add_text(b, first ? "" : ",");
        first = false;
        if (is_secret) {
            buf_addf(b, "[%zu bytes]", h->value.len);
        } else {
            add_collapsed(b, h->value);
        }
    }
    buf_add_char(b, '\n');
}

const char *sigv4_body_sha256(char scratch[SHA256_HEX], const struct sigv4_request *request)
{
    if (request->body_sha256 != NULL) {
        return request->body_sha256;
    }
    sha256_hex(scratch, request->body);
    return scratch;
}

void sigv4_add_canonical(struct buf *b, const struct sigv4_request *request,
                         const struct sigv4_parts *parts, bool redacted)
{
    char hash[SHA256_HEX];
    buf_add(b, request->method);
    buf_add_char(b, '\n');
    add_path(b, sigv4_path(request->target));
    buf_add_char(b, '\n');
    add_query(b, sigv4_query(request->target));
    buf_add_char(b, '\n');
    for (struct span names = parts->signed_names; names.at != NULL;) {
        add_header(b, request, span_cut(&names, ';'), redacted);
    }
    buf_add_char(b, '\n');
    buf_add(b, parts->signed_names);
    buf_add_char(b, '\n');
    if (span_is(parts->content_sha256, "UNSIGNED-PAYLOAD")) {
        buf_add(b, parts->content_sha256);
    } else {
        buf_add_text(b, sigv4_body_sha256(hash, request));
    }
}

void sigv4_add_string_to_sign(struct buf *b, const struct sigv4_parts *parts,
                              struct span canonical_request)
{
    char hash[SHA256_HEX];
    char date[SIGV4_DATE_TEXT];
    sha256_hex(hash, canonical_request);
    sigv4_date_format(date, parts->signed_us);
    buf_add_text(b, SIGV4_ALGORITHM "\n");
    buf_add_text(b, date);
    buf_add_char(b, '\n');
    // The credential's scope is what follows the access key.
    buf_add(b, span_slice(parts->credential, parts->key_id.len + 1, parts->credential.len));
    buf_add_char(b, '\n');
    buf_add_text(b, hash);
}

bool sigv4_is_signed(const struct sigv4_parts *parts, struct span name)
{
    for (struct span names = parts->signed_names; names.at != NULL;) {
        if (span_equal_nocase(span_cut(&names, ';'), name)) {
            return true;
        }
    }
    return false;
}

static bool is_lower(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] >= 'A' && name.at[i] <= 'Z') {
            return false;
        }
    }
    return name.len > 0;
}

bool sigv4_names_are_ordered(const struct sigv4_parts *parts)
{
    struct span before = {.at = NULL, .len = 0};
    for (struct span names = parts->signed_names; names.at != NULL;) {
        struct span name = span_cut(&names, ';');
        if (!is_lower(name) || compare_spans(before, name) >= 0) {
            return false;
        }
        before = name;
    }
    return before.at != NULL;
}
