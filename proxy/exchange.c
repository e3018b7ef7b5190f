// SPDX-License-Identifier: Apache-2.0
// Sending is one loop: ask the plan how far the reply may go, send so much, and see what is awaited
// next: the kernel, a moment, the client, or nothing.
#include "proxy/exchange.h"

#include "proxy/answer.h"
#include "proxy/base/alloc.h"
#include "proxy/decode.h"
#include "proxy/lane_inside.h"
#include "proxy/passage.h"
#include "proxy/record.h"
#include "proxy/recorder.h"
#include "proxy/rerun.h"
#include "proxy/route.h"

// How often the kernel is asked whether the client has acknowledged.
#define ACK_POLL_US 500

static void on_time(void *arg);

void exchange_init(struct exchange *x, const struct port *port, struct peer *peer,
                   const struct h1_head *head, uint64_t connection, void (*over)(void *arg),
                   void *arg)
{
    struct lane *lane = port->lane;
    *x = (struct exchange){.lane = lane,
                           .target = route_target(port, head),
                           .peer = peer,
                           .head = head,
                           .connection = connection,
                           .number = ++lane->exchanges,
                           .first_era = lane->era,
                           .era = lane->era,
                           .over = over,
                           .over_arg = arg,
                           .error_name = "",
                           .origin = "proxy"};
    lane->requests += x->target == TARGET_SERVICE ? 1 : 0;
    loop_timer_init(&x->timer, lane->loop, on_time, x);
}

void exchange_clear(struct exchange *x)
{
    loop_timer_stop(&x->timer);
    passage_clear(x);
    route_clear(x);
    buf_clear(&x->body);
    buf_clear(&x->signature_text);
    buf_clear(&x->out);
    aws_request_clear(&x->request);
    service_reply_clear(&x->reply);
    fault_plan_clear(&x->plan);
    x_free(x->directives);
    x->records = NULL;
    x->directives = NULL;
}

bool exchange_is_over(const struct exchange *x)
{
    return x->state == EXCHANGE_OVER;
}

// May hand the exchange to its owner, who may clear it: nothing of x is touched after this.
static void finish(struct exchange *x, enum exchange_next next)
{
    if (x->state == EXCHANGE_OVER) {
        return;
    }
    x->state = EXCHANGE_OVER;
    x->next = next == NEXT_REQUEST && x->is_last ? NEXT_FIN : next;
    loop_timer_stop(&x->timer);
    if (!x->is_inside_call) {
        x->over(x->over_arg);
    }
}

static void tell_fault(struct exchange *x)
{
    // An idle connection is closed later, by its owner, and told then.
    if (x->rule != NULL && !x->fault_told && fault_plan_idle_us(&x->plan) < 0) {
        x->fault_told = true;
        record_fault(x);
    }
}

// Of the reply, as far as it is there.
static size_t reply_bytes(const struct exchange *x)
{
    return x->out_base + x->out.len;
}

static void tell_response(struct exchange *x, bool whole)
{
    if (!x->response_told && x->sent_bytes > 0) {
        x->response_told = true;
        record_response(x, whole);
        lane_point(x->lane, LANE_AFTER_REPLY, x->number);
    }
}

static void await_time(struct exchange *x, enum exchange_state state, int64_t delay_us)
{
    x->state = state;
    loop_timer_start(&x->timer, delay_us);
}

// Waits for the client's acknowledgement, which can fail to come only when the client is gone.
static void await_client(struct exchange *x)
{
    if (peer_is_gone(x->peer)) {
        tell_response(x, x->sent_bytes == reply_bytes(x)); // of an early one nothing was told yet
        finish(x, NEXT_GONE);
    } else {
        await_time(x, EXCHANGE_KERNEL, ACK_POLL_US);
    }
}

// The cut that the plan asks for, at this byte. RST waits until the client has what was sent
// before.
static void cut(struct exchange *x, enum fault_end end)
{
    x->becomes = EXCHANGE_BECOMES_NOTHING; // of a CONNECT whose answer did not come whole
    bool is_good = x->promises_more || !fault_plan_rewrites(&x->plan);
    tell_response(x, is_good && !x->is_growing && x->sent_bytes == reply_bytes(x));
    if (end == FAULT_HANG && x->has_half_closed) {
        // Nothing more will be heard of this client, not even that it is gone.
        tell_fault(x);
        finish(x, NEXT_FIN);
    } else if (end == FAULT_HANG) {
        x->state = EXCHANGE_CLIENT;
        tell_fault(x);
    } else if (x->sent_bytes > 0 && !peer_is_acknowledged(x->peer)) {
        await_client(x);
    } else {
        tell_fault(x);
        finish(x, end == FAULT_RST ? NEXT_RST : NEXT_FIN);
    }
}

// The answer is with the client; what it still sends of its request is read, and told of first.
static void read_on(struct exchange *x)
{
    x->state = EXCHANGE_BODY;
    if (!x->is_inside_call) {
        x->over(x->over_arg);
    }
}

static void complete(struct exchange *x)
{
    bool reads_on = x->is_early && !x->is_last;
    if (!reads_on) {
        tell_response(x, true);
    }
    bool may_be_lost = x->rule != NULL || refusal_is_on(&x->lane->refusal, x->target);
    if (may_be_lost && !peer_is_acknowledged(x->peer)) {
        await_client(x);
        return;
    }
    if (reads_on) {
        read_on(x);
        return;
    }
    tell_fault(x);
    finish(x, NEXT_REQUEST);
}

static struct fault_say ask(const struct exchange *x)
{
    struct fault_view view = {.elapsed_us = loop_now_us(x->lane->loop) - x->ready_us,
                              .head_bytes = x->head_bytes,
                              .total_bytes = x->is_growing ? x->expected_bytes : reply_bytes(x),
                              .sent_bytes = x->sent_bytes};
    return fault_plan_ask(&x->plan, &view);
}

static void send_up_to(struct exchange *x, size_t limit)
{
    limit = limit < reply_bytes(x) ? limit : reply_bytes(x);
    if (limit <= x->sent_bytes) {
        return;
    }
    if (!x->reply_begun) {
        x->reply_begun = true;
        lane_point(x->lane, LANE_BEFORE_REPLY, x->number);
        if (x->state == EXCHANGE_OVER) {
            return; // cut by the observer
        }
    }
    struct span part =
        span_slice(buf_span(&x->out), x->sent_bytes - x->out_base, limit - x->out_base);
    x->sent_bytes = limit;
    peer_send(x->peer, part);
}

// The upstream broke off: the client sees as much of the reply, and the same end.
static void break_off(struct exchange *x)
{
    tell_response(x, false);
    if (x->sent_bytes > 0 && !peer_is_acknowledged(x->peer)) {
        await_client(x); // RST would take away what the client has not read
    } else {
        finish(x, x->breaks_by);
    }
}

// Whether the plan has nothing to say before more of the reply comes.
static bool awaits_upstream(const struct exchange *x, const struct fault_say *say)
{
    bool is_due = say->limit > x->sent_bytes;
    return x->is_growing && (is_due || (say->end == FAULT_GO_ON && say->wake_us == 0));
}

void exchange_push(struct exchange *x)
{
    if (x->state == EXCHANGE_OVER) {
        return; // the upstream does not know yet
    }
    bool was_inside = x->is_inside_call;
    struct fault_say say = ask(x);
    x->is_inside_call = true; // peer_send may call exchange_sent
    send_up_to(x, say.limit);
    x->is_inside_call = was_inside;
    if (x->passage != NULL) {
        passage_settle(x);
    }
    if (x->state == EXCHANGE_OVER) {
        if (!was_inside) {
            x->over(x->over_arg);
        }
    } else if (peer_unsent(x->peer) > 0) {
        x->state = EXCHANGE_KERNEL;
    } else if (awaits_upstream(x, &say)) {
        loop_timer_stop(&x->timer);
        x->state = EXCHANGE_UPSTREAM;
    } else if (x->breaks_by != NEXT_REQUEST && x->sent_bytes == reply_bytes(x)) {
        break_off(x);
    } else if (say.end != FAULT_GO_ON) {
        cut(x, say.end);
    } else if (say.wake_us != 0) {
        int64_t elapsed_us = loop_now_us(x->lane->loop) - x->ready_us;
        await_time(x, EXCHANGE_TIME, say.wake_us - elapsed_us);
    } else {
        complete(x);
    }
}

static void on_time(void *arg)
{
    struct exchange *x = arg;
    if (x->state == EXCHANGE_BODY) {
        x->over(x->over_arg); // more of the request may be read
    } else {
        exchange_push(x);
    }
}

void exchange_sent(struct exchange *x)
{
    if (x->state == EXCHANGE_KERNEL && !x->is_inside_call) {
        exchange_push(x);
    }
}

void exchange_abandoned_by_client(struct exchange *x, enum peer_end how)
{
    // What the upstream has not answered yet no rule has acted on.
    bool is_due = x->state != EXCHANGE_UPSTREAM || x->is_growing;
    if (x->is_early) {
        tell_response(x, x->sent_bytes == x->out.len); // nothing of the request will tell it
    }
    if (x->is_early && x->state == EXCHANGE_BODY) {
        tell_fault(x);
    } else if (x->rule != NULL && is_due) {
        bool is_silence = x->rule->kind == FAULT_SILENCE;
        bool has_all = how == PEER_EOF && x->response_told && peer_is_acknowledged(x->peer);
        if (is_silence || has_all) {
            tell_fault(x); // the client gave up in the silence, or closed after the last byte
        }
    }
    x->has_half_closed = true;
    bool may_still_read =
        how == PEER_EOF && x->state != EXCHANGE_BODY && x->state != EXCHANGE_CLIENT;
    if (!may_still_read) {
        x->state = EXCHANGE_OVER;
        loop_timer_stop(&x->timer);
    }
}

void exchange_cut(struct exchange *x)
{
    if (x->state != EXCHANGE_OVER) {
        x->state = EXCHANGE_OVER;
        x->next = NEXT_RST;
        loop_timer_stop(&x->timer);
    }
}

static struct subject subject_of(const struct exchange *x, enum phase phase)
{
    const struct world_token *token =
        x->request.registration_token.len > 0
            ? world_token_by_value(x->lane->world, x->request.registration_token)
            : NULL;
    return (struct subject){
        .phase = phase,
        .operation = x->operation,
        .target = span_of(target_name(x->target)),
        .records = x->records,
        .record_count = x->records == NULL ? 0 : x->request.count,
        .region = span_of(x->signature.region),
        .credential =
            span_of(x->signature.credential == NULL ? NULL : x->signature.credential->name),
        .token = span_of(token == NULL ? NULL : token->symbol),
        .is_dry_run = x->request.dry_run,
        .has_nonce = x->request.nonce.len > 0,
        .attempt = x->attempt,
        // Those of the service are numbered: others must not shift them.
        .invocation = x->target == TARGET_SERVICE ? x->invocation : (struct span){0},
        .connection = x->nth_connection,
        .service_us = lane_service_us(x->lane),
    };
}

static void on_rule_met(void *arg, const struct rule *rule, uint64_t index, double drew, bool won)
{
    record_match(arg, rule, index, drew, won);
}

static void choose(struct exchange *x, enum phase phase)
{
    if (x->lane->rules == NULL) {
        return;
    }
    struct subject subject = subject_of(x, phase);
    x->rule = rules_choose(x->lane->rules, &subject, on_rule_met, x, &x->rule_index);
    if (x->rule == NULL) {
        return;
    }
    struct draw draw = lane_draw(x->lane, span_of(x->rule->name), x->rule_index);
    // lane_supports has made every plan once, so this one cannot fail.
    enum rc rc = fault_plan_init(&x->plan, x->rule->actions, x->rule->action_count, &draw, NULL);
    (void)rc;
}

// A rule may look at whom the head names as its signer; that is believed only until it is verified.
static void choose_by_head(struct exchange *x)
{
    if (x->lane->rules == NULL) {
        return;
    }
    decode_claim(x);
    choose(x, PHASE_HEAD);
    x->signature = (struct sigv4_result){.error = AWS_ERROR_NONE};
}

void exchange_run_head(struct exchange *x)
{
    decode_head(x);
    if (x->target == TARGET_PROXY) {
        return; // it has no body that could wait
    }
    if (x->target == TARGET_SERVICE) {
        x->nth_head = ++x->lane->heads[x->operation];
    }
    choose_by_head(x);
    x->is_early = x->rule != NULL && rule_answers(x->rule);
    if (x->is_early) {
        answer_early(x, x->rule->actions, x->rule->action_count);
    }
    recorder_tell_head(x);
    rerun_head(x);
    x->ready_us = loop_now_us(x->lane->loop);
    if (x->is_early || fault_plan_cut_at(&x->plan) == FAULT_BEFORE_REQUEST) {
        x->is_inside_call = true;
        exchange_push(x); // where nothing is answered, the plan cuts at byte 0
        x->is_inside_call = false;
    }
}

// The request was read late or slowly; from here on it is one like others.
static void end_intake(struct exchange *x)
{
    if (fault_plan_is_active(&x->plan) || x->rule != NULL) {
        loop_timer_stop(&x->timer);
        tell_fault(x);
        fault_plan_clear(&x->plan);
        x->rule = NULL;
        x->fault_told = false;
    }
}

// It was answered before it was read; whatever it was, nothing follows from it.
static void end_early(struct exchange *x)
{
    tell_response(x, true);
    tell_fault(x);
    finish(x, NEXT_REQUEST);
}

static void rewrite(struct exchange *x)
{
    struct fault_reply reply = {.bytes = &x->out, .head_bytes = x->head_bytes};
    if (!fault_plan_rewrite(&x->plan, &reply)) {
        x->status = 0;
        x->error_name = "";
        x->origin = "rule";
    }
    x->head_bytes = reply.head_bytes;
    x->promises_more = reply.promises_more;
}

void exchange_reply(struct exchange *x)
{
    if (x->state != EXCHANGE_OVER) {
        rewrite(x);
        x->ready_us = loop_now_us(x->lane->loop);
        exchange_push(x);
    }
}

// A CONNECT, in whose answer a rule has its say: its own, or what it makes of ours.
static void choose_way(struct exchange *x)
{
    choose(x, PHASE_REQUEST);
    if (x->rule != NULL && !x->rule->executes) {
        answer_make(x);
        exchange_reply(x);
        return;
    }
    if (x->rule != NULL) {
        answer_act(x);
    }
    route_connect(x);
}

static void choose_answer(struct exchange *x, bool is_whole)
{
    if (x->target == TARGET_PROXY) {
        choose_way(x);
        return;
    }
    if (route_refuses(x)) {
        return;
    }
    choose(x, PHASE_REQUEST);
    if (passage_is_due(x)) {
        passage_begin(x, is_whole);
        return;
    }
    x->is_last = x->is_last || !is_whole;
    answer_make(x);
    recorder_take(x);
    exchange_reply(x);
}

void exchange_run(struct exchange *x)
{
    x->is_inside_call = true;
    if (x->passage != NULL) {
        passage_end(x);
        x->is_inside_call = false;
        return;
    }
    x->era = x->lane->era;
    x->lane->last_request_us = loop_now_us(x->lane->loop);
    if (!x->is_early) {
        end_intake(x);
    }
    // What is no call of the service is none of ours to judge when another server answers it.
    bool is_other = x->lane->options.upstream != NULL && x->operation == OPERATION_NONE;
    if (x->target == TARGET_SERVICE && !is_other) {
        decode_request(x);
    }
    record_request(x);
    if (x->is_early) {
        end_early(x);
    } else {
        choose_answer(x, true);
    }
    x->is_inside_call = false;
}

// A request too long to be whole before it is passed on. Nothing is known of its records.
static void run_early(struct exchange *x)
{
    x->era = x->lane->era;
    x->lane->last_request_us = loop_now_us(x->lane->loop);
    x->is_streamed = true;
    record_request(x);
    choose_answer(x, false);
}

void exchange_add_body(struct exchange *x, struct span bytes)
{
    x->is_inside_call = true;
    if (x->passage != NULL) {
        passage_add(x, bytes);
    } else {
        buf_add(&x->body, bytes);
        bool may_stream = x->rule == NULL && !x->is_early && x->target == TARGET_SERVICE;
        if (x->body.len > PASSAGE_WHOLE_BYTES && may_stream && x->lane->options.upstream != NULL) {
            run_early(x);
        }
    }
    x->is_inside_call = false;
}

bool exchange_is_full(const struct exchange *x)
{
    return passage_is_full(x);
}

void exchange_refuse(struct exchange *x, const struct h1_error *error)
{
    x->is_inside_call = true;
    x->is_last = true; // what follows on this connection cannot be framed
    passage_clear(x);  // nor can the upstream be told the rest of it
    if (x->is_early) {
        record_unreadable(x, error);
        end_early(x);
    } else {
        end_intake(x);
        record_unreadable(x, error);
        answer_refuse(x, error);
        exchange_reply(x);
    }
    x->is_inside_call = false;
}
