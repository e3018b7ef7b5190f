// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/wire.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "tests/mutants/mend.h"
#include "tests/mutants/proxy.h"

#define PLAIN_JSON "application/json"
#define MAX_REPLY (4u << 20)

// Cuts "http://127.0.0.1:4711/path" into its parts.
static enum rc read_endpoint(struct wire *w, const char *url)
{
    struct span rest = span_of(url);
    w->is_secure = span_starts(rest, SPAN("https://"));
    if (!w->is_secure && !span_starts(rest, SPAN("http://"))) {
        return RC_MISSING;
    }
    rest = span_slice(rest, strlen(w->is_secure ? "https://" : "http://"), rest.len);
    struct span authority = span_cut(&rest, '/');
    (void)snprintf(w->host, sizeof w->host, "%.*s", (int)authority.len, authority.at);
    (void)snprintf(w->path, sizeof w->path, "/%.*s", (int)rest.len, rest.len == 0 ? "" : rest.at);
    struct span name = span_cut(&authority, ':');
    (void)snprintf(w->name, sizeof w->name, "%.*s", (int)name.len, name.at);
    (void)snprintf(w->port, sizeof w->port, "%.*s", (int)authority.len,
                   authority.len == 0 ? "" : authority.at);
    return w->port[0] == '\0' ? RC_MISSING : RC_OK;
}

static void init(struct wire *w, const struct variants *variants)
{
    *w = (struct wire){.variants = variants,
                       .credentials.variants = variants,
                       .channel = CHANNEL_CLOSED,
                       .trust.variants = variants};
}

enum rc wire_open(struct wire *w, const struct variants *variants)
{
    init(w, variants);
    const char *url = getenv("AWS_ENDPOINT_URL_MARKETPLACE_METERING");
    w->key = (struct sign_key){
        .region = variants->on[BUG_FIXED_REGION] ? "us-east-1" : getenv("AWS_REGION"),
        .service = variants->on[BUG_WRONG_SCOPE] ? "metering.marketplace" : "aws-marketplace",
    };
    bool has_keys = credentials_from_environment(&w->key) || credentials_have_role();
    if (url == NULL || w->key.region == NULL || !has_keys) {
        return RC_MISSING;
    }
    return read_endpoint(w, url);
}

void wire_close(struct wire *w)
{
    channel_close(&w->channel);
    trust_clear(&w->trust);
    credentials_clear(&w->credentials);
}

// Adds one header line unless value is NULL.
static void add_header(struct buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        buf_addf(out, "%s: %s\r\n", name, value);
    }
}

static bool keeps_connection(const struct wire *w)
{
    return w->variants->on[LEGAL_KEEP_ALIVE] || w->variants->on[BUG_STALE_CONNECTION];
}

static void add_sdk_headers(struct buf *out, const struct wire *w)
{
    buf_add_text(out, "User-Agent: mutant/1 api/marketplace-metering\r\n"
                      "amz-sdk-request: attempt=1; max=1\r\n");
    buf_addf(out, "amz-sdk-invocation-id: %08x-0000-4000-8000-%012llx\r\n", (unsigned)getpid(),
             w->calls);
}

// The head of the request; field names and their order carry no meaning (RFC 9110 5.1, 5.3).
static void render_head(struct buf *out, const struct wire *w, const struct sign_request *r,
                        struct sign_result *signature)
{
    bool lower = w->variants->on[LEGAL_LOWER_HEADERS];
    OWN_BUF struct buf length = {0};
    buf_addf(&length, "%zu", r->body.len);
    OWN(text) char *length_text = buf_take_text(&length);
    OWN(text) char *authorization = buf_take_text(&signature->authorization);
    bool is_absolute = w->is_secure && proxy_takes_request(w->variants, w->name);
    buf_addf(out, "POST %s%s%s HTTP/1.1\r\n", is_absolute ? "https://" : "",
             is_absolute ? w->host : "", r->path);
    if (lower) {
        add_header(out, "authorization", authorization);
    }
    add_header(out, lower ? "host" : "Host", r->host);
    add_header(out, lower ? "x-amz-target" : "X-Amz-Target", r->target);
    add_header(out, lower ? "content-type" : "Content-Type", r->content_type);
    add_header(out, lower ? "x-amz-date" : "X-Amz-Date", signature->date);
    add_header(out, lower ? "x-amz-security-token" : "X-Amz-Security-Token", w->key.session_token);
    add_header(out, "x-amz-content-sha256", r->with_content_hash ? signature->hash : NULL);
    if (!lower) {
        add_header(out, "Authorization", authorization);
    }
    if (!w->variants->on[LEGAL_NO_SDK_HEADERS]) {
        add_sdk_headers(out, w);
    }
    add_header(out, lower ? "content-length" : "Content-Length", length_text);
    add_header(out, "Connection", keeps_connection(w) ? NULL : "close");
    buf_add_text(out, "\r\n");
}

// The value of a field in the head; the empty span when it is not there.
static struct span head_field(struct span head, struct span name)
{
    while (head.len > 0) {
        struct span line = span_cut(&head, '\n');
        struct span field = span_cut(&line, ':');
        if (span_equal_nocase(field, name)) {
            if (line.len > 0 && line.at[line.len - 1] == '\r') {
                line.len--;
            }
            return span_trim(line);
        }
    }
    return (struct span){0};
}

// Where the body begins, or 0 while the head is not whole.
static size_t head_length(struct span in)
{
    for (size_t i = 3; i < in.len; i++) {
        if (memcmp(in.at + i - 3, "\r\n\r\n", 4) == 0) {
            return i + 1;
        }
    }
    return 0;
}

// Copies a whole chunked body (RFC 9112 7.1); false while its last chunk has not come.
static bool decode_chunks(struct buf *out, struct span in)
{
    buf_reset(out);
    for (;;) {
        struct span rest = in;
        struct span line = span_cut(&rest, '\n');
        if (rest.at == NULL) {
            return false;
        }
        char size_text[20];
        (void)snprintf(size_text, sizeof size_text, "%.*s", (int)line.len, line.at);
        size_t size = (size_t)strtoul(size_text, NULL, 16);
        if (size == 0) {
            return span_has(in, SPAN("\r\n\r\n"));
        }
        if (size > rest.len) {
            return false;
        }
        buf_add(out, span_slice(rest, 0, size));
        in = span_slice(rest, size + 2, rest.len);
    }
}

static void keep_field(struct buf *out, struct span head, struct span name)
{
    buf_reset(out);
    buf_add(out, head_field(head, name));
}

// Takes the reply out of what was received; false while it is not whole. ended: nothing more comes.
static bool take_reply(const struct wire *w, struct wire_reply *reply, struct span in, bool ended)
{
    size_t head_len = head_length(in);
    struct span head = span_slice(in, 0, head_len);
    struct span rest = head;
    (void)span_cut(&rest, ' ');
    uint64_t status = 0;
    if (head_len == 0 || !span_to_u64(span_slice(rest, 0, 3), 599, &status)) {
        return false;
    }
    struct span body = span_slice(in, head_len, in.len);
    struct span length = head_field(head, SPAN("content-length"));
    uint64_t expected = 0;
    reply->status = (int)status;
    keep_field(&reply->error_type, head, SPAN("x-amzn-errortype"));
    keep_field(&reply->media_type, head, SPAN("content-type"));
    keep_field(&reply->location, head, SPAN("location"));
    keep_field(&reply->date, head, SPAN("date"));
    uint64_t after = 0;
    if (span_to_u64(head_field(head, SPAN("x-amz-retry-after")), 60000, &after)) {
        reply->retry_after_ms = (unsigned)after;
    } else if (span_to_u64(head_field(head, SPAN("retry-after")), 60, &after)) {
        reply->retry_after_ms = (unsigned)after * 1000;
    }
    if (span_equal_nocase(head_field(head, SPAN("transfer-encoding")), SPAN("chunked"))) {
        return decode_chunks(&reply->body, body);
    }
    bool is_told = length.len > 0 && !(ended && w->variants->on[LEGAL_LENIENT_LENGTH]);
    if (is_told) {
        if (!span_to_u64(length, MAX_REPLY, &expected) || body.len < expected) {
            return false;
        }
        buf_add(&reply->body, span_slice(body, 0, (size_t)expected));
        return true;
    }
    // RFC 9112 6.3: without a length the body ends with the connection.
    if (ended) {
        buf_add(&reply->body, body);
    }
    return ended;
}

static void receive_reply(struct wire *w, struct wire_reply *reply)
{
    OWN_BUF struct buf in = {0};
    bool more = true;
    while (more) {
        more = in.len <= MAX_REPLY && channel_receive(&w->channel, &in);
        if (in.len > 0 && take_reply(w, reply, buf_span(&in), !more && !w->channel.is_cut)) {
            reply->delivery = DELIVERY_WHOLE;
            return;
        }
        more = more && !w->variants->on[BUG_FIRST_READ];
    }
    bool is_believed = w->channel.is_cut && w->variants->on[BUG_BELIEVES_CUT];
    if (is_believed && reply->status == 200) {
        reply->delivery = DELIVERY_WHOLE;
        reply->is_believed = true;
    }
}

// Over the connection that is kept, or a new one.
static enum channel_failure connect_once(struct wire *w)
{
    if (w->channel.fd >= 0) {
        return CHANNEL_OPEN;
    }
    enum channel_failure failure =
        channel_open(&w->channel, &w->trust, w->name, w->port, w->is_secure);
    if (failure == CHANNEL_UNTRUSTED && w->variants->on[BUG_DOWNGRADES]) {
        failure = channel_open(&w->channel, &w->trust, w->name, w->port, false);
    }
    return failure;
}

static void send_and_receive(struct wire *w, struct span request, struct wire_reply *reply)
{
    enum channel_failure failure = connect_once(w);
    reply->is_unled = failure == CHANNEL_UNLED;
    reply->is_untrusted = failure == CHANNEL_UNTRUSTED;
    if (failure != CHANNEL_OPEN) {
        return;
    }
    // Once a byte is out nobody can tell what the service has seen.
    reply->delivery = DELIVERY_LOST;
    if (channel_send(&w->channel, request)) {
        receive_reply(w, reply);
    }
    bool is_usable = reply->delivery == DELIVERY_WHOLE || w->variants->on[BUG_STALE_CONNECTION];
    if (!is_usable || !keeps_connection(w)) {
        channel_close(&w->channel);
    }
}

// The bug follow-redirects: the same bytes, signature and all, go to wherever the reply points.
static void follow(struct wire *w, struct span request, struct wire_reply *reply)
{
    struct wire elsewhere = *w;
    elsewhere.channel = CHANNEL_CLOSED;
    OWN(text) char *location = buf_take_text(&reply->location);
    if (read_endpoint(&elsewhere, location) == RC_OK) {
        send_and_receive(&elsewhere, request, reply);
    }
    channel_close(&elsewhere.channel);
    w->trust = elsewhere.trust;
}

static void call_once(struct wire *w, struct sign_request *request, struct wire_reply *reply)
{
    *reply = (struct wire_reply){.delivery = DELIVERY_NONE};
    int64_t now_us = time(NULL) * US_PER_S + w->skew_us;
    if (credentials_get(&w->credentials, now_us, &w->key) != RC_OK) {
        reply->has_no_keys = true;
        return;
    }
    request->at_s = now_us / US_PER_S;
    w->calls++;
    struct sign_result signature;
    sign(&signature, request, &w->key);
    OWN_BUF struct buf out = {0};
    render_head(&out, w, request, &signature);
    buf_clear(&signature.authorization);
    buf_add(&out, request->body);

    send_and_receive(w, buf_span(&out), reply);
    if (reply->status / 100 == 3 && w->variants->on[BUG_FOLLOW_REDIRECTS]) {
        follow(w, buf_span(&out), reply);
    }
}

void wire_call(struct wire *w, const char *operation, struct span body, struct wire_reply *reply)
{
    char target[64];
    (void)snprintf(target, sizeof target, "AWSMPMeteringService.%s", operation);
    struct sign_request request = {
        .host = w->host,
        .path = w->path,
        .content_type = w->variants->on[BUG_PLAIN_JSON] ? PLAIN_JSON : WIRE_MEDIA_TYPE,
        .target = target,
        .body = body,
        .with_content_hash = w->variants->on[LEGAL_CONTENT_HASH],
    };
    call_once(w, &request, reply);
    if (mend(w, operation, reply)) {
        wire_reply_clear(reply);
        call_once(w, &request, reply);
    }
}

void wire_ask(const struct variants *variants, const struct wire_question *question,
              struct wire_reply *reply)
{
    struct wire w;
    init(&w, variants);
    *reply = (struct wire_reply){.delivery = DELIVERY_NONE};
    if (question->url == NULL || read_endpoint(&w, question->url) != RC_OK) {
        return;
    }
    OWN_BUF struct buf out = {0};
    buf_addf(&out, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", question->method, w.path,
             w.host);
    buf_addf(&out, "Content-Length: %zu\r\n%s\r\n", question->body.len,
             question->headers == NULL ? "" : question->headers);
    buf_add(&out, question->body);
    send_and_receive(&w, buf_span(&out), reply);
    wire_close(&w);
}

void wire_reply_clear(struct wire_reply *reply)
{
    buf_clear(&reply->error_type);
    buf_clear(&reply->media_type);
    buf_clear(&reply->location);
    buf_clear(&reply->date);
    buf_clear(&reply->body);
}
