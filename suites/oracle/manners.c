// SPDX-License-Identifier: Apache-2.0
// Invariants of the client's manners: it speaks the contract, keeps its final words, neither hangs
// nor crashes, keeps secrets, and talks to nobody else.
#include "suites/oracle/oracle.h"

#include <inttypes.h>
#include <string.h>

#include "proxy/base/own.h"

// Of a line that could not be read so many bytes are quoted: what was expected follows it.
#define QUOTED 240

static bool is_final(enum word word)
{
    return word == WORD_METERED || word == WORD_REJECTED;
}

void invariant_final_words(struct findings *out, const struct facts *f)
{
    enum word *before = x_alloc(f->usages_count * sizeof *before);
    unsigned *lines = x_alloc(f->usages_count * sizeof *lines);
    for (size_t i = 0; i < f->words_count; i++) {
        const struct word_fact *w = &f->words[i];
        if (w->usage == NOWHERE || w->word == WORD_NONE) {
            continue;
        }
        if (is_final(before[w->usage]) && w->word != before[w->usage]) {
            findings_add(out, FINDING_BAD, w->line,
                         "%s was called %s at line %u, which is final, and %s at line %u.", w->id,
                         word_name(before[w->usage]), lines[w->usage], word_name(w->word), w->line);
            continue; // the first final word stands
        }
        before[w->usage] = w->word;
        lines[w->usage] = w->line;
    }
    x_free(before);
    x_free(lines);
}

// How often that instance had been started before: which of its lives an event belongs to.
static unsigned life_at(const struct facts *f, unsigned instance, uint64_t seq)
{
    unsigned life = 0;
    for (size_t i = 0; i < f->starts_count; i++) {
        life += f->starts[i].instance == instance && f->starts[i].seq < seq ? 1 : 0;
    }
    return life;
}

// Whether we signalled that process, for any reason but that one (NULL: for any).
static bool was_signalled_but(const struct facts *f, const struct exit_fact *x, const char *but)
{
    unsigned life = life_at(f, x->instance, x->seq);
    for (size_t i = 0; i < f->evidence->count && f->evidence->events[i].seq < x->seq; i++) {
        const struct event *e = &f->evidence->events[i];
        if (e->kind == EVENT_CLIENT && strcmp(fact_text(e->json, "what"), "signal") == 0 &&
            json_get_int(e->json, "instance", 1) == x->instance &&
            life_at(f, x->instance, e->seq) == life &&
            (but == NULL || strcmp(fact_text(e->json, "why"), but) != 0)) {
            return true;
        }
    }
    return false;
}

// A process we signalled may end by that signal or with any code: programs differ in that.
static bool was_signalled(const struct facts *f, const struct exit_fact *x)
{
    return was_signalled_but(f, x, NULL);
}

// A line broken off by a kill of ours is forgiven; it is found on either side of the process's end.
static bool was_killed(const struct facts *f, unsigned instance, uint64_t seq)
{
    for (size_t i = 0; i < f->exits_count; i++) {
        const struct exit_fact *x = &f->exits[i];
        if (x->instance == instance && x->expected &&
            life_at(f, instance, x->seq) == life_at(f, instance, seq) &&
            (x->by_signal || was_signalled(f, x))) {
            return true;
        }
    }
    return false;
}

static void judge_client(struct findings *out, const struct facts *f, const struct event *e)
{
    const char *what = fact_text(e->json, "what");
    unsigned instance = (unsigned)json_get_int(e->json, "instance", 1);
    if (strcmp(what, "malformed") == 0) {
        const char *text = fact_text(e->json, "text");
        findings_add(out, FINDING_BAD, e->line, "The client said %.*s%s, expected: %s", QUOTED,
                     text, strlen(text) > QUOTED ? "…" : "", fact_text(e->json, "expected"));
    } else if (strcmp(what, "half-line") == 0 && !was_killed(f, instance, e->seq)) {
        findings_add(out, FINDING_BAD, e->line, "The client's last line has no end: %s",
                     fact_text(e->json, "text"));
    } else if (strcmp(what, "flood") == 0) {
        findings_add(out, FINDING_BAD, e->line,
                     "The client's output passed the limit, %" PRId64 " bytes.",
                     json_get_int(e->json, "bytes", 0));
    }
}

// Giving up as unsupported counts only before the first usage.
static void judge_unsupported(struct findings *out, const struct facts *f, const struct event *e)
{
    if (f->usages_count > 0 && f->usages[0].sent_seq < e->seq) {
        findings_add(out, FINDING_BAD, e->line,
                     "The client said unsupported at line %u, after the first usage (line %u).",
                     e->line, f->usages[0].line);
    }
}

// Of all lines with that number that the instance was sent before: one was owed this answer.
static void judge_done(struct findings *out, const struct facts *f, const struct event *e)
{
    int64_t step = json_get_int(e->json, "step", -1);
    unsigned instance = (unsigned)json_get_int(e->json, "instance", 1);
    for (size_t i = 0; i < f->sents_count; i++) {
        const struct sent_fact *s = &f->sents[i];
        if (s->step != step || s->instance != instance || s->seq > e->seq) {
            continue;
        }
        if (s->void_seq == 0 && s->done_seq != 0 && s->done_seq < e->seq) {
            findings_add(out, FINDING_BAD, e->line,
                         "The client answered done to step %" PRId64 " twice (line %u).", step,
                         e->line);
        }
        return;
    }
    findings_add(out, FINDING_BAD, e->line,
                 "The client answered done to step %" PRId64 " at line %u, which it was not sent.",
                 step, e->line);
}

// Hello is said once in each life.
static void judge_hello(struct findings *out, const struct facts *f, const struct event *e)
{
    unsigned instance = (unsigned)json_get_int(e->json, "instance", 1);
    unsigned life = life_at(f, instance, e->seq);
    for (size_t i = 0; f->evidence->events[i].seq < e->seq; i++) {
        const struct event *other = &f->evidence->events[i];
        if (other->kind == EVENT_ANSWER && strcmp(fact_text(other->json, "mp"), "hello") == 0 &&
            json_get_int(other->json, "instance", 1) == instance &&
            life_at(f, instance, other->seq) == life) {
            findings_add(out, FINDING_BAD, e->line, "The client said hello again (line %u).",
                         e->line);
            return;
        }
    }
}

static void judge_answer(struct findings *out, const struct facts *f, const struct event *e)
{
    static const struct {
        const char *mp;
        void (*judge)(struct findings *out, const struct facts *f, const struct event *e);
    } ROWS[] = {{"unsupported", judge_unsupported}, {"done", judge_done}, {"hello", judge_hello}};
    const char *mp = fact_text(e->json, "mp");
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        if (strcmp(mp, ROWS[i].mp) == 0) {
            ROWS[i].judge(out, f, e);
        }
    }
}

// Whether the process ended in place of an answer to that line, as the case allows.
static bool ended_instead(const struct facts *f, const struct sent_fact *s)
{
    const cJSON *args = json_get(facts_step_json(f, s->id), "args");
    for (size_t i = 0; json_is_true(json_get(args, "may_exit")) && i < f->exits_count; i++) {
        const struct exit_fact *x = &f->exits[i];
        if (x->instance == s->instance && x->seq > s->seq && !x->expected) {
            return true;
        }
    }
    return false;
}

// A line without its done, in a case that came to its end.
static void judge_unanswered(struct findings *out, const struct facts *f)
{
    for (size_t i = 0; strcmp(f->why, "done") == 0 && i < f->sents_count; i++) {
        const struct sent_fact *s = &f->sents[i];
        if (s->done_seq == 0 && s->void_seq == 0 && !ended_instead(f, s)) {
            findings_add(out, FINDING_LACK, s->line,
                         "Step %" PRId64 " (%s, line %u) was never answered done.", s->step,
                         s->sends, s->line);
        }
    }
}

void invariant_contract(struct findings *out, const struct facts *f)
{
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *e = &f->evidence->events[i];
        if (e->kind == EVENT_CLIENT) {
            judge_client(out, f, e);
        } else if (e->kind == EVENT_ANSWER) {
            judge_answer(out, f, e);
        }
    }
    for (size_t i = 0; i < f->words_count; i++) {
        const struct word_fact *w = &f->words[i];
        if (w->usage == NOWHERE || f->usages[w->usage].sent_seq > w->seq) {
            findings_add(out, FINDING_BAD, w->line,
                         "The client spoke of usage \"%s\" at line %u, which it was not asked.",
                         w->id, w->line);
        } else if (w->word == WORD_NONE) {
            findings_add(out, FINDING_BAD, w->line,
                         "The client called %s \"%s\"; the states are pending, unknown, metered "
                         "and rejected.",
                         w->id, w->text == NULL ? "" : w->text);
        }
    }
    if (strcmp(f->why, "unsupported") == 0 && f->usages_count > 0) {
        findings_add(out, FINDING_BAD, facts_last_line(f),
                     "The case ended as unsupported, after the first usage (line %u).",
                     f->usages[0].line);
    }
    judge_unanswered(out, f);
}

void invariant_no_hang(struct findings *out, const struct facts *f)
{
    if (strcmp(f->why, "deadline") != 0) {
        return;
    }
    for (size_t i = 0; i < f->sents_count; i++) {
        const struct sent_fact *s = &f->sents[i];
        if (s->done_seq == 0 && s->void_seq == 0) {
            findings_add(out, FINDING_BAD, s->line,
                         "The deadline came while step %" PRId64
                         " (%s%s%s, line %u) was not answered done.",
                         s->step, s->sends, *s->id == '\0' ? "" : " ", s->id, s->line);
            return;
        }
    }
    if (!f->spoke && !f->wire_only) {
        findings_add(out, FINDING_BAD, facts_last_line(f),
                     "The deadline came before the client had said hello.");
        return;
    }
    findings_add(out, FINDING_MISSED, facts_last_line(f),
                 "The deadline came while nothing was asked of the client: the case needs more "
                 "time than its deadline gives.");
}

static bool is_registered(const struct facts *f, const char *id)
{
    const struct event *answer = oracle_answer(f, "register", id);
    return answer != NULL && strcmp(fact_text(answer->json, "state"), "registered") == 0;
}

// Whether it ended over a step that it may end instead of answering: it was asked, and did not go
// on as registered. Under the exec contract nobody knows when it was asked.
static bool ends_a_step(const struct facts *f, const struct exit_fact *x)
{
    const cJSON *step = NULL;
    const cJSON *steps = json_get(f->scenario, "steps");
    cJSON_ArrayForEach(step, steps)
    {
        bool may_exit = json_is_true(json_get(json_get(step, "args"), "may_exit"));
        int64_t n = json_get_int(step, "n", 0);
        for (size_t i = 0; may_exit && i < f->sents_count; i++) {
            const struct sent_fact *s = &f->sents[i];
            if (s->n == n && s->instance == x->instance && s->seq < x->seq &&
                !is_registered(f, s->id)) {
                return true;
            }
        }
        if (may_exit && f->wire_only) {
            return true;
        }
    }
    return false;
}

// Its input had ended, it got SIGTERM, and only SIGKILL ended it. Where the case's deadline or its
// own failure ended the case, it was given no time.
static bool would_not_leave(const struct facts *f, const struct exit_fact *x)
{
    return x->expected && x->is_kill && strcmp(f->why, "done") == 0 &&
           !was_signalled_but(f, x, "leave");
}

void invariant_no_crash(struct findings *out, const struct facts *f)
{
    for (size_t i = 0; i < f->exits_count; i++) {
        const struct exit_fact *x = &f->exits[i];
        if (x->unreachable && !x->expected) {
            findings_add(out, FINDING_BAD, x->line, "The program %s (line %u).", x->text, x->line);
            continue;
        }
        if (x->is_lost) { // its supervisor was ended: whoever did that, a pass would be a guess
            findings_add(out, FINDING_HARNESS, x->line,
                         "How the client ended is not known (line %u): %s.", x->line, x->text);
            continue;
        }
        if (would_not_leave(f, x)) {
            findings_add(out, FINDING_BAD, x->line,
                         "The client ended neither with its input nor by SIGTERM, and was killed "
                         "(line %u).",
                         x->line);
            continue;
        }
        if (x->expected && !x->is_fault && (x->by_signal || x->code == 0 || was_signalled(f, x))) {
            continue;
        }
        bool code_is_free = exit_is_judged(f, x) || ends_a_step(f, x);
        if (x->by_signal) {
            findings_add(out, FINDING_BAD, x->line,
                         "The client crashed: ended by a signal (line %u).", x->line);
        } else if (!code_is_free && x->code != 0) {
            findings_add(out, FINDING_BAD, x->line, "The client exited with %" PRId64 " (line %u).",
                         x->code, x->line);
        } else if (!code_is_free && !f->wire_only) {
            findings_add(out, FINDING_BAD, x->line,
                         "The client ended by itself before the case did (line %u).", x->line);
        }
    }
}

static void judge_leaks(struct findings *out, const struct facts *f, const char *what,
                        const char *sentence)
{
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *e = &f->evidence->events[i];
        if (e->kind == EVENT_LEAK && strcmp(fact_text(e->json, "what"), what) == 0) {
            const char *where = fact_text(e->json, "where");
            findings_add(out, FINDING_BAD, e->line, "%s: %s%s%s (line %u).", sentence,
                         fact_text(e->json, "name"), *where == '\0' ? "" : " in ", where, e->line);
        }
    }
}

void invariant_no_secret(struct findings *out, const struct facts *f)
{
    judge_leaks(out, f, "secret", "A secret stands in the client's output");
}

void invariant_no_bypass(struct findings *out, const struct facts *f)
{
    judge_leaks(out, f, "endpoint", "The client bypassed the endpoint it was given");
}
