// SPDX-License-Identifier: Apache-2.0
// states: the client's last word about usages, at the end or when a step begins.
#include "suites/oracle/oracle.h"

#include <string.h>

#include "proxy/base/own.h"

bool states_allow(const cJSON *states, enum word word)
{
    // scenarios: where a case allows pending, unknown is allowed too.
    return json_array_has(states, word_name(word)) ||
           (word == WORD_UNKNOWN && json_array_has(states, "pending"));
}

// Only an answered flush promises a word about every usage (client contract); until then silence
// claims nothing.
static bool may_be_silent(const struct facts *f, const struct usage_fact *u, const cJSON *states)
{
    if (!f->is_moment || !json_array_has(states, "pending")) {
        return false;
    }
    for (size_t i = 0; i < f->sents_count; i++) {
        const struct sent_fact *s = &f->sents[i];
        if (strcmp(s->sends, "flush") == 0 && s->seq > u->sent_seq && s->done_seq != 0) {
            return false;
        }
    }
    return true;
}

static void list_states(struct buf *b, const cJSON *states)
{
    const cJSON *state = NULL;
    cJSON_ArrayForEach(state, states)
    {
        buf_addf(b, "%s%s", state == states->child ? "" : " or ", json_text(state));
    }
}

static void judge_one(struct findings *out, const struct facts *f, const struct usage_fact *u,
                      const cJSON *states, const char *moment)
{
    if (states_allow(states, u->last) || (u->last == WORD_NONE && may_be_silent(f, u, states))) {
        return;
    }
    OWN_BUF struct buf name = {0};
    OWN_BUF struct buf allowed = {0};
    facts_name_usage(&name, u);
    buf_add_char(&name, '\0');
    list_states(&allowed, states);
    buf_add_char(&allowed, '\0');
    // Only a final word can no longer change.
    bool is_final = u->last == WORD_METERED || u->last == WORD_REJECTED;
    const char *who = f->wire_only           ? "the wire shows it "
                      : u->last == WORD_NONE ? "there is "
                                             : "the client calls it ";
    findings_add(out, is_final ? FINDING_BAD : FINDING_LACK,
                 u->last == WORD_NONE ? u->line : u->last_line, "%s: %s%s (%s), expected %s.",
                 name.data, who, word_name(u->last), moment == NULL ? "at the end" : moment,
                 allowed.data);
}

void oracle_states(struct findings *out, const struct facts *f, const struct expectation *e)
{
    bool any = false;
    const cJSON *states = NULL;
    cJSON_ArrayForEach(states, e->args)
    {
        const struct usage_fact *u = oracle_usage(out, f, states->string);
        if (u != NULL) {
            any = true;
            judge_one(out, f, u, states, json_get_text(e->json, "at"));
        }
    }
    oracle_judged(out, any);
}
