// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, a parser must tell the same of them whole, byte by byte and cut anywhere,
// must keep the promises of its header, and what it accepts must survive being emitted again. The
// seeds are the vectors of the unit tests.
#include <stdlib.h>

#include "proxy/base/own.h"
#include "proxy/http/emit.h"
#include "tests/unit/http/event_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Cuts that depend on nothing but the bytes, so that a finding can be played again.
static size_t next_cut(uint64_t *state, size_t left)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return 1 + (size_t)(*state >> 33) % (left < 24 ? left : 24);
}

enum feeding { WHOLE, BYTEWISE, CUT };

static void feed(struct event_log *log, struct span rest, enum feeding how)
{
    uint64_t state = rest.len * 31 + (rest.len > 0 ? (unsigned char)rest.at[rest.len / 2] : 0);
    while (rest.len > 0) {
        size_t n = how == WHOLE ? rest.len : how == BYTEWISE ? 1 : next_cut(&state, rest.len);
        event_log_feed(log, span_slice(rest, 0, n));
        rest = span_slice(rest, n, rest.len);
    }
    event_log_finish(log);
}

static void demand(bool held)
{
    if (!held) {
        abort();
    }
}

static void compare_feedings(const struct h1_setup *setup, struct span bytes)
{
    struct event_log logs[3];
    for (int how = WHOLE; how <= CUT; how++) {
        event_log_init(&logs[how], setup);
        feed(&logs[how], bytes, (enum feeding)how);
        demand(logs[how].is_sound);
    }
    demand(span_equal(buf_span(&logs[WHOLE].text), buf_span(&logs[BYTEWISE].text)));
    demand(span_equal(buf_span(&logs[WHOLE].text), buf_span(&logs[CUT].text)));
    for (int how = WHOLE; how <= CUT; how++) {
        event_log_clear(&logs[how]);
    }
}

static enum rc emit(struct buf *out, const struct h1_head *head)
{
    struct h1_fields fields = {.at = head->fields, .count = head->field_count};
    if (head->status != 0) {
        struct h1_response_head response = {.status = head->status,
                                            .reason = head->reason,
                                            .is_http10 = head->minor == 0,
                                            .fields = fields};
        return h1_emit_response(out, &response);
    }
    struct h1_request_head request = {.method = head->method,
                                      .target = head->target,
                                      .is_http10 = head->minor == 0,
                                      .fields = fields};
    return h1_emit_request(out, &request);
}

static void add_head(struct buf *text, const struct h1_head *head)
{
    struct h1_head canonical = *head;
    canonical.minor = head->minor == 0 ? 0 : 1; // emitted as 1.1
    event_log_add_head(text, &canonical);
}

static void check_emitted(enum h1_kind kind, const struct h1_head *head)
{
    // White space that was trimmed off leaves less to read, so the default limits hold again.
    OWN_BUF struct buf emitted = {0};
    OWN_BUF struct buf before = {0};
    OWN_BUF struct buf after = {0};
    demand(emit(&emitted, head) == RC_OK);
    struct h1_parser *p = h1_parser_new(kind, &(struct h1_limits){.max_field_bytes = 1 << 20});
    struct span input = buf_span(&emitted);
    struct span body = {0};
    demand(h1_parser_next(p, &input, &body) == H1_HEAD && input.len == 0);
    add_head(&before, head);
    add_head(&after, h1_parser_head(p));
    demand(span_equal(buf_span(&before), buf_span(&after)));
    h1_parser_free(&p);
}

static void emit_again(enum h1_kind kind, struct span input)
{
    struct h1_parser *p = h1_parser_new(kind, NULL);
    struct span body = {0};
    enum h1_event event = H1_HEAD;
    while (event != H1_NEED_MORE && event != H1_ERROR) {
        event = h1_parser_next(p, &input, &body);
        if (event == H1_HEAD) {
            check_emitted(kind, h1_parser_head(p));
        }
    }
    h1_parser_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = {.at = (const char *)data, .len = size};
    for (const struct h1_setup *setup = H1_SETUPS; setup->name != NULL; setup++) {
        compare_feedings(setup, bytes);
    }
    emit_again(H1_REQUEST, bytes);
    emit_again(H1_RESPONSE, bytes);
    return 0;
}
