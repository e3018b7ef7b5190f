// SPDX-License-Identifier: Apache-2.0
// Tags are written in one way before parts are told apart by them: sorted, with what AWS does not
// take replaced or left out. Fractions are kept until a record is rendered, where every part loses
// its own and the largest of them win back the whole numbers that are missing.
#include "tests/mutants/shares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"

#define MAX_SHARES 2500
#define MAX_TAGS 5
#define MAX_KEY 100
#define MAX_VALUE 256

struct tag {
    const char *key, *value; // borrowed
};

static int compare_tags(const void *a, const void *b)
{
    return strcmp(((const struct tag *)a)->key, ((const struct tag *)b)->key);
}

// Those that AWS's pattern and the documents' list of characters have in common.
static bool is_taken(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("+ -=._:/@", c) != NULL);
}

// One sign stands for each character that is not taken, however many bytes it has.
static void add_text(struct buf *out, const char *text, size_t most)
{
    OWN_BUF struct buf clean = {0};
    for (const char *c = text; *c != '\0' && clean.len < most; c++) {
        bool is_continued = ((unsigned char)*c & 0xC0U) == 0x80U;
        if (!is_continued) {
            buf_add_char(&clean, is_taken(*c) ? *c : '_');
        }
    }
    buf_add_json_string(out, buf_span(&clean));
}

static bool is_clean(const char *text, size_t most)
{
    size_t len = 0;
    while (is_taken(text[len])) {
        len++;
    }
    return text[len] == '\0' && len > 0 && len <= most;
}

// By the lawful variant untag-odd: whether AWS would take these tags as they are.
static bool is_lawful(const struct tag *tags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_clean(tags[i].key, MAX_KEY) || !is_clean(tags[i].value, MAX_VALUE)) {
            return false;
        }
    }
    return count <= MAX_TAGS;
}

static void render_tags(struct buf *out, const struct tag *tags, size_t count, const bool *on)
{
    size_t written = 0;
    for (size_t i = 0; i < count && (written < MAX_TAGS || on[BUG_ANY_TAGS]); i++) {
        if (*tags[i].value == '\0' && !on[BUG_RAW_TAGS]) {
            continue;
        }
        buf_add_text(out, written++ == 0 ? "[{\"Key\":" : ",{\"Key\":");
        if (on[BUG_RAW_TAGS]) {
            buf_add_json_string(out, span_of(tags[i].key));
            buf_add_text(out, ",\"Value\":");
            buf_add_json_string(out, span_of(tags[i].value));
        } else {
            add_text(out, tags[i].key, MAX_KEY);
            buf_add_text(out, ",\"Value\":");
            add_text(out, tags[i].value, MAX_VALUE);
        }
        buf_add_char(out, '}');
    }
    buf_add_text(out, written == 0 ? "" : "]");
}

// The tags of a part in the one way in which they are written; "" for none.
static char *canonical(const cJSON *object, const bool *on)
{
    size_t count = (size_t)cJSON_GetArraySize(object);
    struct tag *tags = x_alloc((count + 1) * sizeof *tags);
    size_t filled = 0;
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, object)
    {
        const char *value = json_text(member);
        tags[filled++] = (struct tag){.key = member->string, .value = value == NULL ? "" : value};
    }
    if (!on[BUG_UNSORTED_TAGS]) {
        qsort(tags, count, sizeof *tags, compare_tags);
    }
    OWN_BUF struct buf text = {0};
    if (!on[LEGAL_UNTAG_ODD] || is_lawful(tags, count)) {
        render_tags(&text, tags, count, on);
    }
    x_free(tags);
    return buf_take_text(&text);
}

// tags is kept or released.
static void put(struct shares *s, char *tags, double quantity, const bool *on)
{
    // Beyond what AWS takes the rest is not told apart; one place is for what is not tagged.
    bool is_full = s->count >= MAX_SHARES - 1 && !on[BUG_ANY_SHARES];
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->list[i].tags, tags) == 0) {
            s->list[i].quantity += quantity;
            x_free(tags);
            return;
        }
    }
    if (is_full && *tags != '\0') {
        x_free(tags);
        put(s, x_strdup(""), quantity, on); // NOLINT(misc-no-recursion): once
        return;
    }
    X_GROW(s->list, s->count, s->cap);
    s->list[s->count++] = (struct share){.tags = tags, .quantity = quantity};
}

void shares_add(struct shares *s, const cJSON *parts, double quantity, const bool *on)
{
    double left = quantity;
    const cJSON *part = NULL;
    cJSON_ArrayForEach(part, parts)
    {
        double share = cJSON_GetNumberValue(json_get(part, "quantity"));
        left -= share;
        if (!on[BUG_NO_TAGS]) {
            put(s, canonical(json_get(part, "tags"), on), share, on);
        }
    }
    // What decimal fractions leave is no rest: 3.3 + 3.3 + 3.4 is 10.
    if ((fabs(left) > 1e-6 && !on[BUG_NO_REST]) || on[BUG_NO_TAGS]) {
        put(s, x_strdup(""), on[BUG_NO_TAGS] ? quantity : left, on);
    }
}

static bool has_tags(const struct shares *s)
{
    return s->count > 1 || (s->count == 1 && *s->list[0].tags != '\0');
}

// How many whole numbers are missing when every part has lost its fraction.
static int64_t missing(const struct shares *s, int64_t total)
{
    for (size_t i = 0; i < s->count; i++) {
        total -= (int64_t)floor(s->list[i].quantity + 1e-9);
    }
    return total;
}

// The part that lost most among those that have not won one back.
static size_t poorest(const struct shares *s, const bool *has_won)
{
    size_t best = 0;
    double most = -1;
    for (size_t i = 0; i < s->count; i++) {
        double lost = s->list[i].quantity - floor(s->list[i].quantity + 1e-9);
        if (!has_won[i] && lost > most) {
            best = i;
            most = lost;
        }
    }
    return best;
}

void shares_render(struct buf *out, const struct shares *s, int64_t total, const bool *on)
{
    if (!has_tags(s)) {
        return;
    }
    bool *has_won = x_alloc(s->count * sizeof *has_won);
    int64_t left = on[BUG_UNEVEN] ? 0 : missing(s, total);
    for (; left > 0 && (size_t)left <= s->count; left--) {
        has_won[poorest(s, has_won)] = true;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct share *share = &s->list[i];
        double whole =
            on[BUG_UNEVEN] ? floor(share->quantity + 0.5) : floor(share->quantity + 1e-9);
        buf_addf(out, "%s{\"AllocatedUsageQuantity\":%lld",
                 i == 0 ? ",\"UsageAllocations\":[" : ",", (long long)whole + (has_won[i] ? 1 : 0));
        bool is_tagged = *share->tags != '\0';
        if (is_tagged || on[BUG_EMPTY_TAGS]) {
            buf_addf(out, ",\"Tags\":%s", is_tagged ? share->tags : "[]");
        }
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
    x_free(has_won);
}

size_t shares_bytes(const struct shares *s)
{
    size_t bytes = 0;
    for (size_t i = 0; i < s->count; i++) {
        bytes += strlen(s->list[i].tags) + 80;
    }
    return bytes;
}

void shares_clear(struct shares *s)
{
    for (size_t i = 0; i < s->count; i++) {
        x_free(s->list[i].tags);
    }
    x_free(s->list);
    *s = (struct shares){0};
}
