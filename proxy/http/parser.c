// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/parser.h"

#include <assert.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/http/chars.h"
#include "proxy/http/chunk.h"
#include "proxy/http/framing.h"
#include "proxy/http/section.h"
#include "proxy/http/start_line.h"

// A machine of a dozen states. A state's function consumes what it understands and gives an event,
// or H1_NEED_MORE when it has none to give; h1_parser_next calls the next state while there is
// input. Lines are judged only when they are whole or too long, and bodies byte by byte, so that no
// decision depends on where the input was cut. Memory is bounded by the limits: a start line, the
// field lines of one head and one trailer section, of which a chunk line uses the room before it.

enum state {
    STATE_IDLE, // between messages
    STATE_START_LINE,
    STATE_FIELDS,
    STATE_BODY_LENGTH,
    STATE_BODY_CLOSE,
    STATE_CHUNK_LINE,
    STATE_CHUNK_DATA,
    STATE_CHUNK_CRLF,
    STATE_TRAILERS,
    STATE_DONE, // complete; H1_END is to be told
    STATE_TUNNEL,
    STATE_FAILED,
};

struct h1_parser {
    enum h1_kind kind;
    enum state state;
    enum h1_answered answered; // responses: by the next final one
    bool skipped_empty;        // an empty line before this request line
    bool saw_cr;               // within STATE_CHUNK_CRLF
    unsigned line;             // of the section, from 1
    uint64_t left;             // bytes of the body, or of the chunk
    uint64_t body;             // bytes of the body so far, announced chunks included
    size_t extensions;         // bytes of chunk extensions so far
    struct h1_limits limits;
    struct h1_notes notes;
    struct h1_head head;
    struct h1_error error;
    struct buf start_line;
    struct h1_section fields;
    struct h1_section trailers;
};

static const struct h1_error ERRORS[] = {
#define H1_FAULT(id, code, sentence)                                                               \
    [H1_FAULT_##id] = {.fault = H1_FAULT_##id, .name = #id, .status = (code), .text = (sentence)},
#include "proxy/http/fault.def"
};

// RFC 9110 15.6.3: to whoever asked, a response that is not HTTP is a bad gateway.
#define STATUS_OF_BAD_RESPONSE 502

static void publish_fields(struct h1_parser *p)
{
    h1_section_publish(&p->fields);
    p->head.fields = p->fields.fields;
    p->head.field_count = p->fields.published;
}

static enum h1_event fail(struct h1_parser *p, enum h1_fault fault, unsigned line)
{
    publish_fields(p);
    p->error = ERRORS[fault];
    p->error.line = line;
    if (p->kind == H1_RESPONSE) {
        p->error.status = STATUS_OF_BAD_RESPONSE;
    }
    p->state = STATE_FAILED;
    return H1_ERROR;
}

static void begin_message(struct h1_parser *p)
{
    buf_reset(&p->start_line);
    h1_section_reset(&p->fields);
    h1_section_reset(&p->trailers);
    p->notes = (struct h1_notes){0};
    p->head = (struct h1_head){0};
    p->line = 1;
    p->body = 0;
    p->extensions = 0;
    p->state = STATE_START_LINE;
}

// Decided at once, since a peer that speaks another protocol may never send a LF. CR and LF are
// left to the line they end.
static enum h1_fault judge_first_byte(enum h1_kind kind, char c)
{
    // RFC 8446 5.1: a record of type handshake.
    if (c == 0x16) {
        return H1_FAULT_TLS;
    }
    bool is_fine = kind == H1_RESPONSE ? c == 'H' : h1_is(c, H1_TOKEN) || c == '\r' || c == '\n';
    return is_fine ? H1_FAULT_NONE : H1_FAULT_FIRST_BYTE;
}

static enum h1_event run_idle(struct h1_parser *p, struct span *input, struct span *body)
{
    (void)body;
    if (input->len == 0) {
        return H1_NEED_MORE;
    }
    begin_message(p);
    enum h1_fault fault = judge_first_byte(p->kind, input->at[0]);
    return fault == H1_FAULT_NONE ? H1_NEED_MORE : fail(p, fault, 1);
}

// RFC 9112 3: a method that is too long is 501, a target that is too long 414.
static enum h1_fault long_start_line(const struct h1_parser *p)
{
    if (p->kind == H1_RESPONSE) {
        return H1_FAULT_STATUS_LINE_LONG;
    }
    bool has_target = memchr(p->start_line.data, ' ', p->start_line.len) != NULL;
    return has_target ? H1_FAULT_TARGET_LONG : H1_FAULT_METHOD_LONG;
}

// RFC 9112 2.2: one empty line before a request line is forgiven, which some old clients sent after
// a body.
static enum h1_event take_empty_line(struct h1_parser *p)
{
    if (p->skipped_empty) {
        return fail(p, H1_FAULT_EMPTY_LINE, 1);
    }
    p->skipped_empty = true;
    p->state = STATE_IDLE;
    return H1_NEED_MORE;
}

static enum h1_event run_start_line(struct h1_parser *p, struct span *input, struct span *body)
{
    (void)body;
    switch (h1_line_take(&p->start_line, 0, p->limits.max_start_line, input)) {
    case H1_LINE_PART:
        return H1_NEED_MORE;
    case H1_LINE_LONG:
        return fail(p, long_start_line(p), 1);
    case H1_LINE_WHOLE:
        break;
    }
    struct span line;
    enum h1_fault fault = h1_line_strip(&p->start_line, 0, &line);
    if (fault == H1_FAULT_NONE && line.len == 0) {
        return take_empty_line(p);
    }
    if (fault == H1_FAULT_NONE) {
        fault = p->kind == H1_REQUEST ? h1_read_request_line(line, &p->head)
                                      : h1_read_status_line(line, &p->head);
    }
    if (fault != H1_FAULT_NONE) {
        return fail(p, fault, 1);
    }
    p->skipped_empty = false;
    p->line = 2;
    p->state = STATE_FIELDS;
    return H1_NEED_MORE;
}

// Where the body begins (RFC 9112 6.3).
static void enter_body(struct h1_parser *p)
{
    p->left = p->head.content_length;
    if (!p->head.has_body) {
        p->state = STATE_DONE;
    } else if (p->head.is_chunked) {
        p->state = STATE_CHUNK_LINE;
    } else {
        p->state = p->head.is_until_close ? STATE_BODY_CLOSE : STATE_BODY_LENGTH;
    }
}

static enum h1_event end_head(struct h1_parser *p)
{
    publish_fields(p);
    enum h1_fault fault =
        h1_decide_framing(&p->notes, p->kind, p->answered, p->limits.max_body, &p->head);
    if (fault != H1_FAULT_NONE) {
        return fail(p, fault, 0);
    }
    // RFC 9110 15.2: the final response to the same request is still to come. 101 is final.
    if (p->head.status >= 200 || p->head.status == 101) {
        p->answered = H1_ANSWERS_OTHER;
    }
    enter_body(p);
    return H1_HEAD;
}

enum field_line { FIELD_PART, FIELD_TAKEN, FIELD_EMPTY, FIELD_FAULT };

// Takes one field line, or the empty one that ends the section, with the limits of that section.
static enum field_line take_field(struct h1_parser *p, struct h1_section *s, struct span *input,
                                  struct h1_field *field, enum h1_fault *fault)
{
    bool is_head = s == &p->fields;
    size_t max = is_head ? p->limits.max_field_bytes : p->limits.max_trailer_bytes;
    struct span line;
    *fault = H1_FAULT_NONE;
    switch (h1_line_take(&s->bytes, s->line_at, max - s->line_at, input)) {
    case H1_LINE_PART:
        return FIELD_PART;
    case H1_LINE_LONG:
        *fault = is_head ? H1_FAULT_FIELDS_LONG : H1_FAULT_TRAILERS_LONG;
        return FIELD_FAULT;
    case H1_LINE_WHOLE:
        break;
    }
    *fault = h1_line_strip(&s->bytes, s->line_at, &line);
    if (*fault == H1_FAULT_NONE && line.len == 0) {
        return FIELD_EMPTY;
    }
    if (*fault == H1_FAULT_NONE) {
        *fault = s->count == p->limits.max_fields ? H1_FAULT_FIELDS_MANY
                                                  : h1_section_add(s, line, field);
    }
    return *fault == H1_FAULT_NONE ? FIELD_TAKEN : FIELD_FAULT;
}

static enum h1_event run_fields(struct h1_parser *p, struct span *input, struct span *body)
{
    (void)body;
    struct h1_field field;
    enum h1_fault fault = H1_FAULT_NONE;
    enum field_line taken = take_field(p, &p->fields, input, &field, &fault);
    if (taken == FIELD_TAKEN) {
        fault = h1_note_field(&p->notes, p->kind, &field);
    }
    if (fault != H1_FAULT_NONE) {
        return fail(p, fault, p->line);
    }
    if (taken == FIELD_EMPTY) {
        return end_head(p);
    }
    p->line += taken == FIELD_TAKEN ? 1 : 0;
    return H1_NEED_MORE;
}

// Hands out as much of the input as left allows; nothing when there is none.
static enum h1_event hand_out(struct h1_parser *p, struct span *input, struct span *body,
                              enum state after)
{
    size_t n = input->len < p->left ? input->len : (size_t)p->left;
    if (n == 0) {
        return H1_NEED_MORE;
    }
    *body = span_slice(*input, 0, n);
    *input = span_slice(*input, n, input->len);
    p->left -= n;
    if (p->left == 0) {
        p->state = after;
    }
    return H1_BODY;
}

static enum h1_event run_body_length(struct h1_parser *p, struct span *input, struct span *body)
{
    return hand_out(p, input, body, STATE_DONE);
}

// What is within the limit is handed out before the first byte beyond it is refused.
static enum h1_event run_body_close(struct h1_parser *p, struct span *input, struct span *body)
{
    p->left = p->limits.max_body - p->body;
    if (p->left == 0 && input->len > 0) {
        return fail(p, H1_FAULT_BODY_LONG, 0);
    }
    enum h1_event event = hand_out(p, input, body, STATE_BODY_CLOSE);
    p->body = p->limits.max_body - p->left;
    return event;
}

static enum h1_event enter_chunk(struct h1_parser *p, const struct h1_chunk *chunk)
{
    if (chunk->extension_bytes > p->limits.max_chunk_extensions - p->extensions) {
        return fail(p, H1_FAULT_CHUNK_EXTENSIONS_LONG, 0);
    }
    p->extensions += chunk->extension_bytes;
    if (chunk->size > p->limits.max_body - p->body) {
        return fail(p, H1_FAULT_BODY_LONG, 0);
    }
    p->body += chunk->size;
    p->left = chunk->size;
    p->line = 1;
    p->state = chunk->size == 0 ? STATE_TRAILERS : STATE_CHUNK_DATA;
    return H1_NEED_MORE;
}

static enum h1_event run_chunk_line(struct h1_parser *p, struct span *input, struct span *body)
{
    (void)body;
    struct buf *bytes = &p->trailers.bytes;
    switch (h1_line_take(bytes, 0, p->limits.max_chunk_line, input)) {
    case H1_LINE_PART:
        return H1_NEED_MORE;
    case H1_LINE_LONG:
        return fail(p, H1_FAULT_CHUNK_LINE_LONG, 0);
    case H1_LINE_WHOLE:
        break;
    }
    struct span line;
    struct h1_chunk chunk = {0};
    enum h1_fault fault = h1_line_strip(bytes, 0, &line);
    if (fault == H1_FAULT_NONE) {
        fault = h1_read_chunk_line(line, &chunk);
    }
    buf_reset(bytes);
    return fault == H1_FAULT_NONE ? enter_chunk(p, &chunk) : fail(p, fault, 0);
}

static enum h1_event run_chunk_data(struct h1_parser *p, struct span *input, struct span *body)
{
    return hand_out(p, input, body, STATE_CHUNK_CRLF);
}

static enum h1_event run_chunk_crlf(struct h1_parser *p, struct span *input, struct span *body)
{
    (void)body;
    while (input->len > 0) {
        if (input->at[0] != (p->saw_cr ? '\n' : '\r')) {
            return fail(p, H1_FAULT_CHUNK_END, 0);
        }
        *input = span_slice(*input, 1, input->len);
        p->saw_cr = !p->saw_cr;
        if (!p->saw_cr) {
            p->state = STATE_CHUNK_LINE;
            break;
        }
    }
    return H1_NEED_MORE;
}

static enum h1_event run_trailers(struct h1_parser *p, struct span *input, struct span *body)
{
    (void)body;
    struct h1_field field;
    enum h1_fault fault = H1_FAULT_NONE;
    enum field_line taken = take_field(p, &p->trailers, input, &field, &fault);
    if (taken == FIELD_TAKEN && h1_is_barred_from_trailers(field.name)) {
        fault = H1_FAULT_TRAILER_FIELD;
    }
    if (fault != H1_FAULT_NONE) {
        return fail(p, fault, p->line);
    }
    p->line += taken == FIELD_TAKEN ? 1 : 0;
    if (taken == FIELD_EMPTY) {
        h1_section_publish(&p->trailers);
        p->state = STATE_DONE;
    }
    return H1_NEED_MORE;
}

static enum h1_event run_done(struct h1_parser *p, struct span *input, struct span *body)
{
    (void)input;
    (void)body;
    p->state = p->head.opens_tunnel ? STATE_TUNNEL : STATE_IDLE;
    return H1_END;
}

static enum h1_event run_tunnel(struct h1_parser *p, struct span *input, struct span *body)
{
    (void)body;
    return input->len == 0 ? H1_NEED_MORE : fail(p, H1_FAULT_TUNNEL, 0);
}

static enum h1_event run_failed(struct h1_parser *p, struct span *input, struct span *body)
{
    (void)p;
    (void)input;
    (void)body;
    return H1_ERROR;
}

typedef enum h1_event run_fn(struct h1_parser *p, struct span *input, struct span *body);

struct state_row {
    run_fn *run;
    bool is_inside;    // of a message
    bool may_end_here; // the connection, without cutting one
};

static const struct state_row STATES[] = {
    [STATE_IDLE] = {run_idle, false, true},
    [STATE_START_LINE] = {run_start_line, true, false},
    [STATE_FIELDS] = {run_fields, true, false},
    [STATE_BODY_LENGTH] = {run_body_length, true, false},
    [STATE_BODY_CLOSE] = {run_body_close, true, true},
    [STATE_CHUNK_LINE] = {run_chunk_line, true, false},
    [STATE_CHUNK_DATA] = {run_chunk_data, true, false},
    [STATE_CHUNK_CRLF] = {run_chunk_crlf, true, false},
    [STATE_TRAILERS] = {run_trailers, true, false},
    [STATE_DONE] = {run_done, true, true},
    [STATE_TUNNEL] = {run_tunnel, false, true},
    [STATE_FAILED] = {run_failed, false, false},
};

static void default_limit(size_t *limit, size_t otherwise)
{
    if (*limit == 0) {
        *limit = otherwise;
    }
}

static struct h1_limits fill_limits(const struct h1_limits *given)
{
    struct h1_limits limits = given == NULL ? (struct h1_limits){0} : *given;
    default_limit(&limits.max_start_line, 8192);
    default_limit(&limits.max_field_bytes, 65536);
    default_limit(&limits.max_fields, H1_MAX_FIELDS);
    default_limit(&limits.max_chunk_line, 1024);
    default_limit(&limits.max_chunk_extensions, 16384);
    default_limit(&limits.max_trailer_bytes, 8192);
    if (limits.max_body == 0) {
        limits.max_body = UINT64_C(16) << 20;
    }
    return limits;
}

struct h1_parser *h1_parser_new(enum h1_kind kind, const struct h1_limits *limits)
{
    struct h1_parser *p = x_alloc(sizeof *p);
    p->kind = kind;
    p->limits = fill_limits(limits);
    p->error = ERRORS[H1_FAULT_NONE];
    return p;
}

void h1_parser_free(struct h1_parser **p)
{
    if (*p != NULL) {
        buf_clear(&(*p)->start_line);
        h1_section_clear(&(*p)->fields);
        h1_section_clear(&(*p)->trailers);
        x_free(*p);
        *p = NULL;
    }
}

enum h1_event h1_parser_next(struct h1_parser *p, struct span *input, struct span *body)
{
    for (;;) {
        enum h1_event event = STATES[p->state].run(p, input, body);
        // STATE_DONE is the only state that has something to tell without input.
        if (event != H1_NEED_MORE || (input->len == 0 && p->state != STATE_DONE)) {
            return event;
        }
    }
}

enum h1_event h1_parser_finish(struct h1_parser *p)
{
    if (p->state == STATE_FAILED) {
        return H1_ERROR;
    }
    if (!STATES[p->state].may_end_here) {
        return fail(p, H1_FAULT_EOF, 0);
    }
    bool was_inside = STATES[p->state].is_inside;
    if (was_inside) {
        p->state = p->head.opens_tunnel ? STATE_TUNNEL : STATE_IDLE;
    }
    return was_inside ? H1_END : H1_CLOSED;
}

void h1_parser_answers(struct h1_parser *p, struct span method)
{
    assert(p->kind == H1_RESPONSE);
    if (span_is(method, "HEAD")) {
        p->answered = H1_ANSWERS_HEAD;
    } else {
        p->answered = span_is(method, "CONNECT") ? H1_ANSWERS_CONNECT : H1_ANSWERS_OTHER;
    }
}

const struct h1_head *h1_parser_head(const struct h1_parser *p)
{
    return &p->head;
}

const struct h1_field *h1_parser_trailers(const struct h1_parser *p, size_t *count)
{
    *count = p->trailers.published;
    return p->trailers.fields;
}

const struct h1_error *h1_parser_error(const struct h1_parser *p)
{
    return &p->error;
}

bool h1_parser_is_inside(const struct h1_parser *p)
{
    return STATES[p->state].is_inside;
}

void h1_parser_rest(struct h1_parser *p)
{
    if (!STATES[p->state].is_inside) {
        buf_clear(&p->start_line);
        h1_section_clear(&p->fields);
        h1_section_clear(&p->trailers);
        p->head = (struct h1_head){0};
    }
}
