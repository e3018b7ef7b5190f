// SPDX-License-Identifier: Apache-2.0
#include "suites/client/attach_answer.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

// Takes the prefix off an id; false when it has another, or none.
static bool strip(const struct attach_options *o, cJSON *id)
{
    struct span prefix = span_of(o->prefix);
    struct span text = json_span(id);
    if (!span_starts(text, prefix)) {
        return false;
    }
    OWN(text) char *rest = span_dup(span_slice(text, prefix.len, text.len));
    return cJSON_SetValuestring(id, rest) != NULL;
}

// An alert keeps the ids of this case. False when all it spoke of was another's.
static bool strip_about(const struct attach_options *o, cJSON *about)
{
    int count = cJSON_GetArraySize(about);
    int left = count;
    for (int i = count - 1; i >= 0; i--) {
        if (!strip(o, cJSON_GetArrayItem(about, i))) {
            cJSON_DeleteItemFromArray(about, i);
            left--;
        }
    }
    return count == 0 || left > 0;
}

static void set_word(cJSON *words, const char *word, bool wanted)
{
    int at = -1;
    for (int i = 0; i < cJSON_GetArraySize(words); i++) {
        at = span_is(json_span(cJSON_GetArrayItem(words, i)), word) ? i : at;
    }
    if (wanted && at < 0) {
        cJSON_AddItemToArray(words, cJSON_CreateString(word));
    } else if (!wanted && at >= 0) {
        cJSON_DeleteItemFromArray(words, at);
    }
}

// What the trigger says of itself, and what the other ways bring.
static void add_ways(const struct attach_options *o, cJSON *tree)
{
    const struct attach_ways *ways = o->ways;
    cJSON *words = cJSON_GetObjectItemCaseSensitive(tree, "supports");
    set_word(words, "restart", ways->restart != NULL);
    // A buyer with a token is a buyer at the page, unless the trigger knows better.
    if (ways->registration_url != NULL && !json_array_has(words, "resolve")) {
        set_word(words, "resolve", true);
        (void)cJSON_AddBoolToObject(tree, ATTACH_BY_PAGE, true);
    }
    set_word(words, "page", ways->registration_url != NULL || json_array_has(words, "page"));
    set_word(words, "notice", ways->notice_url != NULL || json_array_has(words, "notice"));
    set_word(words, "instances", false); // there is one
}

bool attach_takes(const struct attach_options *o, struct answer *answer, cJSON *tree)
{
    if (answer->kind == ANSWER_HELLO) {
        add_ways(o, tree);
    }
    if (answer->kind == ANSWER_USAGE) {
        cJSON *id = cJSON_GetObjectItemCaseSensitive(tree, "id");
        bool ours = strip(o, id);
        answer->id = json_text(id);
        return ours;
    }
    return answer->kind != ANSWER_ALERT ||
           strip_about(o, cJSON_GetObjectItemCaseSensitive(tree, "about"));
}

bool attach_is_new_life(const struct attach_options *o, const cJSON *hello)
{
    const char *said = json_get_text(hello, "life");
    char **known = o->life;
    if (said == NULL || known == NULL) {
        return true;
    }
    bool is_same = *known != NULL && strcmp(*known, said) == 0;
    x_free(*known);
    *known = x_strdup(said);
    return !is_same || !o->was_restarted;
}

// What became of the buyer, as the status of the page says; the customer is named by a header, or
// not at all. `inferred` tells the judge that the program has not said it in so many words.
static void say_resolved(struct buf *out, unsigned step, const struct visit_result *result)
{
    int status = result->end == VISIT_ANSWERED ? result->status : 0;
    const char *state = status >= 200 && status < 400   ? "resolved"
                        : status >= 400 && status < 500 ? "refused"
                                                        : "failed";
    buf_addf(out, "{\"mp\":\"resolve\",\"step\":%u,\"state\":\"%s\",\"inferred\":true", step,
             state);
    if (result->wanted.len > 0) {
        buf_add_member(out, "customer", result->wanted);
    }
    buf_add_text(out, "}\n");
}

static void say_done(struct buf *out, unsigned step)
{
    buf_addf(out, "{\"mp\":\"done\",\"step\":%u}\n", step);
}

void attach_say_page(struct buf *out, unsigned step, const struct visit_result *result)
{
    say_resolved(out, step, result);
    if (result->end == VISIT_ANSWERED) { // a browser would show an error of its own otherwise
        buf_addf(out, "{\"mp\":\"page\",\"step\":%u,\"status\":%d,\"headers\":{\"Set-Cookie\":[",
                 step, result->status);
        buf_add(out, result->cookies);
        buf_add_text(out, "]}}\n");
    }
    say_done(out, step);
}

void attach_say_resolve(struct buf *out, unsigned step, const struct visit_result *result)
{
    say_resolved(out, step, result);
    say_done(out, step);
}

// Amazon SNS and EventBridge take 2xx for delivered, and whatever else for not.
void attach_say_notice(struct buf *out, unsigned step, const struct visit_result *result)
{
    bool is_taken = result->end == VISIT_ANSWERED && result->status >= 200 && result->status < 300;
    buf_addf(out, "{\"mp\":\"notice\",\"step\":%u,\"state\":\"%s\",\"reason\":\"status %d\"}\n",
             step, is_taken ? "done" : "refused", result->status);
    say_done(out, step);
}
