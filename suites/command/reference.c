// SPDX-License-Identifier: Apache-2.0
#include "suites/command/reference.h"

#include "proxy/base/own.h"
#include "proxy/lane.h"
#include "proxy/scenario/vocabulary.h"
#include "suites/oracle/oracle.h"
#include "suites/play/play.h"

static const struct table_column STEP_COLUMNS[] = {
    {"step", true}, {"takes", false}, {"meaning", false}, {"played", false}};
static const struct table_column ACTION_COLUMNS[] = {{"action", true},   {"takes", false},
                                                     {"meaning", false}, {"phases", true},
                                                     {"fault", false},   {"played", false}};
static const struct table_column EXPECT_COLUMNS[] = {{"expectation", true},
                                                     {"takes", false},
                                                     {"holds when", false},
                                                     {"money", false},
                                                     {"played", false}};
static const struct table_column INVARIANT_COLUMNS[] = {
    {"invariant", true}, {"holds when", false}, {"basis", false}, {"money", false}};
static const struct table_column ARGUMENT_COLUMNS[] = {{"word", true},     {"argument", true},
                                                       {"value", false},   {"needed", false},
                                                       {"meaning", false}, {"played", false}};
static const struct table_column KEY_COLUMNS[] = {
    {"key", true}, {"value", false}, {"needed", false}, {"meaning", false}, {"played", false}};

#define COUNT(columns) (sizeof(columns) / sizeof(columns)[0])

static void add_yes(struct table *t, bool is_so)
{
    table_add(t, span_of(is_so ? "yes" : ""));
}

static void add_played(struct table *t, bool is_played)
{
    table_add(t, span_of(is_played ? "yes" : "not in this version"));
}

static bool has_words(enum type type)
{
    const char *words = type_row(type)->words;
    return words != NULL && words[0] != '^';
}

// The type of what lies in a list or map, through a further list or the first choice of two; or
// TYPE_NONE.
static enum type item_of(enum type type)
{
    const struct type_row *row = type_row(type);
    if (row->form != FORM_LIST && row->form != FORM_MAP) {
        return TYPE_NONE;
    }
    row = type_row(row->item);
    bool goes_on = row->form == FORM_LIST || row->form == FORM_EITHER;
    return goes_on ? row->item : type_row(type)->item;
}

// A type as a reader sees it: "a list of states: one of …".
static void add_value(struct table *t, enum type type)
{
    OWN_BUF struct buf text = {0};
    OWN(text) char *phrase = type_phrase(type);
    buf_add_text(&text, phrase);
    const struct type_row *row = type_row(type);
    enum type item = item_of(type);
    if (item != TYPE_NONE && has_words(item)) {
        OWN(text) char *words = type_phrase(item);
        buf_addf(&text, ": %s", words);
    }
    if (row->form == FORM_MAP && row->other != TYPE_NONE && has_words(row->other)) {
        OWN(text) char *words = type_phrase(row->other);
        buf_addf(&text, "; each key is %s", words);
    }
    table_add(t, buf_span(&text));
}

// Which keys an object of the type has: "id, customer; optional: at, product".
static void add_key_names(struct buf *out, enum type owner)
{
    size_t count = 0;
    const struct field_row *fields = field_rows(&count);
    for (int optional = 0; optional < 2; optional++) {
        size_t listed = 0;
        for (size_t i = 0; i < count; i++) {
            if (fields[i].owner == owner && fields[i].required == (optional == 0)) {
                const char *lead = optional == 0 || out->len == 0 ? "" : "; ";
                buf_addf(out, "%s%s%s", listed > 0 ? ", " : lead,
                         optional == 1 && listed == 0 ? "optional: " : "", fields[i].key);
                listed++;
            }
        }
    }
}

// What a verb takes, in short; its table of arguments says the rest.
static void add_takes(struct table *t, enum type type)
{
    OWN_BUF struct buf text = {0};
    const struct type_row *row = type_row(type);
    if (row->form == FORM_OBJECT) {
        add_key_names(&text, type);
    } else if (row->form == FORM_EITHER && type_row(row->other)->form == FORM_OBJECT) {
        OWN_BUF struct buf names = {0};
        add_key_names(&names, row->other);
        buf_addf(&text, "%s with %.*s", row->phrase, (int)names.len, names.data);
    }
    if (text.len > 0) {
        table_add(t, buf_span(&text));
    } else {
        add_value(t, type);
    }
}

// A walk over the keys of an object, and of the objects below it.
struct walk {
    struct table *table;
    const char *word;    // whose arguments these are; NULL for keys
    const char *section; // the top key or step whose own keys these are, or NULL
    bool is_unplayed;    // the whole word is
};

static void walk_type(const struct walk *walk, enum type type, const char *path);

static void add_key_played(const struct walk *walk, const char *key)
{
    const char *played = NULL;
    OWN_BUF struct buf text = {0};
    bool is_refused = walk->section != NULL && play_refuses(walk->section, key, &played);
    if (is_refused && played != NULL) {
        buf_addf(&text, "%s only", played);
        table_add(walk->table, buf_span(&text));
    } else {
        add_played(walk->table, !is_refused && !walk->is_unplayed);
    }
}

static void walk_field(const struct walk *walk, const struct field_row *field, const char *path)
{
    OWN_BUF struct buf key = {0};
    buf_addf(&key, "%s%s", path, field->key);
    if (walk->word != NULL) {
        table_add(walk->table, span_of(walk->word));
    }
    table_add(walk->table, buf_span(&key));
    add_value(walk->table, field->type);
    add_yes(walk->table, field->required);
    table_add(walk->table, span_of(field->help));
    add_key_played(walk, field->key);
    struct walk below = *walk;
    below.section = walk->word == NULL && path[0] == '\0' ? field->key : NULL;
    buf_add_char(&key, '\0');
    walk_type(&below, field->type, key.data);
}

static void walk_object(const struct walk *walk, enum type owner, const char *path)
{
    size_t count = 0;
    const struct field_row *fields = field_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].owner == owner) {
            walk_field(walk, &fields[i], path);
        }
    }
}

// Goes below a value, where objects are; path is that of the value: "world.tokens". Verbs have
// tables of their own, and the world stands among the keys.
static void walk_type(const struct walk *walk, enum type type, const char *path)
{
    const struct type_row *row = type_row(type);
    OWN_BUF struct buf below = {0};
    buf_addf(&below, "%s%s", path, row->form == FORM_LIST ? "[]" : "");
    buf_add_text(&below, row->form == FORM_MAP ? &".*"[path[0] == '\0' ? 1 : 0] : "");
    bool is_object = row->form == FORM_OBJECT || row->form == FORM_EXPECTS;
    buf_addf(&below, "%s%c", is_object ? "." : "", '\0');
    if (is_object) {
        walk_object(walk, type, below.data);
    } else if (row->form == FORM_LIST || row->form == FORM_MAP) {
        walk_type(walk, row->item, below.data);
    } else if (row->form == FORM_EITHER) {
        walk_type(walk, row->item, path);
        walk_type(walk, row->other, path);
    }
}

typedef bool is_played_fn(size_t verb);

static void add_arguments(struct page *page, const char *title, const struct verb_table *verbs,
                          is_played_fn *is_played)
{
    struct table t;
    table_init(&t, title, ARGUMENT_COLUMNS, COUNT(ARGUMENT_COLUMNS));
    for (size_t i = 0; i < verbs->count; i++) {
        struct walk walk = {.table = &t,
                            .word = verbs->rows[i].name,
                            .section = verbs->rows[i].name,
                            .is_unplayed = !is_played(i)};
        enum type type = verbs->rows[i].type;
        const struct type_row *row = type_row(type);
        if (type == TYPE_WORLD) {
            continue;
        }
        if (row->form == FORM_OBJECT) {
            walk_object(&walk, type, "");
        } else if (row->form == FORM_EITHER && type_row(row->other)->form == FORM_OBJECT) {
            walk_object(&walk, row->other, "");
        } else if (row->form == FORM_MAP) {
            walk_type(&walk, type, "");
        }
    }
    page_add(page, &t);
}

// The keys that may stand beside any verb.
static void add_common_keys(struct page *page, const char *title, enum type owner)
{
    struct table t;
    table_init(&t, title, KEY_COLUMNS, COUNT(KEY_COLUMNS));
    walk_object(&(struct walk){.table = &t}, owner, "");
    page_add(page, &t);
}

// What repeats has become its steps before anything is played.
static bool step_is_played(size_t verb)
{
    return verb == STEP_REPEAT || step_exists((enum step_verb)verb);
}

void reference_steps(struct page *page)
{
    struct table t;
    const struct verb_table *verbs = verb_table_of(FORM_STEP);
    table_init(&t, "Steps", STEP_COLUMNS, COUNT(STEP_COLUMNS));
    for (size_t i = 0; i < verbs->count; i++) {
        table_add(&t, span_of(verbs->rows[i].name));
        if (verbs->rows[i].type == TYPE_WORLD) {
            table_add(&t, SPAN("the keys of world, which --keys lists"));
        } else {
            add_takes(&t, verbs->rows[i].type);
        }
        table_add(&t, span_of(verbs->rows[i].help));
        add_played(&t, step_is_played(i));
    }
    page_add(page, &t);
    add_common_keys(page, "Keys beside any step", TYPE_STEP);
    add_arguments(page, "Arguments of steps", verbs, step_is_played);
}

static void add_phases(struct table *t, enum action_verb verb)
{
    OWN_BUF struct buf names = {0};
    for (unsigned phase = PHASE_CONNECT; phase <= PHASE_REQUEST; phase++) {
        if (action_works_in(verb, (enum phase)phase)) {
            buf_addf(&names, "%s%s", names.len == 0 ? "" : ", ", phase_name((enum phase)phase));
        }
    }
    table_add(t, buf_span(&names));
}

static bool action_is_played(size_t verb)
{
    return lane_does((enum action_verb)verb);
}

void reference_actions(struct page *page)
{
    struct table t;
    const struct verb_table *verbs = verb_table_of(FORM_ACTION);
    table_init(&t, "Actions", ACTION_COLUMNS, COUNT(ACTION_COLUMNS));
    for (size_t i = 0; i < verbs->count; i++) {
        enum action_verb verb = (enum action_verb)i;
        table_add(&t, span_of(verbs->rows[i].name));
        add_takes(&t, verbs->rows[i].type);
        table_add(&t, span_of(verbs->rows[i].help));
        add_phases(&t, verb);
        table_add(&t, span_of(fault_kind_name(action_kind(verb))));
        add_played(&t, action_is_played(i));
    }
    page_add(page, &t);
    add_arguments(page, "Arguments of actions", verbs, action_is_played);
}

static void add_expectation(struct table *t, const char *name, enum type type, const char *help)
{
    const struct oracle *oracle = oracle_find(name);
    table_add(t, span_of(name));
    add_takes(t, type);
    table_add(t, span_of(help));
    add_yes(t, oracle != NULL && oracle->is_money);
    add_played(t, oracle != NULL);
}

// Those that stand in `exercised` only, where they are keys.
static void add_further_oracles(struct table *t, const struct verb_table *verbs)
{
    size_t count = 0;
    const struct oracle *oracles = oracle_all(&count);
    for (size_t i = 0; i < count; i++) {
        const struct field_row *field = field_find(TYPE_EXERCISED, span_of(oracles[i].verb));
        if (field != NULL && verb_find(verbs, span_of(oracles[i].verb)) == verbs->count) {
            add_expectation(t, field->key, field->type, field->help);
        }
    }
}

static void add_invariants(struct page *page)
{
    struct table t;
    size_t count = 0;
    const struct invariant *rows = invariant_all(&count);
    table_init(&t, "Invariants", INVARIANT_COLUMNS, COUNT(INVARIANT_COLUMNS));
    for (size_t i = 0; i < count; i++) {
        table_add(&t, span_of(rows[i].id));
        table_add(&t, span_of(rows[i].help));
        table_add(&t, span_of(rows[i].basis));
        add_yes(&t, rows[i].is_money);
    }
    page_add(page, &t);
}

static bool expect_is_played(size_t verb)
{
    return oracle_exists(expect_name((enum expect_verb)verb));
}

void reference_oracles(struct page *page)
{
    struct table t;
    const struct verb_table *verbs = verb_table_of(FORM_EXPECT);
    table_init(&t, "Expectations", EXPECT_COLUMNS, COUNT(EXPECT_COLUMNS));
    for (size_t i = 0; i < verbs->count; i++) {
        add_expectation(&t, verbs->rows[i].name, verbs->rows[i].type, verbs->rows[i].help);
    }
    add_further_oracles(&t, verbs);
    page_add(page, &t);
    add_common_keys(page, "Keys beside any expectation", TYPE_EXPECT);
    add_arguments(page, "Arguments of expectations", verbs, expect_is_played);
    add_invariants(page);
}

void reference_keys(struct page *page)
{
    struct table t;
    table_init(&t, "Keys of a scenario file", KEY_COLUMNS, COUNT(KEY_COLUMNS));
    walk_object(&(struct walk){.table = &t}, TYPE_CASE, "");
    page_add(page, &t);
}
