// SPDX-License-Identifier: Apache-2.0
// The invariant of registrations by RegisterUsage, as `money` is that of usage: nobody says
// registered before the service has said so, nobody says denied whom nothing has refused, and both
// words are final. What a reply, or a forged token, must lead to is the case's own to say.
#include "suites/oracle/oracle.h"

#include <inttypes.h>
#include <string.h>

// One answer to a register step, and the life of the process that gave it.
struct claim {
    const struct event *event;
    unsigned instance;
    int64_t step;
    uint64_t born; // when that process was started; 0: it ran before the case
};

static struct claim claim_of(const struct facts *f, const struct event *e)
{
    struct claim c = {.event = e,
                      .instance = (unsigned)json_get_int(e->json, "instance", 1),
                      .step = json_get_int(e->json, "step", -1)};
    for (size_t i = 0; i < f->starts_count; i++) {
        bool is_its = f->starts[i].instance == c.instance && f->starts[i].seq < e->seq;
        c.born = is_its ? f->starts[i].seq : c.born;
    }
    return c;
}

static bool is_registration(const struct event *e)
{
    return strcmp(fact_text(e->json, "mp"), "register") == 0;
}

static bool is_final(const char *state)
{
    return strcmp(state, "registered") == 0 || strcmp(state, "denied") == 0;
}

static bool was_asked(const struct facts *f, const struct claim *c)
{
    for (size_t i = 0; i < f->sents_count; i++) {
        const struct sent_fact *s = &f->sents[i];
        if (s->step == c->step && s->instance == c->instance && s->seq < c->event->seq &&
            strcmp(s->sends, "register") == 0) {
            return true;
        }
    }
    return false;
}

// A call of that life, made before the claim. Calls do not say which process makes them: any does.
static bool is_within(const struct exchange_fact *x, const struct claim *c)
{
    return x->seq > c->born && x->seq < c->event->seq && strcmp(x->operation, "RegisterUsage") == 0;
}

// What the service executed and said itself, whole, before the claim.
static bool confirms(const struct exchange_fact *x, const struct claim *c)
{
    return x->commit != NULL && json_is_true(json_get(x->response, "whole")) &&
           strcmp(fact_text(x->response, "origin"), "rule") != 0 && x->response_seq < c->event->seq;
}

// After "come back later" alone nobody is denied. Any other failure may end a container (seller
// guide, container-metering-registerusage), and a success may bear a token that does not hold.
static bool gives_ground(const struct exchange_fact *x)
{
    bool is_whole = json_is_true(json_get(x->response, "whole"));
    return !is_whole || !reply_throttles(json_get_int(x->response, "status", 0),
                                         fact_text(x->response, "error"));
}

// While connections are refused no call is seen.
static bool met_refusal(const struct facts *f, const struct claim *c)
{
    for (size_t i = 0; f->evidence->events[i].seq < c->event->seq; i++) {
        const struct event *e = &f->evidence->events[i];
        if (e->kind == EVENT_REFUSE && e->seq > c->born) {
            return true;
        }
    }
    return false;
}

static bool is_registered(const struct facts *f, const struct claim *c)
{
    for (size_t i = 0; i < f->exchanges_count; i++) {
        if (is_within(&f->exchanges[i], c) && confirms(&f->exchanges[i], c)) {
            return true;
        }
    }
    return false;
}

static bool is_denied(const struct facts *f, const struct claim *c)
{
    for (size_t i = 0; i < f->exchanges_count; i++) {
        if (is_within(&f->exchanges[i], c) && gives_ground(&f->exchanges[i])) {
            return true;
        }
    }
    return met_refusal(f, c);
}

static void judge_word(struct findings *out, const struct facts *f, const struct claim *c)
{
    const char *state = fact_text(c->event->json, "state");
    unsigned line = c->event->line;
    if (strcmp(state, "registered") == 0 && !is_registered(f, c)) {
        findings_add(out, FINDING_BAD, line,
                     "The client said registered at line %u, and since its launch no whole reply "
                     "of the service had said so.",
                     line);
    } else if (strcmp(state, "denied") == 0 && !is_denied(f, c)) {
        findings_add(out, FINDING_BAD, line,
                     "The client said denied at line %u, and since its launch nothing had refused "
                     "it.",
                     line);
    }
}

// The first final word about the same step, if this one differs. Steps are counted for all
// processes. Who meters by MeterUsage may cease to serve later: the guide gives it two hours of
// failures until then.
static void judge_change(struct findings *out, const struct facts *f, const struct claim *c,
                         bool may_cease)
{
    const char *state = fact_text(c->event->json, "state");
    for (size_t i = 0; f->evidence->events[i].seq < c->event->seq; i++) {
        const struct event *e = &f->evidence->events[i];
        const char *said = fact_text(e->json, "state");
        if (is_registration(e) && json_get_int(e->json, "step", -1) == c->step && is_final(said)) {
            bool ceases = may_cease && strcmp(state, "denied") == 0;
            if (strcmp(said, state) != 0 && !ceases) {
                findings_add(out, FINDING_BAD, c->event->line,
                             "The client said %s at line %u, which is final, and %s at line %u.",
                             said, e->line, state, c->event->line);
            }
            return;
        }
    }
}

void invariant_registration(struct findings *out, const struct facts *f)
{
    // Where the client registers by MeterUsage, what its answer rests on is the case's to say.
    bool by_register_usage = strcmp(f->profile, "container-hourly") == 0;
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *e = &f->evidence->events[i];
        if (!is_registration(e)) {
            continue;
        }
        struct claim c = claim_of(f, e);
        if (!was_asked(f, &c)) {
            findings_add(out, FINDING_BAD, e->line,
                         "The client answered registration %" PRId64
                         " at line %u, which it was not asked.",
                         c.step, e->line);
            continue;
        }
        if (by_register_usage) {
            judge_word(out, f, &c);
        }
        judge_change(out, f, &c, !by_register_usage);
    }
}
