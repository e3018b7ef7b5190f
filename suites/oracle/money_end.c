// SPDX-License-Identifier: Apache-2.0
// Money at the end of a case, the sentences about it, and our own accounts held against each other.
#include "suites/oracle/money.h"

#include <inttypes.h>
#include <string.h>

#include "proxy/base/own.h"

void money_name_key(struct buf *b, const struct facts *f, size_t key)
{
    const struct key_fact *k = &f->keys[key];
    unsigned count = 0;
    for (size_t i = 0; i < f->usages_count; i++) {
        if (f->usages[i].key == key && *f->usages[i].id != '\0' && ++count <= 4) {
            buf_addf(b, "%s%s", count == 1 ? "" : " + ", f->usages[i].id);
        }
    }
    if (count > 4) {
        buf_addf(b, " and %u more", count - 4);
    }
    buf_add_text(b, count == 0 ? "" : " (");
    facts_name_key(b, &k->account, k->first_us);
    buf_add_text(b, count == 0 ? "" : ")");
}

// A usage of the same account that was asked for another hour, best with the same quantity.
static const struct usage_fact *moved_from(const struct facts *f, const struct billed_fact *bill)
{
    const struct usage_fact *found = NULL;
    for (size_t i = 0; i < f->usages_count; i++) {
        const struct usage_fact *u = &f->usages[i];
        if (u->sent_seq < bill->seq && account_equal(&u->account, &bill->account) &&
            (found == NULL || (u->quantity == bill->quantity && found->quantity != u->quantity))) {
            found = u;
        }
    }
    return found;
}

static void tell_moved(struct findings *out, const struct facts *f, const struct billed_fact *bill,
                       const struct usage_fact *u, const struct tally *tallies)
{
    char hour[HOUR_TEXT];
    hour_text(hour, bill->hour_us);
    unsigned sent = bill->exchange == NOWHERE ? bill->line : f->exchanges[bill->exchange].line;
    const struct tally *asked = &tallies[u->key];
    int64_t sum = asked->billed + tallies[bill->key].billed;
    OWN_BUF struct buf name = {0};
    // What is billed of its hour may be other usage; only more than all of it was sent again.
    if (sum > asked->asked) {
        money_name_key(&name, f, u->key);
        buf_add_char(&name, '\0');
        findings_add(out, FINDING_BAD, sent,
                     "%s: asked %" PRId64 ", billed %" PRId64
                     ": sent again at line %u with hour %s, which the service took as new usage.",
                     name.data, asked->asked, sum, sent, hour);
    } else {
        facts_name_usage(&name, u);
        buf_add_char(&name, '\0');
        findings_add(out, FINDING_BAD, sent,
                     "%s: asked %" PRId64 ", billed %" PRId64
                     " under another hour: sent at line %u with hour %s, for which nothing was "
                     "asked.",
                     name.data, u->quantity, tallies[bill->key].billed, sent, hour);
    }
    findings_line(out, bill->line);
}

void money_tell_over(struct findings *out, const struct facts *f, const struct billed_fact *bill,
                     const struct tally *tallies)
{
    const struct tally *t = &tallies[bill->key];
    const struct usage_fact *moved = moved_from(f, bill);
    if (!t->is_asked && moved != NULL) {
        tell_moved(out, f, bill, moved, tallies);
        return;
    }
    OWN_BUF struct buf text = {0};
    money_name_key(&text, f, bill->key);
    int64_t before = f->keys[bill->key].preloaded;
    buf_addf(&text, ": asked %" PRId64 ", billed %" PRId64 ":", t->asked, before + t->billed);
    if (before > 0) {
        buf_addf(&text, " %" PRId64 " before the case;", before);
    }
    for (size_t i = 0; i < f->bills_count && f->bills[i].seq <= bill->seq; i++) {
        const struct billed_fact *b = &f->bills[i];
        if (b->key == bill->key) {
            char hour[HOUR_TEXT];
            hour_text(hour, b->hour_us);
            buf_addf(&text, " %" PRId64 " at line %u (%s%s%s, %s);", b->quantity, b->line, b->payer,
                     *b->region == '\0' ? "" : " in ", b->region, hour);
            findings_line(out, b->line);
        }
    }
    text.data[text.len - 1] = '.';
    buf_add_char(&text, '\0');
    findings_add(out, FINDING_BAD, bill->line, "%s", text.data);
}

// A line that asks for words, sent after the usage and answered done.
static const struct sent_fact *chance_after(const struct facts *f, uint64_t sent, uint64_t seq,
                                            const char *verb)
{
    for (size_t i = 0; i < f->sents_count; i++) {
        const struct sent_fact *s = &f->sents[i];
        bool asks = strcmp(s->sends, "flush") == 0 || strcmp(s->sends, "clock") == 0;
        if (asks && s->seq > sent && s->done_seq > seq &&
            (verb == NULL || strcmp(s->verb, verb) == 0)) {
            return s;
        }
    }
    return NULL;
}

static void judge_last_word(struct findings *out, const struct facts *f, const struct usage_fact *u,
                            const struct tally *t)
{
    OWN_BUF struct buf name = {0};
    facts_name_usage(&name, u);
    buf_add_char(&name, '\0');
    const struct sent_fact *asked = chance_after(f, u->sent_seq, u->acked_seq, NULL);
    if (u->last == WORD_NONE) {
        if (asked != NULL) {
            findings_add(out, FINDING_LACK, asked->line,
                         "%s: the client never said what became of it, though it was told to send "
                         "at line %u and answered done.",
                         name.data, asked->line);
        }
        return;
    }
    bool is_all_billed = t->billed + f->keys[u->key].preloaded == t->asked;
    bool is_open = u->last == WORD_PENDING || u->last == WORD_UNKNOWN;
    if (t->confirmed && is_all_billed && is_open &&
        chance_after(f, u->sent_seq, t->confirmed_seq, "drain") != NULL) {
        findings_add(out, FINDING_LACK, t->confirmed_line,
                     "%s: the reply at line %u confirmed it, but after the drain the client still "
                     "calls it %s.",
                     name.data, t->confirmed_line, word_name(u->last));
    }
}

void money_end(struct findings *out, const struct facts *f, const struct tally *tallies)
{
    for (size_t i = 0; i < f->usages_count; i++) {
        const struct usage_fact *u = &f->usages[i];
        // Lower bounds count only what the client acknowledged.
        if (u->acked_seq != 0 && !u->is_void) {
            judge_last_word(out, f, u, &tallies[u->key]);
        }
    }
}

static bool is_listed(const cJSON *list, const cJSON *entry)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        if (strcmp(fact_text(item, "customer"), fact_who(entry)) == 0 &&
            strcmp(fact_text(item, "dimension"), fact_text(entry, "dimension")) == 0 &&
            json_get_int(item, "quantity", -1) == json_get_int(entry, "quantity", -2)) {
            return true;
        }
    }
    return false;
}

// Whether the scenario put it there: at the start, or in a `world` step.
static bool is_scenarios(const struct facts *f, const cJSON *entry)
{
    const cJSON *step = NULL;
    const cJSON *steps = json_get(f->scenario, "steps");
    bool found = is_listed(json_get(json_get(f->scenario, "world"), "ledger"), entry);
    cJSON_ArrayForEach(step, steps)
    {
        found = found || (strcmp(fact_text(step, "verb"), "world") == 0 &&
                          is_listed(json_get(json_get(step, "args"), "ledger"), entry));
    }
    return found;
}

static void hold_entry(struct findings *out, const struct facts *f, const cJSON *entry)
{
    const struct billed_fact *bill = NULL;
    unsigned count = 0;
    for (size_t i = 0; i < f->bills_count; i++) {
        if (billed_as(&f->bills[i], entry)) {
            bill = &f->bills[i];
            count++;
        }
    }
    int64_t quantity = json_get_int(entry, "quantity", -1);
    if (bill == NULL && !is_scenarios(f, entry)) {
        findings_add(out, FINDING_HARNESS, 0,
                     "ledger.json holds %" PRId64 " for %s, %s, %s, which no commit put there.",
                     quantity, fact_text(entry, "payer"), fact_text(entry, "dimension"),
                     fact_text(entry, "hour"));
    } else if (bill != NULL && (count > 1 || bill->quantity != quantity)) {
        findings_add(out, FINDING_HARNESS, bill->line,
                     "ledger.json holds %" PRId64 " for %s, %s, %s, but the journal has %u "
                     "commit(s) of it, the last of %" PRId64 ".",
                     quantity, fact_text(entry, "payer"), fact_text(entry, "dimension"),
                     fact_text(entry, "hour"), count, bill->quantity);
    }
}

void money_accounts(struct findings *out, const struct facts *f)
{
    const cJSON *entries = json_get(f->evidence->ledger, "entries");
    if (f->is_cut || !cJSON_IsArray(entries)) {
        return; // a run that was cut has no ledger, or one that is not of its end
    }
    const cJSON *entry = NULL;
    cJSON_ArrayForEach(entry, entries)
    {
        hold_entry(out, f, entry);
    }
    for (size_t i = 0; i < f->bills_count; i++) {
        bool found = false;
        cJSON_ArrayForEach(entry, entries)
        {
            found = found || billed_as(&f->bills[i], entry);
        }
        if (!found) {
            findings_add(out, FINDING_HARNESS, f->bills[i].line,
                         "Line %u bills %" PRId64 " that ledger.json does not hold.",
                         f->bills[i].line, f->bills[i].quantity);
        }
    }
}
