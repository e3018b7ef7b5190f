// SPDX-License-Identifier: Apache-2.0
// resubmits: each usage's record was sent again, and every sending of it bears what must not
// change.
#include "suites/oracle/oracle.h"

#include <inttypes.h>
#include <string.h>

#include "proxy/base/own.h"

// What one usage's record looked like when it was first sent, and in how many requests it was.
struct sendings {
    const struct usage_fact *usage;
    const struct record_fact *first, *last;
    int64_t total, before, after; // before and after the step in question, the latter in time
    bool varies;                  // told once per usage
};

static bool is_asked_hour(const struct facts *f, const struct record_fact *r)
{
    for (size_t i = 0; i < f->usages_count; i++) {
        if (usage_takes(&f->usages[i], &r->account, r->hour_us)) {
            return true;
        }
    }
    return false;
}

// A record of the usage's account under an hour that nobody asked for is the usage itself, moved;
// but for one of 0, which says that nothing was used in that hour.
static bool is_sending(const struct facts *f, const struct usage_fact *u,
                       const struct record_fact *r)
{
    return f->exchanges[r->exchange].seq >= u->sent_seq &&
           (usage_takes(u, &r->account, r->hour_us) ||
            (account_equal(&u->account, &r->account) && !is_asked_hour(f, r) && r->quantity != 0));
}

static bool timestamps_differ(const struct record_fact *a, const struct record_fact *b)
{
    return a->timestamp == NULL || b->timestamp == NULL || strcmp(a->timestamp, b->timestamp) != 0;
}

static const char *what_differs(const struct sendings *s, const struct record_fact *r,
                                const cJSON *unchanged)
{
    if (json_array_has(unchanged, "quantity") && r->quantity != s->first->quantity) {
        return "quantity";
    }
    if (json_array_has(unchanged, "hour") &&
        (r->hour_us != s->first->hour_us || !usage_takes(s->usage, &r->account, r->hour_us))) {
        return "hour";
    }
    return json_array_has(unchanged, "timestamp") && timestamps_differ(r, s->first) ? "timestamp"
                                                                                    : NULL;
}

static void tell_change(struct findings *out, const struct facts *f, struct sendings *s,
                        const struct record_fact *r, const char *what)
{
    unsigned line = f->exchanges[r->exchange].line;
    char first[HOUR_TEXT];
    char now[HOUR_TEXT];
    hour_text(first, s->first->hour_us);
    hour_text(now, r->hour_us);
    OWN_BUF struct buf name = {0};
    facts_name_usage(&name, s->usage);
    buf_add_char(&name, '\0');
    s->varies = true;
    findings_add(out, FINDING_BAD, line,
                 "%s: sent at line %u with another %s: quantity %" PRId64
                 ", hour %s; first sent at line %u: quantity %" PRId64 ", hour %s.",
                 name.data, line, what, r->quantity, now, f->exchanges[s->first->exchange].line,
                 s->first->quantity, first);
}

// Twice in one request is sent once.
static void count(struct sendings *s, const struct exchange_fact *x, const struct record_fact *r,
                  uint64_t pivot, int64_t until_us)
{
    if (s->last == NULL || s->last->exchange != r->exchange) {
        s->total++;
        s->before += x->seq < pivot;
        s->after += x->seq > pivot && x->t_us <= until_us;
    }
    s->last = r;
}

static void follow(struct findings *out, const struct facts *f, struct sendings *s,
                   const cJSON *unchanged, uint64_t pivot, int64_t until_us)
{
    for (size_t i = 0; i < f->records_count; i++) {
        const struct record_fact *r = &f->records[i];
        if (!is_sending(f, s->usage, r)) {
            continue;
        }
        s->first = s->first == NULL ? r : s->first;
        count(s, &f->exchanges[r->exchange], r, pivot, until_us);
        const char *what = what_differs(s, r, unchanged);
        if (what != NULL && !s->varies) {
            tell_change(out, f, s, r, what);
        }
    }
}

static void judge_count(struct findings *out, const struct facts *f, const struct sendings *s,
                        const struct expectation *e, const char *since)
{
    const cJSON *times = json_get(e->args, "times");
    bool across = json_get(e->args, "across") != NULL;
    int64_t counted = across ? s->total : s->after; // all are after nothing
    int64_t least = since == NULL || across ? 2 : 1;
    OWN_BUF struct buf name = {0};
    facts_name_usage(&name, s->usage);
    buf_add_char(&name, '\0');
    if (counted > json_get_int(times, "max", INT64_MAX)) {
        findings_add(out, FINDING_BAD, s->first == NULL ? 0 : f->exchanges[s->first->exchange].line,
                     "%s: sent %" PRId64 " times, at most %" PRId64 " are allowed.", name.data,
                     counted, json_get_int(times, "max", INT64_MAX));
    } else if (counted < json_get_int(times, "min", least)) {
        findings_add(out, FINDING_LACK,
                     s->first == NULL ? s->usage->line : f->exchanges[s->first->exchange].line,
                     "%s: sent %" PRId64 " time(s)%s%s, at least %" PRId64 " expected.", name.data,
                     counted, since == NULL || across ? "" : " after ",
                     since == NULL || across ? "" : since, json_get_int(times, "min", least));
    } else if (across && (s->before == 0 || s->after == 0)) {
        findings_add(out, FINDING_LACK, s->usage->line,
                     "%s: sent %" PRId64 " time(s) before the %s and %" PRId64 " after it.",
                     name.data, s->before, since, s->after);
    }
}

void oracle_resubmits(struct findings *out, const struct facts *f, const struct expectation *e)
{
    const char *since = json_get_text(e->args, "across");
    const struct step_fact *pivot = NULL;
    if (!oracle_step(out, f, e->args, since != NULL ? "across" : "after", &pivot)) {
        return;
    }
    since = since != NULL ? since : json_get_text(e->args, "after");
    bool any = false;
    const cJSON *id = NULL;
    const cJSON *ids = json_get(e->args, "usages");
    cJSON_ArrayForEach(id, ids)
    {
        struct sendings s = {.usage = oracle_usage(out, f, json_text(id))};
        if (s.usage != NULL) {
            any = true;
            follow(out, f, &s, json_get(e->args, "unchanged"), pivot == NULL ? 0 : pivot->seq,
                   oracle_until(e, pivot));
            judge_count(out, f, &s, e, since);
        }
    }
    oracle_judged(out, any);
}
