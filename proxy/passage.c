// SPDX-License-Identifier: Apache-2.0
// A reply is streamed: what the upstream has sent waits in the exchange's buffer for the fault
// stages to let it pass, and while much waits there the upstream is not read. Only what changes the
// whole of a reply, or cuts it, waits for its end, and not for that of a cut one that is too long.
#include "proxy/passage.h"

#include <stdio.h>

#include "proxy/answer.h"
#include "proxy/base/alloc.h"
#include "proxy/gateway.h"
#include "proxy/http/date.h"
#include "proxy/http/forwarded.h"
#include "proxy/lane_inside.h"
#include "proxy/record.h"
#include "proxy/recorder.h"

// So much of a reply may wait for the client before the upstream is held back.
#define REPLY_ROOM 262144
// Of a reply that has to be whole before it is sent.
#define GATHER_BYTES (16U << 20)
// Of an error's body, to find its name in.
#define ERROR_BYTES 16384

enum mode {
    MODE_STREAM,
    MODE_GATHER,  // the reply is sent when it is whole
    MODE_DISCARD, // a rule answers in its place, after it was executed
};

struct passage {
    struct exchange *x;
    struct forward *forward;
    enum mode mode;
    enum h1_passing passing;
    struct h1_head head; // the final one; its texts live in the forward
    struct buf body;     // gathered, in the framing of `passing`
    struct buf error_body;
    char error_name[128];
    bool is_told;
    struct buf tape; // the body, for the recorder
    bool is_taped;   // it was told
};

static bool edits_head(enum action_verb verb)
{
    return verb == ACTION_DATE_HEADER || verb == ACTION_RETRY_AFTER;
}

// A redirect is an answer, too.
static bool answers_in_place(const struct rule *rule)
{
    bool is_redirect = false;
    for (size_t i = 0; i < rule->action_count; i++) {
        is_redirect = is_redirect || rule->actions[i].verb == ACTION_REDIRECT;
    }
    return is_redirect || rule_answers(rule);
}

enum rc passage_supports(const struct scenario *s, struct diag *d)
{
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct rule *rule = &s->rules[i];
        bool is_in_place = answers_in_place(rule);
        for (size_t a = 0; a < rule->action_count; a++) {
            enum action_verb verb = rule->actions[a].verb;
            if (answer_alters(verb) || (edits_head(verb) && !is_in_place)) {
                return diag_fail_at(d, RC_UNSUPPORTED, s->file, rule->actions[a].place,
                                    "\"%s\" is the stand-in service's doing; an upstream's own "
                                    "reply is passed on as it is",
                                    action_name(verb));
            }
        }
    }
    return RC_OK;
}

bool passage_is_due(const struct exchange *x)
{
    return x->lane->options.upstream != NULL && x->target == TARGET_SERVICE &&
           (x->rule == NULL || x->rule->executes);
}

static void tell(struct passage *p, enum upstream_fault fault, const char *text)
{
    struct exchange *x = p->x;
    if (p->is_told) {
        return;
    }
    p->is_told = true;
    struct passage_facts facts = {.error = upstream_fault_name(fault),
                                  .text = text,
                                  .status = p->head.status,
                                  .is_whole = fault == UPSTREAM_NONE && *text == '\0',
                                  .forward = forward_facts(p->forward)};
    record_upstream(x, &facts);
}

// Once, of what the upstream answered; why: it cannot be replayed, NULL: it can.
static void tell_recorder(struct passage *p, const char *why)
{
    bool is_long = p->tape.len > RECORDER_BODY_BYTES;
    const char *left_out =
        p->x->is_streamed ? "the request was passed on before it was whole" : why;
    struct recorder_reply reply = {.is_made = true,
                                   .status = p->head.status,
                                   .fields = p->head.fields,
                                   .field_count = p->head.field_count,
                                   .body = buf_span(&p->tape),
                                   .left_out = is_long ? "the reply is too long" : left_out};
    if (!p->is_taped) {
        p->is_taped = true;
        recorder_tell(p->x, &reply);
    }
}

static bool knows_length(const struct h1_head *head)
{
    return !head->has_body || (head->has_content_length && !head->is_chunked);
}

// A cut is made in a whole reply, so that the upstream has done its part whatever the client sees;
// but not where that would take too much room.
static bool is_gathered(const struct exchange *x, const struct h1_head *head)
{
    return fault_plan_ends(&x->plan) &&
           !(head->has_body && knows_length(head) && head->content_length > GATHER_BYTES);
}

static void choose_mode(struct passage *p, const struct h1_head *head)
{
    struct exchange *x = p->x;
    bool is_old_client = x->head->minor == 0;
    p->passing = head->is_chunked && is_old_client ? H1_PASS_CLOSE : H1_PASS_AS_IS;
    if (x->rule != NULL && answers_in_place(x->rule)) {
        p->mode = MODE_DISCARD;
    } else if (fault_plan_rewrites(&x->plan)) {
        p->mode = MODE_GATHER;
        p->passing = knows_length(head) ? H1_PASS_AS_IS : H1_PASS_LENGTH;
    } else {
        p->mode = is_gathered(x, head) ? MODE_GATHER : MODE_STREAM;
    }
    bool ends_with_connection =
        p->passing == H1_PASS_CLOSE || (head->is_until_close && p->passing == H1_PASS_AS_IS);
    x->is_last = x->is_last || ends_with_connection || x->state == EXCHANGE_BODY;
}

static void emit_head(struct passage *p, uint64_t length)
{
    struct exchange *x = p->x;
    char date[H1_DATE];
    h1_date(date, lane_wire_us(x->lane));
    struct h1_passed passed = {.passing = p->passing,
                               .length = length,
                               .close = x->is_last || !x->head->keep_alive,
                               .date = span_of(date)};
    h1_forward_response(&x->out, &p->head, &passed);
    x->head_bytes = x->out_base + x->out.len;
}

static void begin_stream(struct passage *p)
{
    struct exchange *x = p->x;
    p->mode = MODE_STREAM;
    emit_head(p, 0);
    x->is_growing = true;
    x->expected_bytes = knows_length(&p->head)
                            ? x->head_bytes + (p->head.has_body ? p->head.content_length : 0)
                            : EXCHANGE_UNKNOWN_BYTES;
    x->ready_us = loop_now_us(x->lane->loop);
    if (knows_length(&p->head) && p->head.content_length < REPLY_ROOM) {
        (void)buf_room(&x->out, p->head.content_length);
    }
    buf_add(&x->out, buf_span(&p->body));
    buf_clear(&p->body);
}

// "UnrecognizedClientException:http://internal.amazon.com/coral/…", with parts left out.
static void keep_name(struct passage *p, struct span text)
{
    struct span rest = text;
    struct span name = span_trim(span_cut(&rest, ':'));
    struct span after = name;
    (void)span_cut(&after, '#');
    name = after.at != NULL ? after : name;
    (void)snprintf(p->error_name, sizeof p->error_name, "%.*s", (int)name.len,
                   name.len == 0 ? "" : name.at);
}

// RFC 9110 15.2: never to a client of HTTP/1.0. With a rule it goes as the final reply does.
static void pass_interim(struct exchange *x, const struct h1_head *head)
{
    if (x->head->minor == 0) {
        return;
    }
    h1_forward_response(&x->out, head, &(struct h1_passed){0});
    if (x->rule == NULL) {
        x->is_growing = true;
        x->expected_bytes = EXCHANGE_UNKNOWN_BYTES;
        x->ready_us = loop_now_us(x->lane->loop);
    }
}

static void on_head(void *arg, const struct h1_head *head)
{
    struct passage *p = arg;
    struct exchange *x = p->x;
    if (head->status < 200) {
        pass_interim(x, head);
        return;
    }
    p->head = *head;
    x->status = head->status;
    x->origin = "upstream";
    x->executed = head->status < 300;
    keep_name(p, h1_value(head, "x-amzn-ErrorType"));
    choose_mode(p, head);
    lane_point(x->lane, LANE_AFTER_COMMIT, x->number);
    if (p->mode == MODE_STREAM) {
        begin_stream(p);
    }
}

static void keep_error(struct passage *p, struct span body)
{
    if (p->head.status >= 400 && p->error_body.len + body.len <= ERROR_BYTES) {
        buf_add(&p->error_body, body);
    }
}

static void on_bytes(void *arg, struct span raw, struct span body)
{
    struct passage *p = arg;
    struct span piece = p->passing == H1_PASS_AS_IS ? raw : body;
    keep_error(p, body);
    if (recorder_wants(p->x) && p->tape.len <= RECORDER_BODY_BYTES) {
        buf_add(&p->tape, body);
    }
    if (p->mode == MODE_STREAM) {
        buf_add(&p->x->out, piece);
    } else if (p->mode == MODE_GATHER) {
        buf_add(&p->body,
                piece); // `paused`, which follows what was read at once, looks at its size
    }
}

static void give_up(struct passage *p, enum upstream_fault fault, const char *text)
{
    struct exchange *x = p->x;
    tell(p, fault, text);
    fault_plan_clear(&x->plan);
    x->rule = NULL; // what it wanted to happen to a reply did not happen
    x->is_last = x->is_last || x->state == EXCHANGE_BODY;
    x->is_growing = false;
    gateway_answer(x, fault, text);
    p->is_taped = true;
    recorder_take(x);
    forward_free(&p->forward);
    exchange_reply(x);
}

static void on_paused(void *arg)
{
    struct passage *p = arg;
    bool is_over = p->mode == MODE_GATHER && p->body.len > GATHER_BYTES;
    if (is_over && fault_plan_rewrites(&p->x->plan)) {
        give_up(p, UPSTREAM_REPLY_SIZE, "");
        return;
    }
    if (is_over) {
        begin_stream(p);
    }
    if (p->x->is_growing) {
        exchange_push(p->x);
    }
}

// The name of an error that only its body says.
static void name_error(struct passage *p)
{
    cJSON *tree = NULL;
    if (p->error_name[0] == '\0' && p->error_body.len > 0 &&
        json_read(&tree, NULL, buf_span(&p->error_body), "", NULL) == RC_OK) {
        keep_name(p, json_span(json_get(tree, "__type")));
    }
    cJSON_Delete(tree);
    p->x->error_name = p->error_name;
}

// By a rule, after the upstream has executed it.
static void answer_in_place(struct passage *p)
{
    answer_make(p->x);
    p->is_taped = true;
    recorder_take(p->x);
    exchange_reply(p->x);
}

static void on_ended(void *arg)
{
    struct passage *p = arg;
    struct exchange *x = p->x;
    name_error(p);
    tell(p, UPSTREAM_NONE, "");
    if (p->mode == MODE_DISCARD) {
        answer_in_place(p);
        return;
    }
    tell_recorder(p, NULL);
    if (p->mode == MODE_STREAM) {
        x->is_growing = false;
        exchange_push(x);
        return;
    }
    emit_head(p, p->body.len);
    buf_add(&x->out, buf_span(&p->body));
    buf_clear(&p->body);
    exchange_reply(x);
}

static void on_failed(void *arg, enum upstream_fault fault, const char *text, bool is_reset)
{
    struct passage *p = arg;
    struct exchange *x = p->x;
    if (p->head.status != 0 && p->mode == MODE_DISCARD) {
        tell(p, fault, text);
        answer_in_place(p); // nobody needs the rest
        return;
    }
    if (p->head.status == 0 || p->mode == MODE_GATHER) {
        give_up(p, fault, text);
        return;
    }
    // The client has its head, or waits for it behind a delay: it sees what we saw.
    name_error(p);
    tell(p, fault, text);
    tell_recorder(p, "the upstream broke off within the reply");
    x->is_growing = false;
    x->breaks_by = is_reset ? NEXT_RST : NEXT_FIN;
    exchange_push(x);
}

static void on_drained(void *arg)
{
    struct passage *p = arg;
    if (!p->x->is_inside_call) {
        p->x->over(p->x->over_arg);
    }
}

void passage_begin(struct exchange *x, bool is_whole)
{
    struct passage *p = x_alloc(sizeof *p);
    struct forward_handler handler = {.drained = on_drained,
                                      .head = on_head,
                                      .bytes = on_bytes,
                                      .paused = on_paused,
                                      .ended = on_ended,
                                      .failed = on_failed,
                                      .arg = p};
    struct lane *lane = x->lane;
    x->passage = p;
    p->x = x;
    if (x->rule != NULL && !answers_in_place(x->rule)) {
        answer_act(x);
    }
    lane_point(lane, LANE_BEFORE_COMMIT, x->number);
    p->forward = forward_begin(lane->loop, lane->options.upstream, lane->options.upstream_reply_us,
                               x->head, buf_span(&x->body), is_whole, &handler);
    if (is_whole) {
        x->state = EXCHANGE_UPSTREAM;
    } else {
        buf_clear(&x->body);
    }
}

void passage_add(struct exchange *x, struct span bytes)
{
    if (x->passage->forward != NULL) {
        forward_add(x->passage->forward, bytes);
    }
}

void passage_end(struct exchange *x)
{
    if (x->state == EXCHANGE_BODY) {
        x->state = EXCHANGE_UPSTREAM;
    }
    if (x->passage->forward != NULL) {
        forward_end(x->passage->forward);
    }
}

bool passage_is_full(const struct exchange *x)
{
    const struct passage *p = x->passage;
    return p != NULL && p->forward != NULL && forward_is_full(p->forward);
}

void passage_settle(struct exchange *x)
{
    size_t sent = x->sent_bytes - x->out_base;
    if (sent >= REPLY_ROOM) {
        buf_consume(&x->out, sent);
        x->out_base = x->sent_bytes;
        sent = 0;
    }
    if (x->passage->forward != NULL) {
        forward_read(x->passage->forward, x->out.len - sent + peer_unsent(x->peer) < REPLY_ROOM);
    }
}

void passage_clear(struct exchange *x)
{
    struct passage *p = x->passage;
    if (p == NULL) {
        return;
    }
    if (p->forward != NULL) {
        tell(p, UPSTREAM_NONE, "given up, as nobody waits for it");
        tell_recorder(p, p->head.status == 0 ? "nobody waited for a reply"
                                             : "nobody waited for the whole reply");
    }
    forward_free(&p->forward);
    buf_clear(&p->body);
    buf_clear(&p->error_body);
    buf_clear(&p->tape);
    x_free(p);
    x->passage = NULL;
    x->is_growing = false;
}
