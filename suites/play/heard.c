// SPDX-License-Identifier: Apache-2.0
// What the client says and does, written down as it comes; the play's next move follows on a later
// turn.
#include "suites/play/play_inside.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

static struct journal *journal(struct play *p)
{
    return lane_journal(p->lane);
}

void heard_begin(struct play *p, const char *what)
{
    (void)journal_begin(journal(p), EVENT_CLIENT);
    journal_text(journal(p), "what", span_of(what));
    journal_int(journal(p), "instance", p->instance);
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

static void record_alert(struct play *p, const struct answer *answer)
{
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_ALERT);
    journal_int(j, "instance", p->instance);
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

static void record_answer(struct play *p, const struct answer *answer)
{
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_ANSWER);
    journal_text(j, "mp", span_of(answer_name(answer->kind)));
    journal_int(j, "instance", p->instance);
    if (answer->step != 0) {
        journal_int(j, "step", answer->step);
    }
    lift_text(p, answer->tree, "id");
    lift_text(p, answer->tree, "state");
    lift_text(p, answer->tree, "record");
    lift_text(p, answer->tree, "reason");
    lift_customer(p, answer->tree);
    OWN_BUF struct buf line = {0};
    json_print(&line, answer->tree);
    journal_raw(j, "line", buf_span(&line));
    (void)journal_end(j);
}

static void on_hello(struct play *p, const struct answer *answer)
{
    if (p->state != PLAY_HELLO) {
        return; // judged as an answer that nobody asked for
    }
    cJSON_Delete(p->supports);
    p->supports = cJSON_Duplicate(json_get(answer->tree, "supports"), 1);
    heard_begin(p, "hello");
    OWN_BUF struct buf words = {0};
    json_print(&words, p->supports);
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
    // DESIGN section 5: it counts so only before the first usage; later it is a failure, and
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
    struct play *p = arg;
    if (answer->kind == ANSWER_ALERT) {
        record_alert(p, answer);
        return;
    }
    record_answer(p, answer);
    if (answer->kind == ANSWER_HELLO) {
        on_hello(p, answer);
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
    struct play *p = arg;
    heard_begin(p, "malformed");
    journal_text(journal(p), "text", span_slice(text, 0, 2000));
    journal_text(journal(p), "expected", span_of(expected));
    heard_end(p);
}

static void on_half_line(void *arg, struct span text)
{
    struct play *p = arg;
    if (p->restart_ordered || p->why != NULL) {
        return; // we cut it: a broken last line is forgiven
    }
    heard_begin(p, "half-line");
    journal_text(journal(p), "text", span_slice(text, 0, 2000));
    heard_end(p);
}

static void on_flood(void *arg, uint64_t bytes)
{
    struct play *p = arg;
    heard_begin(p, "flood");
    journal_int(journal(p), "bytes", (int64_t)bytes);
    heard_end(p);
    play_end_case(p, "exit", "the client wrote more than %llu bytes and was ended",
                  (unsigned long long)bytes);
}

static void on_stdin_closed(void *arg)
{
    struct play *p = arg;
    heard_begin(p, "stdin-closed");
    heard_end(p);
}

void heard_scrub(void *arg, enum client_stream stream, struct span text, struct buf *out)
{
    struct play *p = arg;
    const char *name = journal_finds_secret(journal(p), text);
    if (name != NULL) {
        struct journal *j = journal(p);
        (void)journal_begin(j, EVENT_LEAK);
        journal_text(j, "what", SPAN("secret"));
        journal_text(j, "name", span_of(name));
        journal_text(j, "where", stream == CLIENT_STDOUT ? SPAN("stdout") : SPAN("stderr"));
        (void)journal_end(j);
    }
    journal_redact(journal(p), out, text);
}

void heard_bypass(void *arg, struct span host)
{
    struct play *p = arg;
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_LEAK);
    journal_text(j, "what", tripwire_is_metering(host) ? SPAN("endpoint") : SPAN("outside"));
    journal_text(j, "name", host);
    journal_text(j, "where", SPAN("proxy"));
    (void)journal_end(j);
}

static void record_exit(struct play *p, const struct client_exit *how, bool expected)
{
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_EXIT);
    journal_int(j, "instance", p->instance);
    char text[128];
    client_exit_text(how, text, sizeof text);
    if (how->how == CLIENT_EXITED) {
        journal_int(j, "code", how->code);
    } else if (how->how == CLIENT_SIGNALED) {
        journal_int(j, "signal", how->signal);
    }
    journal_text(j, "text", span_of(text));
    journal_bool(j, "expected", expected);
    (void)journal_end(j);
    if (how->descendants > 0) {
        heard_begin(p, "descendants");
        journal_int(j, "count", how->descendants);
        heard_end(p);
    }
}

static void on_exit_client(void *arg, const struct client_exit *how)
{
    struct play *p = arg;
    bool is_own_end = p->state == PLAY_ALONE && how->how == CLIENT_EXITED && how->code == 0;
    bool expected = p->restart_ordered || p->why != NULL || p->state == PLAY_LEAVING || is_own_end;
    record_exit(p, how, expected);
    if (how->record != RC_OK || !how->contained) {
        p->failure = how->record != RC_OK ? how->record : RC_INTERNAL;
        (void)diag_fail(&p->diag, p->failure, "%s",
                        how->record != RC_OK ? "the client's output could not be kept"
                                             : "a process of the client could not be ended");
    }
    if (is_own_end) {
        play_end_case(p, "done", "the client did its work and ended");
    } else if (!expected && how->how == CLIENT_EXITED && how->code == PROTOCOL_EXIT_UNSUPPORTED &&
               !p->has_asked_usage) {
        play_end_case(p, "unsupported", "the client exited with code 89: it does not support this");
    } else if (!expected) {
        char text[128];
        client_exit_text(how, text, sizeof text);
        play_end_case(p, "exit", "the client %s before it was asked to", text);
    }
    play_soon(p);
}

struct client_observer heard_observer(struct play *p)
{
    return (struct client_observer){.on_answer = on_answer,
                                    .on_malformed = on_malformed,
                                    .on_half_line = on_half_line,
                                    .on_flood = on_flood,
                                    .on_stdin_closed = on_stdin_closed,
                                    .on_exit = on_exit_client,
                                    .arg = p};
}
