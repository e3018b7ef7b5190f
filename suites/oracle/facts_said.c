// SPDX-License-Identifier: Apache-2.0
// What was said to and by the client: steps, answers, starts and ends of its process.
#include "suites/oracle/facts.h"

#include <string.h>

#include "proxy/base/instant.h"

static void add_usage(struct facts *f, const struct event *e, const cJSON *usage)
{
    int64_t hour_us = e->service_us;
    bool has_at = json_get_text(usage, "at") != NULL;
    const char *hour = json_get_text(usage, has_at ? "at" : "hour");
    if (hour != NULL && instant_parse(&hour_us, span_of(hour)) != RC_OK) {
        hour_us = e->service_us;
    }
    hour_us = instant_hour(hour_us);
    FACTS_ADD(f, usages,
              (struct usage_fact){.id = fact_text(usage, "id"),
                                  .account = {.product = fact_text(usage, "product"),
                                              .who = fact_who(usage),
                                              .dimension = fact_text(usage, "dimension")},
                                  .quantity = json_get_int(usage, "quantity", 0),
                                  .has_at = has_at,
                                  .first_us = hour_us,
                                  .last_us = hour_us,
                                  .step = json_get_int(e->json, "step", -1),
                                  .instance = (unsigned)json_get_int(e->json, "instance", 1),
                                  .line = e->line,
                                  .sent_seq = e->seq});
}

static void read_step(struct facts *f, const struct event *e)
{
    unsigned n = (unsigned)json_get_int(e->json, "n", 0);
    const char *verb = fact_text(e->json, "verb");
    const char *sends = json_get_text(e->json, "sends");
    if (f->steps_count == 0 || f->steps[f->steps_count - 1].n != n) {
        FACTS_ADD(f, steps,
                  (struct step_fact){.n = n,
                                     .line = e->line,
                                     .verb = verb,
                                     .id = fact_text(e->json, "id"),
                                     .seq = e->seq,
                                     .t_us = e->t_us,
                                     .service_us = e->service_us});
    }
    if (sends != NULL) {
        FACTS_ADD(f, sents,
                  (struct sent_fact){.n = n,
                                     .line = e->line,
                                     .instance = (unsigned)json_get_int(e->json, "instance", 1),
                                     .verb = verb,
                                     .sends = sends,
                                     .id = fact_text(e->json, "id"),
                                     .step = json_get_int(e->json, "step", -1),
                                     .seq = e->seq,
                                     .t_us = e->t_us});
    }
    const cJSON *usage = json_get(e->json, "usage");
    if (usage != NULL) {
        add_usage(f, e, usage);
    }
}

static void read_done(struct facts *f, const struct event *e)
{
    int64_t step = json_get_int(e->json, "step", -1);
    unsigned instance = (unsigned)json_get_int(e->json, "instance", 1);
    for (size_t i = 0; i < f->sents_count; i++) {
        struct sent_fact *s = &f->sents[i];
        if (s->step == step && s->instance == instance && s->done_seq == 0) {
            s->done_seq = e->seq;
            s->done_service_us = e->service_us;
        }
    }
}

static void read_answer(struct facts *f, const struct event *e)
{
    const char *mp = fact_text(e->json, "mp");
    if (strcmp(mp, "done") == 0) {
        read_done(f, e);
    } else if (strcmp(mp, "hello") == 0) {
        f->spoke = true;
    } else if (strcmp(mp, "usage") == 0) {
        const char *text = json_get_text(e->json, "state");
        FACTS_ADD(f, words,
                  (struct word_fact){.id = fact_text(e->json, "id"),
                                     .usage = NOWHERE,
                                     .word = word_find(text),
                                     .text = text,
                                     .seq = e->seq,
                                     .line = e->line});
    }
}

struct signal_row {
    const char *name;
    int64_t number;
};

// A name (with or without SIG), or as Linux numbers them.
static bool is_signal(const cJSON *signal, const struct signal_row *row)
{
    int64_t number = 0;
    struct span name = json_span(signal);
    if (span_starts(name, SPAN("SIG"))) {
        name = span_slice(name, 3, name.len);
    }
    return span_is(name, row->name) ||
           (json_int(signal, 0, INT64_MAX, &number) && number == row->number);
}

// Whether it is one of those that we may send, or that a terminal does.
static bool is_order(const cJSON *signal)
{
    static const struct signal_row ORDERS[] = {{"HUP", 1}, {"INT", 2}, {"KILL", 9}, {"TERM", 15}};
    for (size_t i = 0; i < sizeof ORDERS / sizeof ORDERS[0]; i++) {
        if (is_signal(signal, &ORDERS[i])) {
            return true;
        }
    }
    return false;
}

static void read_exit(struct facts *f, const struct event *e)
{
    const cJSON *signal = json_get(e->json, "signal");
    bool by_signal = cJSON_IsString(signal) || json_get_int(e->json, "signal", 0) != 0;
    bool unreachable = json_is_true(json_get(e->json, "unreachable"));
    bool runs_on = json_is_true(json_get(e->json, "runs_on"));
    FACTS_ADD(f, exits,
              (struct exit_fact){.instance = (unsigned)json_get_int(e->json, "instance", 1),
                                 .line = e->line,
                                 .seq = e->seq,
                                 .t_us = e->t_us,
                                 .by_signal = by_signal,
                                 .is_fault = by_signal && !is_order(signal),
                                 .is_kill = is_signal(signal, &(struct signal_row){"KILL", 9}),
                                 .is_lost = !by_signal && json_get(e->json, "code") == NULL &&
                                            !runs_on && !unreachable,
                                 .text = fact_text(e->json, "text"),
                                 .expected = json_is_true(json_get(e->json, "expected")),
                                 .code = json_get_int(e->json, "code", 0),
                                 .unreachable = unreachable});
}

void facts_read_said(struct facts *f, const struct event *e)
{
    if (e->kind == EVENT_STEP) {
        read_step(f, e);
    } else if (e->kind == EVENT_ANSWER) {
        read_answer(f, e);
    } else if (e->kind == EVENT_EXIT) {
        read_exit(f, e);
    } else if (e->kind == EVENT_CLIENT && span_is(json_span(json_get(e->json, "what")), "start")) {
        FACTS_ADD(f, starts,
                  (struct start_fact){.instance = (unsigned)json_get_int(e->json, "instance", 1),
                                      .seq = e->seq});
    }
}
