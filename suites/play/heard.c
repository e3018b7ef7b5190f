// SPDX-License-Identifier: Apache-2.0
// What the client says and does, written down as it comes; the play's next move follows on a later
// turn.
#include "suites/play/play_inside.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "suites/client/attach_answer.h"
#include "suites/play/page.h"

static struct journal *journal(struct play *p)
{
    return lane_journal(p->lane);
}

void heard_begin(struct seat *seat, const char *what)
{
    struct journal *j = journal(seat->play);
    (void)journal_begin(j, EVENT_CLIENT);
    journal_text(j, "what", span_of(what));
    journal_int(j, "instance", seat->number);
}

void heard_end(struct play *p)
{
    (void)journal_end(journal(p));
}

static struct asked *find_asked(struct play *p, const char *id)
{
    for (size_t i = 0; id != NULL && i < p->asked_count; i++) {
        if (strcmp(p->asked[i].id, id) == 0) {
            return &p->asked[i];
        }
    }
    return NULL;
}

static void lift_text(struct play *p, const cJSON *tree, const char *key)
{
    const char *text = json_get_text(tree, key);
    if (text != NULL) {
        journal_text(journal(p), key, span_of(text));
    }
}

static void record_alert(struct seat *seat, const struct answer *answer)
{
    struct play *p = seat->play;
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_ALERT);
    journal_int(j, "instance", seat->number);
    OWN_BUF struct buf about = {0};
    const cJSON *list = json_get(answer->tree, "about");
    if (list != NULL) {
        json_print(&about, list);
        journal_raw(j, "about", buf_span(&about));
    }
    journal_text(j, "text", json_span(json_get(answer->tree, "text")));
    (void)journal_end(j);
}

// Whom the client means, by our symbol where it names one of the world's customers in any way.
static void lift_customer(struct play *p, const cJSON *tree)
{
    struct span said = json_span(json_get(tree, "customer"));
    if (said.len == 0) {
        return;
    }
    const struct world *world = lane_world(p->lane);
    const struct world_customer *c = world_customer_by_identifier(world, said);
    c = c != NULL ? c : world_customer_by_account(world, said);
    c = c != NULL ? c : world_customer_by_license(world, said);
    journal_text(journal(p), "customer", c != NULL ? span_of(c->symbol) : said);
}

static bool bears(struct span text, const struct world_token *token)
{
    OWN_BUF struct buf encoded = {0};
    page_encode(&encoded, span_of(token->value));
    return span_has(text, span_of(token->value)) || span_has(text, buf_span(&encoded));
}

// The next of the world's tokens that the text bears, as it is or percent-encoded; NULL: none.
// *from counts the tokens that were looked for, and starts at 0.
static const struct world_token *next_token(struct play *p, struct span text, size_t *from)
{
    const struct world *world = lane_world(p->lane);
    const struct world_token *token = NULL;
    while ((token = world_token_at(world, *from)) != NULL) {
        (*from)++;
        if (bears(text, token)) {
            return token;
        }
    }
    return NULL;
}

static void add_tokens(struct play *p, struct span text, struct buf *symbols)
{
    size_t from = 0;
    const struct world_token *token = NULL;
    while ((token = next_token(p, text, &from)) != NULL) {
        buf_add_char(symbols, symbols->len == 0 ? '[' : ',');
        buf_add_json_string(symbols, span_of(token->symbol));
    }
}

// The facts of a page's reply: its status, and the registration tokens that its cookies bear.
static void lift_page(struct play *p, const cJSON *tree)
{
    OWN_BUF struct buf symbols = {0};
    const cJSON *headers = json_get(tree, "headers");
    const cJSON *header = NULL;
    journal_int(journal(p), "status", json_get_int(tree, "status", 0));
    if (!cJSON_IsObject(headers)) {
        return; // a client that does not tell what its page set
    }
    cJSON_ArrayForEach(header, headers)
    {
        OWN_BUF struct buf value = {0};
        if (span_equal_nocase(span_of(header->string), SPAN("Set-Cookie"))) {
            json_print(&value, header);
            add_tokens(p, buf_span(&value), &symbols);
        }
    }
    buf_add_text(&symbols, symbols.len == 0 ? "[]" : "]");
    journal_raw(journal(p), "cookie_tokens", buf_span(&symbols));
}

static void record_answer(struct seat *seat, const struct answer *answer)
{
    struct play *p = seat->play;
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_ANSWER);
    journal_text(j, "mp", span_of(answer_name(answer->kind)));
    journal_int(j, "instance", seat->number);
    if (answer->step != 0) {
        journal_int(j, "step", answer->step);
    }
    lift_text(p, answer->tree, "id");
    lift_text(p, answer->tree, "state");
    lift_text(p, answer->tree, "record");
    lift_text(p, answer->tree, "reason");
    lift_customer(p, answer->tree);
    if (answer->kind == ANSWER_PAGE) {
        lift_page(p, answer->tree);
    }
    OWN_BUF struct buf line = {0};
    json_print(&line, answer->tree);
    journal_raw(j, "line", buf_span(&line));
    (void)journal_end(j);
}

static void on_hello(struct seat *seat, const struct answer *answer)
{
    struct play *p = seat->play;
    if (p->state != PLAY_HELLO || p->seat != seat) {
        return; // judged as an answer that nobody asked for
    }
    cJSON_Delete(seat->supports);
    seat->supports = cJSON_Duplicate(json_get(answer->tree, "supports"), 1);
    p->resolves_by_page = json_is_true(json_get(answer->tree, ATTACH_BY_PAGE));
    heard_begin(seat, "hello");
    OWN_BUF struct buf words = {0};
    json_print(&words, seat->supports);
    journal_raw(journal(p), "supports", buf_span(&words));
    heard_end(p);
    if (!step_needs_more(p, p->text, sizeof p->text)) {
        p->state = PLAY_NEXT;
    } else if (p->why == NULL) {
        p->why = "unsupported";
    }
    play_soon(p);
}

static void on_unsupported(struct play *p, const struct answer *answer)
{
    // It counts so only before the first usage; later it is a failure, and
    // judged.
    if (!p->has_asked_usage) {
        play_end_case(p, "unsupported", "the client says that it cannot do step %u", answer->step);
    } else {
        step_line_done(p, answer->step);
    }
}

static void on_answer(void *arg, struct span line, const struct answer *answer)
{
    (void)line;
    struct seat *seat = arg;
    struct play *p = seat->play;
    if (answer->kind == ANSWER_ALERT) {
        record_alert(seat, answer);
        return;
    }
    record_answer(seat, answer);
    if (answer->kind == ANSWER_HELLO) {
        on_hello(seat, answer);
    } else if (answer->kind == ANSWER_DONE) {
        step_line_done(p, answer->step);
    } else if (answer->kind == ANSWER_UNSUPPORTED) {
        on_unsupported(p, answer);
    } else if (answer->kind == ANSWER_USAGE && find_asked(p, answer->id) != NULL) {
        find_asked(p, answer->id)->state = answer->state;
    }
}

static void on_malformed(void *arg, struct span text, const char *expected)
{
    struct seat *seat = arg;
    struct play *p = seat->play;
    heard_begin(seat, "malformed");
    journal_text(journal(p), "text", span_slice(text, 0, 2000));
    journal_text(journal(p), "expected", span_of(expected));
    heard_end(p);
}

static void on_half_line(void *arg, struct span text)
{
    struct seat *seat = arg;
    struct play *p = seat->play;
    if (seat->restart_ordered || p->why != NULL) {
        return; // we cut it: a broken last line is forgiven
    }
    heard_begin(seat, "half-line");
    journal_text(journal(p), "text", span_slice(text, 0, 2000));
    heard_end(p);
}

static void on_flood(void *arg, uint64_t bytes)
{
    struct seat *seat = arg;
    struct play *p = seat->play;
    heard_begin(seat, "flood");
    journal_int(journal(p), "bytes", (int64_t)bytes);
    heard_end(p);
    play_end_case(p, "exit", "the client wrote more than %llu bytes and was ended",
                  (unsigned long long)bytes);
}

static void on_stdin_closed(void *arg)
{
    struct seat *seat = arg;
    struct play *p = seat->play;
    heard_begin(seat, "stdin-closed");
    heard_end(p);
}

static void record_leak(struct play *p, struct span what, struct span name, struct span where)
{
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_LEAK);
    journal_text(j, "what", what);
    journal_text(j, "name", name);
    journal_text(j, "where", where);
    (void)journal_end(j);
}

static struct span stream_name(enum client_stream stream)
{
    return stream == CLIENT_STDOUT ? SPAN("stdout") : SPAN("stderr");
}

// A line of the client's own log that bears a registration token: a fact, which a case may judge.
// Hardly any log does, so all that was read is looked at before its lines are.
static void find_logged_tokens(struct play *p, enum client_stream stream, struct span text)
{
    size_t first = 0;
    if (next_token(p, text, &first) == NULL) {
        return;
    }
    while (text.len > 0) {
        struct span line = span_cut(&text, '\n');
        size_t from = first - 1;
        const struct world_token *token = next_token(p, line, &from);
        bool is_answer = stream == CLIENT_STDOUT && span_starts(line, SPAN("{")) &&
                         span_has(line, SPAN("\"mp\""));
        if (token != NULL && !is_answer) {
            record_leak(p, SPAN("token"), span_of(token->symbol), stream_name(stream));
        }
    }
}

void heard_scrub(void *arg, enum client_stream stream, struct span text, struct buf *out)
{
    struct play *p = ((struct seat *)arg)->play;
    const char *name = journal_finds_secret(journal(p), text);
    if (name != NULL) {
        record_leak(p, SPAN("secret"), span_of(name), stream_name(stream));
    }
    find_logged_tokens(p, stream, text);
    journal_redact(journal(p), out, text);
}

void heard_bypass(void *arg, struct span host, bool is_carried)
{
    struct span what = is_carried ? SPAN("request") : SPAN("outside");
    record_leak(arg, tripwire_is_metering(host) ? SPAN("endpoint") : what, host, SPAN("proxy"));
}

static void record_exit(struct seat *seat, const struct client_exit *how, bool expected)
{
    struct play *p = seat->play;
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_EXIT);
    journal_int(j, "instance", seat->number);
    char text[640];
    client_exit_text(how, text, sizeof text);
    if (how->how == CLIENT_EXITED) {
        journal_int(j, "code", how->code);
    } else if (how->how == CLIENT_SIGNALED) {
        journal_int(j, "signal", how->signal);
    } else if (how->how == CLIENT_UNREACHABLE) {
        journal_bool(j, "unreachable", true);
    } else if (how->how == CLIENT_DETACHED) {
        journal_bool(j, "runs_on", true);
    }
    journal_text(j, "text", span_of(text));
    journal_bool(j, "expected", expected);
    (void)journal_end(j);
    if (how->descendants > 0) {
        heard_begin(seat, "descendants");
        journal_int(j, "count", how->descendants);
        heard_end(p);
    }
}

// A container that is not entitled may end instead of answering a `register` step.
static bool may_exit(const struct play *p, const struct seat *seat)
{
    const struct step *step = play_step(p);
    return p->state == PLAY_STEP && p->seat == seat && step != NULL &&
           step->verb == STEP_REGISTER && json_is_true(json_get(step->args, "may_exit"));
}

static void on_exit_client(void *arg, const struct client_exit *how)
{
    struct seat *seat = arg;
    struct play *p = seat->play;
    bool is_own_end = p->state == PLAY_ALONE && how->how == CLIENT_EXITED && how->code == 0;
    bool expected =
        seat->restart_ordered || p->why != NULL || p->state == PLAY_LEAVING || is_own_end;
    record_exit(seat, how, expected);
    if (how->record != RC_OK || !how->contained) {
        p->failure = how->record != RC_OK ? how->record : RC_INTERNAL;
        (void)diag_fail(&p->diag, p->failure, "%s",
                        how->record != RC_OK ? "the client's output could not be kept"
                                             : "a process of the client could not be ended");
    }
    if (is_own_end) {
        play_end_case(p, "done", "the client did its work and ended");
    } else if (!expected && may_exit(p, seat)) {
        play_end_case(p, "done", "the client ended instead of answering, as the case allows");
    } else if (!expected && how->how == CLIENT_EXITED && how->code == PROTOCOL_EXIT_UNSUPPORTED &&
               !p->has_asked_usage) {
        play_end_case(p, "unsupported", "the client exited with code 89: it does not support this");
    } else if (how->how == CLIENT_UNREACHABLE) {
        p->is_unreachable = true;
        play_end_case(p, how->is_ours ? "harness" : "exit", "%s", how->why);
    } else if (!expected) {
        char text[640];
        client_exit_text(how, text, sizeof text);
        play_end_case(p, "exit", "the client %s before it was asked to", text);
    }
    play_soon(p);
}

struct client_observer heard_observer(struct seat *seat)
{
    return (struct client_observer){.on_answer = on_answer,
                                    .on_malformed = on_malformed,
                                    .on_half_line = on_half_line,
                                    .on_flood = on_flood,
                                    .on_stdin_closed = on_stdin_closed,
                                    .on_exit = on_exit_client,
                                    .arg = seat};
}
