// SPDX-License-Identifier: Apache-2.0
// jitter and pause: how a client spaces its own retries.
//
// A retry is its own when it comes without any line of ours in between: the pauses between two
// steps are ours. A client that tries again only when its scheduler comes has no such retry, and
// nothing is demanded of it here.
#include "suites/oracle/oracle.h"

#include <inttypes.h>
#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/scenario/scenario.h"

// Pauses are told apart by their place in the series: the first retry's, the second's, and so on,
// since they may grow.
#define PLACES 8
// Shorter ones vary by the machine's own noise, whatever the client does.
#define SHORTEST_US (100 * US_PER_MS)
// Pauses that all lie within this part of their mean are one and the same.
#define SAME_PART 20

struct retry {
    const struct exchange_fact *failed, *again;
    unsigned place; // from 0
};

typedef void retry_fn(void *arg, const struct retry *retry);

// What a walk over retries is limited to.
struct limits {
    const cJSON *args;
    const struct step_fact *after, *before;
};

static bool is_failed(const struct exchange_fact *x)
{
    int64_t status = json_get_int(x->response, "status", 0);
    return !json_is_true(json_get(x->response, "whole")) || status < 200 || status > 299;
}

static bool is_same_text(const cJSON *a, const cJSON *b)
{
    const char *text = json_text(a);
    return text != NULL && *text != '\0' && json_text(b) != NULL && strcmp(text, json_text(b)) == 0;
}

// One call of the SDK, or the same records in another.
static bool is_same_call(const struct facts *f, const struct exchange_fact *a,
                         const struct exchange_fact *b)
{
    if (strcmp(a->operation, b->operation) != 0) {
        return false;
    }
    if (is_same_text(json_get(json_get(a->request, "sdk"), "invocation"),
                     json_get(json_get(b->request, "sdk"), "invocation")) ||
        is_same_text(json_get(a->request, "token"), json_get(b->request, "token"))) {
        return true;
    }
    if (a->count == 0 || b->count == 0) {
        return false;
    }
    const struct record_fact *first = &f->records[a->first];
    const struct record_fact *second = &f->records[b->first];
    return account_equal(&first->account, &second->account) && first->hour_us == second->hour_us;
}

// The first line that was sent to the client after that moment; UINT64_MAX when there is none.
static uint64_t next_line(const struct facts *f, uint64_t seq)
{
    for (size_t i = 0; i < f->sents_count; i++) {
        if (f->sents[i].seq > seq) {
            return f->sents[i].seq;
        }
    }
    return UINT64_MAX;
}

// The client's own retry of that request; NOWHERE when there is none.
static size_t retry_of(const struct facts *f, size_t at)
{
    const struct exchange_fact *x = &f->exchanges[at];
    uint64_t until = is_failed(x) ? next_line(f, x->seq) : 0;
    for (size_t i = at + 1; i < f->exchanges_count && f->exchanges[i].seq < until; i++) {
        if (is_same_call(f, x, &f->exchanges[i])) {
            return i;
        }
    }
    return NOWHERE;
}

static bool is_within(const struct facts *f, const struct exchange_fact *x, const struct limits *l)
{
    return request_matches(f, x, l->args) && (l->after == NULL || x->seq > l->after->seq) &&
           (l->before == NULL || x->seq < l->before->seq);
}

static void walk(const struct facts *f, const struct limits *l, retry_fn *fn, void *arg)
{
    unsigned *places = x_alloc((f->exchanges_count + 1) * sizeof *places);
    for (size_t i = 0; i < f->exchanges_count; i++) {
        size_t again = is_within(f, &f->exchanges[i], l) ? retry_of(f, i) : NOWHERE;
        if (again != NOWHERE) {
            places[again] = places[i] + 1;
            struct retry retry = {
                .failed = &f->exchanges[i], .again = &f->exchanges[again], .place = places[i]};
            fn(arg, &retry);
        }
    }
    x_free(places);
}

static bool limits_of(struct limits *l, struct findings *out, const struct facts *f,
                      const struct expectation *e)
{
    *l = (struct limits){.args = e->args};
    return oracle_step(out, f, e->args, "after", &l->after) &&
           oracle_step(out, f, e->args, "before", &l->before);
}

struct pauses {
    struct {
        int64_t count, least_us, most_us, sum_us;
        unsigned line; // of the last
    } at[PLACES];
};

static void note_pause(void *arg, const struct retry *r)
{
    struct pauses *p = arg;
    int64_t us = r->again->t_us - r->failed->t_us;
    if (r->place < PLACES) {
        int64_t n = p->at[r->place].count++;
        p->at[r->place].sum_us += us;
        p->at[r->place].line = r->again->line;
        if (n == 0 || us < p->at[r->place].least_us) {
            p->at[r->place].least_us = us;
        }
        if (n == 0 || us > p->at[r->place].most_us) {
            p->at[r->place].most_us = us;
        }
    }
}

static bool is_fixed(const struct pauses *p, size_t place)
{
    int64_t mean_us = p->at[place].sum_us / p->at[place].count;
    return mean_us >= SHORTEST_US &&
           p->at[place].most_us - p->at[place].least_us <= mean_us / SAME_PART;
}

void oracle_jitter(struct findings *out, const struct facts *f, const struct expectation *e)
{
    struct limits limits;
    if (!limits_of(&limits, out, f, e)) {
        return;
    }
    struct pauses pauses = {0};
    walk(f, &limits, note_pause, &pauses);
    int64_t wanted = json_get_int(e->args, "gaps", 1);
    int64_t most = 0;
    for (size_t i = 0; i < PLACES; i++) {
        most = pauses.at[i].count > most ? pauses.at[i].count : most;
        if (pauses.at[i].count >= wanted && is_fixed(&pauses, i)) {
            findings_add(out, FINDING_BAD, pauses.at[i].line,
                         "The pauses before retry %zu do not vary: %" PRId64
                         " of them, from %" PRId64 " to %" PRId64 " ms.",
                         i + 1, pauses.at[i].count, pauses.at[i].least_us / US_PER_MS,
                         pauses.at[i].most_us / US_PER_MS);
        }
    }
    if (most > 0 && most < wanted) {
        findings_add(out, FINDING_MISSED, facts_last_line(f),
                     "%" PRId64 " pause(s) before a retry were seen, at least %" PRId64
                     " are needed.",
                     most, wanted);
    }
}

struct hurry {
    struct findings *out;
    int64_t least_us;
    int64_t late_us; // how far we may have lagged when we saw the first of the two
};

static void judge_hurry(void *arg, const struct retry *r)
{
    const struct hurry *h = arg;
    int64_t us = r->again->t_us - r->failed->t_us;
    if (us + h->late_us < h->least_us) {
        findings_add(h->out, FINDING_BAD, r->again->line,
                     "The request at line %u was tried again at line %u, after %" PRId64
                     " ms; at least %" PRId64 " ms were asked for.",
                     r->failed->line, r->again->line, us / US_PER_MS, h->least_us / US_PER_MS);
    }
}

void oracle_pause(struct findings *out, const struct facts *f, const struct expectation *e)
{
    struct limits limits;
    struct hurry hurry = {.out = out,
                          .late_us = f->lag_us > f->tolerance_us ? f->lag_us : f->tolerance_us};
    // The scenario was checked: this is a duration.
    if (limits_of(&limits, out, f, e) &&
        duration_parse(&hurry.least_us, json_span(json_get(e->args, "least")), NULL) == RC_OK) {
        walk(f, &limits, judge_hurry, &hurry);
    }
}
