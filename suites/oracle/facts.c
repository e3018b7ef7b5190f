// SPDX-License-Identifier: Apache-2.0
#include "suites/oracle/facts.h"

#include <string.h>

#include "proxy/base/instant.h"

static const char *const WORDS[] = {[WORD_NONE] = "no word",
                                    [WORD_PENDING] = "pending",
                                    [WORD_UNKNOWN] = "unknown",
                                    [WORD_METERED] = "metered",
                                    [WORD_REJECTED] = "rejected"};

const char *word_name(enum word word)
{
    return WORDS[word];
}

enum word word_find(const char *text)
{
    for (int w = WORD_PENDING; text != NULL && w <= WORD_REJECTED; w++) {
        if (strcmp(WORDS[w], text) == 0) {
            return (enum word)w;
        }
    }
    return WORD_NONE;
}

const char *fact_text(const cJSON *object, const char *key)
{
    const char *text = json_get_text(object, key);
    return text == NULL ? "" : text;
}

const char *fact_who(const cJSON *object)
{
    static const char *const MODELS[] = {"customer:", "license:"};
    const char *payer = fact_text(object, "payer");
    if (*payer == '\0') {
        return fact_text(object, "customer");
    }
    for (size_t i = 0; i < sizeof MODELS / sizeof MODELS[0]; i++) {
        size_t len = strlen(MODELS[i]);
        if (strncmp(payer, MODELS[i], len) == 0) {
            return payer + len;
        }
    }
    return payer;
}

bool account_equal(const struct account *a, const struct account *b)
{
    bool same_product =
        *a->product == '\0' || *b->product == '\0' || strcmp(a->product, b->product) == 0;
    return same_product && strcmp(a->who, b->who) == 0 && strcmp(a->dimension, b->dimension) == 0;
}

bool usage_takes(const struct usage_fact *u, const struct account *account, int64_t hour_us)
{
    return hour_us >= u->first_us && hour_us <= u->last_us && account_equal(&u->account, account);
}

void hour_text(char out[HOUR_TEXT], int64_t at_us)
{
    char text[INSTANT_TEXT];
    if (at_us == NO_HOUR) {
        memcpy(out, "no hour", sizeof "no hour");
        return;
    }
    instant_format_s(text, at_us);
    // "2026-11-18T09:00:00Z": the seconds of an hour say nothing.
    memcpy(out, text, 16);
    memcpy(out + 16, "Z", 2);
}

void facts_name_key(struct buf *b, const struct account *account, int64_t hour_us)
{
    char hour[HOUR_TEXT];
    hour_text(hour, hour_us);
    buf_addf(b, "%s, %s, %s", account->who, account->dimension, hour);
}

void facts_name_usage(struct buf *b, const struct usage_fact *u)
{
    char last[HOUR_TEXT];
    buf_addf(b, "%s%s(", u->id, *u->id == '\0' ? "" : " ");
    facts_name_key(b, &u->account, u->first_us);
    if (u->last_us != u->first_us) {
        hour_text(last, u->last_us);
        buf_addf(b, " to %s", last);
    }
    buf_add_char(b, ')');
}

const struct event *facts_event_at(const struct facts *f, uint64_t seq)
{
    for (size_t i = 0; i < f->evidence->count; i++) {
        if (f->evidence->events[i].seq == seq) {
            return &f->evidence->events[i];
        }
    }
    return NULL;
}

const struct usage_fact *facts_usage(const struct facts *f, const char *id)
{
    for (size_t i = 0; id != NULL && i < f->usages_count; i++) {
        if (strcmp(f->usages[i].id, id) == 0) {
            return &f->usages[i];
        }
    }
    return NULL;
}

static bool step_is(const cJSON *step, const char *name)
{
    const char *id = json_get_text(step, "id");
    const char *verb = json_get_text(step, "verb");
    const char *argument = json_get_text(step, "args");
    if ((id != NULL && strcmp(id, name) == 0) || (verb != NULL && strcmp(verb, name) == 0)) {
        return true;
    }
    size_t len = verb == NULL ? 0 : strlen(verb);
    return argument != NULL && len > 0 && strncmp(name, verb, len) == 0 && name[len] == ' ' &&
           strcmp(name + len + 1, argument) == 0;
}

const cJSON *facts_step_json(const struct facts *f, const char *name)
{
    const cJSON *step = NULL;
    const cJSON *steps = json_get(f->scenario, "steps");
    cJSON_ArrayForEach(step, steps)
    {
        if (name != NULL && step_is(step, name)) {
            return step;
        }
    }
    return NULL;
}

const struct step_fact *facts_step(const struct facts *f, const char *name)
{
    int64_t n = json_get_int(facts_step_json(f, name), "n", -1);
    for (size_t i = 0; n > 0 && i < f->steps_count; i++) {
        if (f->steps[i].n == n) {
            return &f->steps[i];
        }
    }
    return NULL;
}

enum word facts_word_before(const struct facts *f, const struct usage_fact *u, uint64_t seq)
{
    enum word word = WORD_NONE;
    for (size_t i = 0; i < f->words_count && f->words[i].seq < seq; i++) {
        const struct word_fact *w = &f->words[i];
        if (w->usage != NOWHERE && &f->usages[w->usage] == u && w->word != WORD_NONE) {
            word = w->word;
        }
    }
    return word;
}

bool facts_delivered(const struct facts *f, const char *rule)
{
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *e = &f->evidence->events[i];
        if (e->kind == EVENT_FAULT && span_is(json_span(json_get(e->json, "rule")), rule)) {
            return true;
        }
    }
    return false;
}

static void read_limits(struct facts *f, const struct event *e)
{
    if (e->kind == EVENT_OPEN) {
        f->tolerance_us = json_get_int(e->json, "tolerance_us", 0);
        f->profile = fact_text(e->json, "profile");
    } else if (e->kind == EVENT_END) {
        const char *why = json_get_text(e->json, "why");
        f->end = e->json;
        f->why = why == NULL ? "" : why;
        f->lag_us = json_get_int(e->json, "lag_us", 0);
        // Lines that could not be kept leave the same gap as a journal that was cut.
        f->is_cut =
            f->is_cut || json_get_int(e->json, "lost", 0) > 0 || strcmp(f->why, "interrupted") == 0;
    }
}

// The first end, after seq, of the process that was told, if we ended it and started it again. An
// instance that ended by itself voids nothing: what it was told is still owed.
static uint64_t restarted_after(const struct facts *f, unsigned instance, uint64_t seq)
{
    for (size_t i = 0; i < f->exits_count; i++) {
        const struct exit_fact *x = &f->exits[i];
        if (x->instance != instance || x->seq < seq) {
            continue;
        }
        for (size_t k = 0; x->expected && k < f->starts_count; k++) {
            if (f->starts[k].instance == instance && f->starts[k].seq > x->seq) {
                return x->seq;
            }
        }
        return 0;
    }
    return 0;
}

// When the process that ran then was ended by us and started again; NULL when it never was.
static const struct exit_fact *end_of_restart(const struct facts *f, uint64_t seq)
{
    for (size_t i = 0; i < f->exits_count; i++) {
        const struct exit_fact *x = &f->exits[i];
        bool ends_it = x->expected && x->seq > seq;
        for (size_t k = 0; ends_it && k < f->starts_count; k++) {
            if (f->starts[k].instance == x->instance && f->starts[k].seq > x->seq) {
                return x;
            }
        }
    }
    return NULL;
}

// A restart that waits for a commit or a reply ends the client later than it began; what divides
// "before" from "after" is the end of the client. The end of the case is no restart.
static void settle_restarts(struct facts *f)
{
    for (size_t i = 0; i < f->steps_count; i++) {
        struct step_fact *s = &f->steps[i];
        if (strcmp(s->verb, "restart") != 0) {
            continue;
        }
        const struct exit_fact *x = end_of_restart(f, s->seq);
        s->never_came = x == NULL;
        if (x != NULL) {
            s->seq = x->seq;
            s->t_us = x->t_us;
        }
    }
}

static void void_answers(struct facts *f)
{
    for (size_t i = 0; i < f->sents_count; i++) {
        struct sent_fact *s = &f->sents[i];
        uint64_t ended = restarted_after(f, s->instance, s->seq);
        if (ended != 0 && (s->done_seq == 0 || s->done_seq > ended)) {
            s->done_seq = 0;
            s->void_seq = ended;
        }
    }
}

static int64_t service_at(const struct facts *f, uint64_t seq)
{
    const struct event *e = facts_event_at(f, seq);
    return e == NULL ? f->last_service_us : e->service_us;
}

static void tie_usage(struct facts *f, struct usage_fact *u)
{
    for (size_t i = 0; i < f->sents_count; i++) {
        const struct sent_fact *s = &f->sents[i];
        if (s->seq != u->sent_seq) {
            continue;
        }
        u->acked_seq = s->done_seq;
        u->is_void = s->void_seq != 0;
        if (!u->has_at) {
            // Told without a time, it belongs to the hour of its line, or to any that begins
            // before it is done.
            int64_t until_us = s->done_seq != 0   ? s->done_service_us
                               : s->void_seq != 0 ? service_at(f, s->void_seq)
                                                  : f->last_service_us;
            int64_t last_us = instant_hour(until_us);
            u->last_us = last_us > u->first_us ? last_us : u->first_us;
        }
    }
}

static void tie_words(struct facts *f)
{
    for (size_t i = 0; i < f->words_count; i++) {
        struct word_fact *w = &f->words[i];
        const struct usage_fact *u = facts_usage(f, w->id);
        w->usage = u == NULL ? NOWHERE : (size_t)(u - f->usages);
        if (u != NULL && w->word != WORD_NONE) {
            f->usages[w->usage].last = w->word;
            f->usages[w->usage].last_line = w->line;
        }
    }
}

// Under the exec contract nobody says a word: metered is what a whole reply confirmed.
static void read_words_off_the_wire(struct facts *f)
{
    if (!f->wire_only) {
        return;
    }
    for (size_t i = 0; i < f->usages_count; i++) {
        f->usages[i].last = WORD_PENDING;
        f->usages[i].last_line = f->usages[i].line;
    }
    for (size_t i = 0; i < f->replies_count; i++) {
        size_t key = f->records[f->replies[i].record].key;
        for (size_t k = 0; f->replies[i].says == REPLY_CONFIRMS && k < f->usages_count; k++) {
            if (f->usages[k].key == key) {
                f->usages[k].last = WORD_METERED;
                f->usages[k].last_line = f->replies[i].line;
            }
        }
    }
}

static void read_events(struct facts *f)
{
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *e = &f->evidence->events[i];
        if (i == 0) {
            f->start_service_us = e->service_us;
        }
        f->last_us = e->t_us;
        f->last_service_us = e->service_us;
        read_limits(f, e);
        facts_read_said(f, e);
        facts_read_wire(f, e);
    }
}

void facts_init(struct facts *out, const struct evidence_case *evidence, bool wire_only)
{
    *out = (struct facts){.evidence = evidence,
                          .scenario = evidence->scenario,
                          .wire_only = wire_only,
                          .profile = "",
                          .why = "",
                          .is_cut = evidence->integrity != INTEGRITY_WHOLE};
    read_events(out);
    out->is_cut = out->is_cut || out->end == NULL;
    settle_restarts(out);
    void_answers(out);
    for (size_t i = 0; i < out->usages_count; i++) {
        tie_usage(out, &out->usages[i]);
    }
    tie_words(out);
    facts_tie_keys(out, NULL);
    read_words_off_the_wire(out);
}

void facts_init_before(struct facts *out, const struct facts *whole, const struct step_fact *step)
{
    *out = (struct facts){.shown = *whole->evidence,
                          .scenario = whole->scenario,
                          .wire_only = whole->wire_only,
                          .profile = "",
                          .why = "",
                          .is_moment = true};
    out->evidence = &out->shown;
    while (out->shown.count > 0 && out->shown.events[out->shown.count - 1].seq >= step->seq) {
        out->shown.count--;
    }
    read_events(out);
    settle_restarts(out);
    void_answers(out);
    for (size_t i = 0; i < out->usages_count; i++) {
        struct usage_fact *u = &out->usages[i];
        tie_usage(out, u);
        // A restart that comes later makes void what was not acknowledged; hours are known later
        // too.
        u->is_void = whole->usages[i].is_void;
        u->last_us = whole->usages[i].last_us;
    }
    tie_words(out);
    facts_tie_keys(out, whole);
    read_words_off_the_wire(out);
}

void facts_clear(struct facts *f)
{
    void *lists[] = {f->usages,  f->words, f->steps, f->sents,   f->exchanges, f->askings,
                     f->records, f->bills, f->keys,  f->replies, f->exits,     f->starts};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        x_free(lists[i]);
    }
    *f = (struct facts){0};
}
