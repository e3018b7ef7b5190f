// SPDX-License-Identifier: Apache-2.0
// An exchange is one request on its way through the house: read, matched, executed, answered,
// faulted, recorded. It knows its connection only as something to send to.
#ifndef PROXY_EXCHANGE_H
#define PROXY_EXCHANGE_H

#include "proxy/aws/request.h"
#include "proxy/aws/sigv4.h"
#include "proxy/base/digest.h"
#include "proxy/fault/fault.h"
#include "proxy/http/parser.h"
#include "proxy/identity/target.h"
#include "proxy/net/peer.h"
#include "proxy/scenario/rules.h"
#include "proxy/service/service.h"

struct lane;
struct passage;
struct tunnel;
struct port;

// Of a reply that has no length before its end: more than any has.
#define EXCHANGE_UNKNOWN_BYTES ((size_t)1 << 40)

// What is awaited.
enum exchange_state {
    EXCHANGE_BODY,     // the rest of the request, of which a rule may hold something back
    EXCHANGE_UPSTREAM, // its reply, or more of it
    EXCHANGE_TIME,     // the moment at which more may be sent
    EXCHANGE_KERNEL,   // the kernel to take, or the client to acknowledge, what was sent
    EXCHANGE_CLIENT,   // nothing: a hang; only the client can end it
    EXCHANGE_OVER      // answered, or cut
};

// How the connection goes on after an exchange.
enum exchange_next {
    NEXT_REQUEST,
    NEXT_FIN,
    NEXT_RST,
    NEXT_GONE // the client is gone: nothing can follow
};

// What the connection is after a CONNECT.
enum exchange_becomes { EXCHANGE_BECOMES_NOTHING, EXCHANGE_BECOMES_TLS, EXCHANGE_BECOMES_TUNNEL };

struct exchange {
    enum exchange_state state;
    enum exchange_next next;
    uint64_t number, connection;
    uint64_t nth_connection; // of those to the same target
    uint64_t nth_head;       // of requests to the service that name the same operation
    uint64_t first_era, era; // of the lane, when it began and when it was read whole
    struct lane *lane;
    enum target target; // whom the client asks
    struct peer *peer;
    void (*over)(void *arg); // it came to its end, or can read on, outside a call of the owner's
    void *over_arg;
    bool is_inside_call;
    bool is_last;     // the connection cannot go on after it
    bool is_streamed; // the request is passed on before it is whole

    // The request
    const struct h1_head *head; // lives in the connection's parser
    struct buf body;
    char body_sha256[SHA256_HEX]; // "" until exchange_body_sha256 is asked
    enum operation operation;
    struct aws_request request;
    struct aws_violation violation; // of the service model, or of the protocol
    struct sigv4_result signature;
    struct buf signature_text;      // after a mismatch: our canonical request and string to sign
    struct subject_record *records; // in the request's arena; one per record
    struct span *payers;            // in the request's arena: who pays for each record
    struct span invocation;
    unsigned attempt;

    // What the scenario says
    const struct rule *rule;
    uint64_t rule_index;
    struct record_directive *directives; // owned; one per record, or NULL: all as they are
    struct fault_plan plan;
    bool fault_told;
    bool is_early;     // it was answered before its body was read
    size_t read_bytes; // of the request, behind its head

    // The reply
    struct service_reply reply;
    bool executed;
    int status;
    const char *error_name; // "" for none; borrowed
    const char *origin;     // "service" "identity" "rule" "proxy" "recording" "upstream"
    struct buf out;
    size_t head_bytes, sent_bytes;
    struct tunnel *tunnel; // owned; NULL unless the client is to be led to another host
    enum exchange_becomes becomes;
    struct passage *passage; // owned; NULL unless the upstream is, or was, asked
    size_t out_base;         // bytes of the reply before those in out
    bool is_growing;         // more of the reply comes from the upstream
    size_t expected_bytes;   // then: of all of it
    enum exchange_next
        breaks_by;    // NEXT_FIN or NEXT_RST after what is there: the upstream broke off
    int64_t ready_us; // monotonic
    bool reply_begun, response_told;
    bool promises_more;   // the reply's framing, than the body has
    bool has_half_closed; // the client's FIN came while it waited
    struct loop_timer timer;
};

// Begins with a head; head is borrowed until the exchange is cleared. over is called, with arg,
// when the exchange ends, or can read on, later than within one of the calls below.
void exchange_init(struct exchange *x, const struct port *port, struct peer *peer,
                   const struct h1_head *head, uint64_t connection, void (*over)(void *arg),
                   void *arg);
// Nothing is told any more; memory is released.
void exchange_clear(struct exchange *x);

void exchange_add_body(struct exchange *x, struct span bytes);
// Whether no more of the body can be taken for now; `over` is called when it can.
bool exchange_is_full(const struct exchange *x);
// The head is complete: a rule of the phase `head` may act now, and then the exchange is over or
// held, or its request is read as exchange_may_read says.
void exchange_run_head(struct exchange *x);
// How many of *count bytes behind the head may be read now; less are made of *count. False: none,
// and not even the request's end may be noticed. When it holds something back, `over` is called in
// time.
bool exchange_may_read(struct exchange *x, size_t *count);
// So many were read.
void exchange_note_read(struct exchange *x, size_t count);
// The request is complete.
void exchange_run(struct exchange *x);
// The request was no HTTP: answered with the error's status, then the connection ends.
void exchange_refuse(struct exchange *x, const struct h1_error *error);
// The reply in x->out is whole: the plan acts on it and it is sent.
void exchange_reply(struct exchange *x);
// More of a growing reply is in x->out, or all of it: sends what the plan lets pass.
void exchange_push(struct exchange *x);
// The kernel has taken everything that was sent.
void exchange_sent(struct exchange *x);
// The client closed or reset the connection; nobody waits for the reply any more.
void exchange_abandoned_by_client(struct exchange *x, enum peer_end how);
// The connection is reset at once, and no more of the reply is sent.
void exchange_cut(struct exchange *x);
// Of the body in hex; made once, as the signature and the journal both need it.
const char *exchange_body_sha256(struct exchange *x);
bool exchange_is_over(const struct exchange *x);

#endif
