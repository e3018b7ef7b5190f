// SPDX-License-Identifier: Apache-2.0
// Bodies reach the journal as JSON strings, and may be JSON that holds JSON; SDKs differ in what
// they escape (one writes \/, one \u002B, forms have %2B). Spelling out all forms of a secret is
// hopeless, so each secret has an anchor: its longest run of letters, digits and _.- which every
// encoder leaves alone. Anchors are looked for by skipping (Wu and Manber, 1994: look at the last
// two bytes of a window as long as the shortest anchor; most pairs occur in no anchor, and the
// window moves on by its length). Only around an anchor are spellings compared. A secret that has
// no such run is compared at every byte.
#include "proxy/evidence/secrets.h"

#include <assert.h>
#include <string.h>

#include "proxy/base/alloc.h"

#define ANCHOR_MIN 4
#define WINDOW_MAX 32
#define PAIRS 4096
// The longest spelling of one character that is looked for before an anchor.
#define SPELLING_MAX 12

struct secret {
    char *name;
    char *bytes; // of value
    struct span value;
    struct span anchor; // a part of value; empty when there is none
};

struct secrets {
    struct secret *items;
    size_t count, capacity;
    size_t window; // length of the shortest anchor, cut to WINDOW_MAX; 0 while there is none
    bool has_bare; // a secret without anchor is known
    unsigned char skip[PAIRS];
};

struct hit {
    size_t from, to;
    const struct secret *secret;
};

struct hits {
    struct hit *items;
    size_t count, capacity;
};

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

static size_t pair(const char *at)
{
    return (((size_t)(unsigned char)at[0] << 5) ^ (unsigned char)at[1]) % PAIRS;
}

static struct span longest_plain_run(struct span value)
{
    struct span best = {0};
    for (size_t from = 0; from < value.len;) {
        size_t to = from;
        while (to < value.len && is_plain(value.at[to])) {
            to++;
        }
        if (to - from > best.len) {
            best = span_slice(value, from, to);
        }
        from = to + 1;
    }
    return best.len < ANCHOR_MIN ? (struct span){0} : best;
}

// How far the window may move, for each pair at its end.
static void fill_skips(struct secrets *s)
{
    memset(s->skip, (int)(s->window - 1), sizeof s->skip);
    for (size_t n = 0; n < s->count; n++) {
        for (size_t i = 0; s->items[n].anchor.len > 0 && i + 2 <= s->window; i++) {
            unsigned char move = (unsigned char)(s->window - 2 - i);
            unsigned char *skip = &s->skip[pair(s->items[n].anchor.at + i)];
            *skip = move < *skip ? move : *skip;
        }
    }
}

struct secrets *secrets_new(void)
{
    return x_alloc(sizeof(struct secrets));
}

void secrets_free(struct secrets **s)
{
    if (*s == NULL) {
        return;
    }
    for (size_t i = 0; i < (*s)->count; i++) {
        x_free((*s)->items[i].name);
        x_free((*s)->items[i].bytes);
    }
    x_free((*s)->items);
    x_free(*s);
    *s = NULL;
}

static bool is_known(const struct secrets *s, struct span value)
{
    for (size_t i = 0; i < s->count; i++) {
        if (span_equal(s->items[i].value, value)) {
            return true;
        }
    }
    return false;
}

void secrets_add(struct secrets *s, const char *name, struct span value)
{
    for (const char *c = name; *c != '\0'; c++) {
        assert(is_plain(*c));
    }
    if (value.len < SECRET_MIN_BYTES || is_known(s, value)) {
        return;
    }
    struct secret fresh = {.name = x_strdup(name), .bytes = span_dup(value)};
    fresh.value = (struct span){.at = fresh.bytes, .len = value.len};
    fresh.anchor = longest_plain_run(fresh.value);
    X_GROW(s->items, s->count, s->capacity);
    s->items[s->count++] = fresh;
    if (fresh.anchor.len == 0) {
        s->has_bare = true;
        return;
    }
    size_t window = fresh.anchor.len < WINDOW_MAX ? fresh.anchor.len : WINDOW_MAX;
    s->window = s->window == 0 || window < s->window ? window : s->window;
    fill_skips(s);
}

static bool hex_digits(struct span text, size_t at, size_t count, unsigned *value)
{
    static const char DIGITS[] = "0123456789abcdefABCDEF";
    *value = 0;
    for (size_t i = at; i < at + count; i++) {
        const char *digit = i < text.len ? strchr(DIGITS, text.at[i]) : NULL;
        if (digit == NULL || *digit == '\0') {
            return false;
        }
        unsigned number = (unsigned)(digit - DIGITS);
        *value = *value * 16 + (number < 16 ? number : number - 6);
    }
    return true;
}

// %2F, and %252F for what was encoded twice.
static size_t spelled_percent(struct span text, size_t at, unsigned char c)
{
    size_t digits = at + 1;
    unsigned value = 0;
    while (hex_digits(text, digits, 4, &value) && value >> 8 == 0x25) {
        digits += 2;
    }
    return hex_digits(text, digits, 2, &value) && value == c ? digits + 2 - at : 0;
}

static size_t run_of_backslashes(struct span text, size_t at)
{
    size_t to = at;
    while (to < text.len && text.at[to] == '\\') {
        to++;
    }
    return to - at;
}

// \/, \u002f, \n: one backslash or, where JSON holds JSON, more.
static size_t spelled_escape(struct span text, size_t at, unsigned char c)
{
    static const char LETTERS[] = "bfnrt";
    static const char MEANINGS[] = "\b\f\n\r\t";
    size_t last = at + run_of_backslashes(text, at);
    unsigned value = 0;
    if (last == text.len) {
        return 0;
    }
    if (text.at[last] == 'u') {
        return hex_digits(text, last + 1, 4, &value) && value == c ? last + 5 - at : 0;
    }
    const char *letter = strchr(LETTERS, text.at[last]);
    if (letter != NULL && *letter != '\0') {
        return (unsigned char)MEANINGS[letter - LETTERS] == c ? last + 1 - at : 0;
    }
    return (unsigned char)text.at[last] == c ? last + 1 - at : 0;
}

// How the text is written.
struct manner {
    bool json;    // a bare quote ends a string, and so is no part of a secret
    bool percent; // a percent sign begins an encoded byte
};

// The length of whatever spells c at that place, or 0.
static size_t spelled(struct span text, size_t at, unsigned char c, struct manner manner)
{
    if (text.at[at] == '%' && manner.percent) {
        return spelled_percent(text, at, c);
    }
    if (text.at[at] == '\\') {
        return spelled_escape(text, at, c);
    }
    return (unsigned char)text.at[at] == c && (c != '"' || !manner.json) ? 1 : 0;
}

// Backslashes of the secret are at least as many in the text; what escapes the next character
// belongs to the same run. Gives the length in text, or 0, and moves *i to the character after.
static size_t spelled_backslashes(struct span text, size_t at, struct span value, size_t *i)
{
    size_t wanted = run_of_backslashes(value, *i);
    size_t run = run_of_backslashes(text, at);
    if (run < wanted) {
        return 0;
    }
    *i += wanted;
    bool quoted = *i < value.len && value.at[*i] == '"';
    if (quoted && run % 2 == 1 && at + run < text.len && text.at[at + run] == '"') {
        ++*i;
        return run + 1;
    }
    return run;
}

// Whether the secret, in some spelling, begins exactly there; *to is where it ends.
static bool begins(struct span text, size_t from, struct span value, struct manner manner,
                   size_t *to)
{
    size_t at = from;
    for (size_t i = 0; i < value.len;) {
        size_t used = 0;
        if (at == text.len) {
            return false;
        }
        if (value.at[i] == '\\' && text.at[at] == '\\') {
            used = spelled_backslashes(text, at, value, &i);
        } else {
            used = spelled(text, at, (unsigned char)value.at[i], manner);
            i++;
        }
        if (used == 0) {
            return false;
        }
        at += used;
    }
    *to = at;
    return true;
}

// One search through one text.
struct look {
    const struct secrets *secrets;
    struct span text;
    bool json;
    struct hits hits;
};

static bool begins_anyhow(const struct look *l, size_t from, struct span value, size_t *to)
{
    struct manner plain = {.json = l->json};
    struct manner percent = {.json = l->json, .percent = true};
    return begins(l->text, from, value, plain, to) || begins(l->text, from, value, percent, to);
}

static void add_hit(struct look *l, struct hit hit)
{
    struct hits *hits = &l->hits;
    X_GROW(hits->items, hits->count, hits->capacity);
    hits->items[hits->count++] = hit;
}

// An anchor stands at `at`: looks for the beginning of its secret, near before far.
static void look_around(struct look *l, size_t at, const struct secret *secret)
{
    size_t before = (size_t)(secret->anchor.at - secret->value.at);
    if (before > at) {
        return;
    }
    size_t lowest = at > before * SPELLING_MAX ? at - before * SPELLING_MAX : 0;
    for (size_t from = at - before;; from--) {
        size_t to = 0;
        if (begins_anyhow(l, from, secret->value, &to) && to >= at + secret->anchor.len) {
            add_hit(l, (struct hit){.from = from, .to = to, .secret = secret});
            return;
        }
        if (from == lowest) {
            return;
        }
    }
}

static void look_at_anchors(struct look *l, size_t at)
{
    struct span rest = span_slice(l->text, at, l->text.len);
    for (size_t i = 0; i < l->secrets->count; i++) {
        const struct secret *secret = &l->secrets->items[i];
        if (secret->anchor.len > 0 && span_starts(rest, secret->anchor)) {
            look_around(l, at, secret);
        }
    }
}

static void look_for_bare(struct look *l)
{
    for (size_t i = 0; i < l->secrets->count; i++) {
        const struct secret *secret = &l->secrets->items[i];
        for (size_t from = 0; secret->anchor.len == 0 && from < l->text.len; from++) {
            size_t to = 0;
            if (begins_anyhow(l, from, secret->value, &to)) {
                add_hit(l, (struct hit){.from = from, .to = to, .secret = secret});
            }
        }
    }
}

static void look(struct look *l)
{
    const struct secrets *s = l->secrets;
    for (size_t at = 0; s->window > 0 && at + s->window <= l->text.len;) {
        size_t skip = s->skip[pair(l->text.at + at + s->window - 2)];
        if (skip == 0) {
            look_at_anchors(l, at);
            skip = 1;
        }
        at += skip;
    }
    if (s->has_bare) {
        look_for_bare(l);
    }
}

const char *secrets_find(const struct secrets *s, struct span text)
{
    struct look l = {.secrets = s, .text = text};
    look(&l);
    const char *name = l.hits.count == 0 ? NULL : l.hits.items[0].secret->name;
    x_free(l.hits.items);
    return name;
}

// Hits are few: sorted by insertion. Those that overlap become one, named after the longest.
static void merge(struct hits *hits)
{
    for (size_t i = 1; i < hits->count; i++) {
        for (size_t k = i; k > 0 && hits->items[k].from < hits->items[k - 1].from; k--) {
            struct hit swap = hits->items[k];
            hits->items[k] = hits->items[k - 1];
            hits->items[k - 1] = swap;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < hits->count; i++) {
        struct hit *last = kept == 0 ? NULL : &hits->items[kept - 1];
        struct hit hit = hits->items[i];
        if (last == NULL || hit.from >= last->to) {
            hits->items[kept++] = hit;
            continue;
        }
        last->secret = hit.secret->value.len > last->secret->value.len ? hit.secret : last->secret;
        last->to = hit.to > last->to ? hit.to : last->to;
    }
    hits->count = kept;
}

// A walk over JSON in steps that must not be cut: \u002f, \n, one byte, or a whole bare word.
struct walk {
    struct span text;
    size_t at;
    bool in_string;
};

static size_t step_length(const struct walk *w)
{
    const char *at = w->text.at + w->at;
    size_t left = w->text.len - w->at;
    if (w->in_string && *at == '\\') {
        size_t length = left > 1 && at[1] == 'u' ? 6 : 2;
        return length < left ? length : left;
    }
    size_t length = 0;
    while (!w->in_string && length < left && strchr("\",:{}[]", at[length]) == NULL) {
        length++;
    }
    return length == 0 ? 1 : length;
}

static void step(struct walk *w, size_t length)
{
    if (w->text.at[w->at] == '"') {
        w->in_string = !w->in_string;
    }
    w->at += length;
}

static void add_name(struct buf *out, const struct secret *secret, bool quoted)
{
    buf_addf(out, quoted ? "\"[secret:%s]\"" : "[secret:%s]", secret->name);
}

static void replace_json(struct buf *out, struct span text, const struct hits *hits)
{
    struct walk w = {.text = text};
    for (size_t i = 0; w.at < text.len;) {
        size_t length = step_length(&w);
        while (i < hits->count && hits->items[i].to <= w.at) {
            i++;
        }
        if (i == hits->count || w.at + length <= hits->items[i].from) {
            buf_add(out, span_slice(text, w.at, w.at + length));
            step(&w, length);
            continue;
        }
        add_name(out, hits->items[i].secret, !w.in_string);
        // Never past the end of the string: a secret may look as if it held the closing quote.
        bool in_string = w.in_string;
        while (w.at < hits->items[i].to && !(in_string && text.at[w.at] == '"')) {
            step(&w, step_length(&w));
        }
        i++;
    }
}

static void replace(struct buf *out, struct span text, const struct hits *hits)
{
    size_t done = 0;
    for (size_t i = 0; i < hits->count; i++) {
        buf_add(out, span_slice(text, done, hits->items[i].from));
        add_name(out, hits->items[i].secret, false);
        done = hits->items[i].to;
    }
    buf_add(out, span_slice(text, done, text.len));
}

static bool redact(struct look *l, struct buf *out)
{
    look(l);
    bool found = l->hits.count > 0;
    if (found) {
        merge(&l->hits);
        (l->json ? replace_json : replace)(out, l->text, &l->hits);
    }
    x_free(l->hits.items);
    return found;
}

bool secrets_redact(const struct secrets *s, struct buf *out, struct span text)
{
    return redact(&(struct look){.secrets = s, .text = text}, out);
}

bool secrets_redact_json(const struct secrets *s, struct buf *out, struct span text)
{
    return redact(&(struct look){.secrets = s, .text = text, .json = true}, out);
}
