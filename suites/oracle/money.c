// SPDX-License-Identifier: Apache-2.0
// Money, per key, in every case (suites/README.md, "How it is judged"). A: asked; B: billed; M, P,
// U, R: by last word.
//
// The journal is followed once. B <= A is judged at each commit, M <= B and its confirmation at
// each claim, R <= A - B at each rejection and at each later commit. At the end every usage must
// have a word; with that, A - B <= P + U + R follows from M <= B and needs no look of its own.
#include "suites/oracle/money.h"

#include "proxy/base/own.h"

#include <inttypes.h>

// One walk through the lists of facts, which are all in the order of the journal.
struct walk {
    struct findings *out;
    const struct facts *f;
    struct tally *tallies;
    enum word *words; // of each usage, up to here
    size_t usage, bill, reply, word;
};

static bool lets_reject(const cJSON *allowed, const char *id)
{
    const cJSON *states = json_get(allowed, id);
    return json_array_has(allowed, id) || json_array_has(states, "rejected");
}

// Whether the case itself expects that the usage may be rejected.
static bool case_permits_rejected(const struct facts *f, const char *id)
{
    const cJSON *e = NULL;
    const cJSON *expects = json_get(f->scenario, "expect");
    cJSON_ArrayForEach(e, expects)
    {
        const cJSON *args = json_get(e, "args");
        struct span verb = json_span(json_get(e, "verb"));
        if ((span_is(verb, "ledger") && lets_reject(json_get(args, "except"), id)) ||
            (span_is(verb, "states") && lets_reject(args, id))) {
            return true;
        }
    }
    return false;
}

static void judge_claim(const struct walk *w, const struct usage_fact *u,
                        const struct word_fact *said)
{
    const struct tally *t = &w->tallies[u->key];
    int64_t held = t->billed + w->f->keys[u->key].preloaded;
    OWN_BUF struct buf name = {0};
    facts_name_usage(&name, u);
    buf_add_char(&name, '\0');
    if (t->metered > held) {
        findings_add(w->out, FINDING_BAD, said->line,
                     "%s: called metered at line %u, but %" PRId64 " of %" PRId64
                     " called metered for this key was billed by then.",
                     name.data, said->line, held, t->metered);
        return;
    }
    // DuplicateRecord says that something is billed, not how much of it.
    if (!t->confirmed && !(t->duplicate && held == t->asked)) {
        findings_add(
            w->out, FINDING_BAD, said->line,
            "%s: called metered at line %u, before a whole reply %s.", name.data, said->line,
            t->duplicate ? "confirmed this quantity (DuplicateRecord stands for another one)"
                         : "confirmed it");
    }
}

static void judge_rejection(const struct walk *w, const struct usage_fact *u,
                            const struct word_fact *said)
{
    const struct tally *t = &w->tallies[u->key];
    OWN_BUF struct buf name = {0};
    facts_name_usage(&name, u);
    buf_add_char(&name, '\0');
    if (t->rejected > t->asked - t->billed) {
        findings_add(w->out, FINDING_BAD, said->line,
                     "%s: called rejected at line %u, but %" PRId64 " of the %" PRId64
                     " asked for this key was billed by then.",
                     name.data, said->line, t->billed, t->asked);
    } else if (!t->refused && !case_permits_rejected(w->f, u->id)) {
        findings_add(w->out, FINDING_BAD, said->line,
                     "%s: called rejected at line %u, but no reply that reached the client had "
                     "refused it.",
                     name.data, said->line);
    }
}

static void on_word(struct walk *w, const struct word_fact *said)
{
    if (said->usage == NOWHERE || said->word == WORD_NONE || said->word == w->words[said->usage]) {
        return;
    }
    const struct usage_fact *u = &w->f->usages[said->usage];
    struct tally *t = &w->tallies[u->key];
    t->metered -= w->words[said->usage] == WORD_METERED ? u->quantity : 0;
    t->rejected -= w->words[said->usage] == WORD_REJECTED ? u->quantity : 0;
    w->words[said->usage] = said->word;
    if (said->word == WORD_METERED) {
        t->metered += u->quantity;
        judge_claim(w, u, said);
    } else if (said->word == WORD_REJECTED) {
        t->rejected += u->quantity;
        judge_rejection(w, u, said);
    }
}

// Within a key of several hours, no hour may hold more than the usages that can belong to it.
static bool hour_is_over(const struct walk *w, const struct billed_fact *bill)
{
    int64_t asked = 0;
    int64_t billed = 0;
    for (size_t i = 0; i < w->usage; i++) {
        const struct usage_fact *u = &w->f->usages[i];
        asked += usage_takes(u, &bill->account, bill->hour_us) ? u->quantity : 0;
    }
    for (size_t i = 0; i < w->bill; i++) {
        const struct billed_fact *b = &w->f->bills[i];
        billed += b->key == bill->key && b->hour_us == bill->hour_us ? b->quantity : 0;
    }
    return billed > asked;
}

static void on_bill(struct walk *w, const struct billed_fact *bill)
{
    struct tally *t = &w->tallies[bill->key];
    const struct key_fact *k = &w->f->keys[bill->key];
    t->billed += bill->quantity;
    // What was billed before the case belongs to one hour; of several nobody knows to which.
    bool is_over = k->first_us == k->last_us ? k->preloaded + t->billed > t->asked
                                             : t->billed > t->asked || hour_is_over(w, bill);
    if (is_over && !t->told_over) {
        t->told_over = true;
        money_tell_over(w->out, w->f, bill, w->tallies);
    }
    if (!is_over && t->rejected > t->asked - t->billed) {
        OWN_BUF struct buf name = {0};
        money_name_key(&name, w->f, bill->key);
        buf_add_char(&name, '\0');
        findings_add(w->out, FINDING_BAD, bill->line,
                     "%s: %" PRId64 " was called rejected, yet %" PRId64 " of %" PRId64
                     " was billed (line %u).",
                     name.data, t->rejected, t->billed, t->asked, bill->line);
    }
}

static void on_reply(struct walk *w, const struct reply_fact *reply)
{
    struct tally *t = &w->tallies[w->f->records[reply->record].key];
    if (reply->says == REPLY_CONFIRMS && !t->confirmed) {
        t->confirmed = true;
        t->confirmed_line = reply->line;
        t->confirmed_seq = reply->seq;
    }
    t->duplicate = t->duplicate || reply->says == REPLY_DUPLICATE;
    t->refused = t->refused || reply->says != REPLY_CONFIRMS;
}

static void on_usage(struct walk *w, const struct usage_fact *u)
{
    w->tallies[u->key].is_asked = true;
    w->tallies[u->key].asked += u->quantity;
}

// The four lists, each with the seq of its next element (UINT64_MAX at its end) and what takes it.
// In this order where seqs are equal: a request is asked for before it is billed.
static uint64_t seq_of_usage(const struct walk *w)
{
    return w->usage < w->f->usages_count ? w->f->usages[w->usage].sent_seq : UINT64_MAX;
}

static uint64_t seq_of_bill(const struct walk *w)
{
    return w->bill < w->f->bills_count ? w->f->bills[w->bill].seq : UINT64_MAX;
}

static uint64_t seq_of_reply(const struct walk *w)
{
    return w->reply < w->f->replies_count ? w->f->replies[w->reply].seq : UINT64_MAX;
}

static uint64_t seq_of_word(const struct walk *w)
{
    return w->word < w->f->words_count ? w->f->words[w->word].seq : UINT64_MAX;
}

static void take_usage(struct walk *w)
{
    on_usage(w, &w->f->usages[w->usage++]);
}

static void take_bill(struct walk *w)
{
    const struct billed_fact *bill = &w->f->bills[w->bill++];
    on_bill(w, bill);
}

static void take_reply(struct walk *w)
{
    on_reply(w, &w->f->replies[w->reply++]);
}

static void take_word(struct walk *w)
{
    on_word(w, &w->f->words[w->word++]);
}

static const struct {
    uint64_t (*seq)(const struct walk *w);
    void (*take)(struct walk *w);
} LISTS[] = {{seq_of_usage, take_usage},
             {seq_of_bill, take_bill},
             {seq_of_reply, take_reply},
             {seq_of_word, take_word}};

static bool take_next(struct walk *w)
{
    size_t first = 0;
    for (size_t i = 1; i < sizeof LISTS / sizeof LISTS[0]; i++) {
        first = LISTS[i].seq(w) < LISTS[first].seq(w) ? i : first;
    }
    if (LISTS[first].seq(w) == UINT64_MAX) {
        return false;
    }
    LISTS[first].take(w);
    return true;
}

void money_follow(struct findings *out, const struct facts *f, struct tally *tallies)
{
    struct walk w = {.out = out, .f = f, .tallies = tallies};
    w.words = x_alloc(f->usages_count * sizeof *w.words);
    while (take_next(&w)) {
    }
    x_free(w.words);
}

void invariant_money(struct findings *out, const struct facts *f)
{
    struct tally *tallies = x_alloc(f->keys_count * sizeof *tallies);
    money_accounts(out, f);
    money_follow(out, f, tallies);
    money_end(out, f, tallies);
    x_free(tallies);
}
