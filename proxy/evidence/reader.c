// SPDX-License-Identifier: Apache-2.0
// The chain of digests: the last member of run.json covers all of run.json; its closing record
// holds the digest of the end line of each case; an end line holds the digests of the journal
// before it and of every other file. Whatever is not covered from there on (a file, a case) must
// not be there.
#include "proxy/evidence/reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/digest.h"
#include "proxy/base/own.h"
#include "proxy/evidence/disk.h"
#include "proxy/evidence/events.h"
#include "proxy/evidence/layout.h"

#define DIGEST_KEY ",\"digest\":\""
#define DIGEST_END "\"}\n"

struct run_reading {
    struct evidence_run *run;
    size_t capacity;
    const char *dir;
    const cJSON *closing; // the closing record's cases; NULL when the run was not closed
};

static void spoil_run(struct evidence_run *run, enum integrity integrity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void spoil_run(struct evidence_run *run, enum integrity integrity, const char *format, ...)
{
    if (integrity <= run->integrity) {
        return;
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(run->problem, sizeof run->problem, format, args);
    va_end(args);
    run->integrity = integrity;
}

// The tail must be the very bytes that a writer renders, so that no byte of it is free to change.
static bool digest_holds(struct span text)
{
    char hex[SHA256_HEX];
    size_t tail = sizeof DIGEST_KEY - 1 + SHA256_HEX - 1 + sizeof DIGEST_END - 1;
    if (text.len < tail) {
        return false;
    }
    struct span head = span_slice(text, 0, text.len - tail);
    OWN_BUF struct buf expected = {0};
    sha256_hex(hex, head);
    buf_addf(&expected, DIGEST_KEY "%s" DIGEST_END, hex);
    return span_equal(span_slice(text, head.len, text.len), buf_span(&expected));
}

static void read_closing(struct run_reading *r, struct span text)
{
    const cJSON *closing = json_get(r->run->run, "closing");
    if (!digest_holds(text)) {
        spoil_run(r->run, INTEGRITY_BROKEN,
                  LAYOUT_RUN ": this file is not as it was written: its digest differs");
    }
    if (json_is_true(json_get(closing, "closed"))) {
        r->closing = json_get(closing, "cases");
        if (!cJSON_IsArray(r->closing)) {
            spoil_run(r->run, INTEGRITY_BROKEN,
                      LAYOUT_RUN ": the closing record has no list of cases");
        }
    } else {
        spoil_run(r->run, INTEGRITY_CUT,
                  LAYOUT_RUN ": there is no closing record: the run was cut off");
    }
}

// The entry of that id in a list of objects, or NULL.
static const cJSON *entry_of(const cJSON *list, struct span id)
{
    const cJSON *item = NULL;
    if (!cJSON_IsArray(list)) {
        return NULL;
    }
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(json_get(item, "id")) &&
            span_equal(json_span(json_get(item, "id")), id)) {
            return item;
        }
    }
    return NULL;
}

static const char *dir_name(const struct evidence_case *c)
{
    const char *slash = strrchr(c->dir, '/');
    return slash == NULL ? c->dir : slash + 1;
}

static void check_file(struct evidence_case *c, const char *name, struct span expected)
{
    char digest[SHA256_HEX];
    struct diag d = {0};
    OWN(text) char *path = disk_join(c->dir, name);
    if (!disk_exists(path)) {
        evidence_spoil(c, INTEGRITY_BROKEN, "cases/%s/%s: this file was removed", dir_name(c),
                       name);
    } else if (disk_digest(digest, path, &d) != RC_OK) {
        evidence_spoil(c, INTEGRITY_BROKEN, "cases/%s/%s: %.120s", dir_name(c), name, d.text);
    } else if (!span_is(expected, digest)) {
        evidence_spoil(c, INTEGRITY_BROKEN,
                       "cases/%s/%s: this file is not as it was written: its digest differs",
                       dir_name(c), name);
    }
}

// Every file of the end line is there and right, and no other file is.
static void check_files(struct evidence_case *c, const cJSON *files)
{
    struct disk_names names = {0};
    const cJSON *file = NULL;
    if (!cJSON_IsObject(files) || disk_list(&names, c->dir, NULL) != RC_OK) {
        evidence_spoil(c, INTEGRITY_BROKEN, "cases/%s: the list of its files cannot be read",
                       dir_name(c));
    }
    for (size_t i = 0; i < names.count; i++) {
        if (strcmp(names.items[i], LAYOUT_JOURNAL) != 0 &&
            json_get(files, names.items[i]) == NULL) {
            evidence_spoil(c, INTEGRITY_BROKEN, "cases/%s/%.100s: this file was added", dir_name(c),
                           names.items[i]);
        }
    }
    cJSON_ArrayForEach(file, files)
    {
        if (layout_file_is_good(span_of(file->string))) {
            check_file(c, file->string, json_span(file));
        } else {
            evidence_spoil(c, INTEGRITY_BROKEN,
                           "cases/%s/" LAYOUT_JOURNAL
                           ": the end lists a file with an impossible name",
                           dir_name(c));
        }
    }
    disk_names_clear(&names);
}

// The end line against the closing record. Without one (the run was cut) a case that has ended is
// whole by its own digests.
static void check_end(struct evidence_case *c, const struct run_reading *r, struct span end)
{
    char digest[SHA256_HEX];
    const cJSON *entry = entry_of(r->closing, span_of(c->id));
    const char *recorded = json_get_text(entry, "end");
    if (r->closing == NULL) {
        return;
    }
    if (recorded == NULL) {
        evidence_spoil(c, INTEGRITY_CUT, "cases/%s: the run closed before this case ended",
                       dir_name(c));
        return;
    }
    if (end.at == NULL) {
        evidence_spoil(c, INTEGRITY_BROKEN,
                       "cases/%s/" LAYOUT_JOURNAL
                       ": its last lines were removed: the end that run.json records is not there",
                       dir_name(c));
        return;
    }
    sha256_hex(digest, end);
    if (strcmp(digest, recorded) != 0) {
        evidence_spoil(c, INTEGRITY_BROKEN,
                       "cases/%s/" LAYOUT_JOURNAL
                       ":%zu: this end is not the one that run.json records",
                       dir_name(c), c->count);
    }
}

static void read_journal(struct evidence_case *c, const struct run_reading *r)
{
    struct span end = {0};
    struct diag d = {0};
    char file[LAYOUT_ID_MAX + 32];
    OWN_BUF struct buf text = {0};
    OWN(text) char *path = disk_join(c->dir, LAYOUT_JOURNAL);
    (void)snprintf(file, sizeof file, "cases/%s/" LAYOUT_JOURNAL, dir_name(c));
    if (disk_read(&text, path, &d) == RC_OK) {
        events_read(c, buf_span(&text), file, &end);
    } else if (disk_exists(path)) {
        evidence_spoil(c, INTEGRITY_BROKEN, "%s: %.120s", file, d.text);
    } else {
        evidence_spoil(c, INTEGRITY_CUT, "%s: there is no journal", file);
    }
    check_end(c, r, end);
    if (end.at != NULL && c->count > 0 && c->events[c->count - 1].kind == EVENT_END) {
        check_files(c, json_get(c->events[c->count - 1].json, "files"));
    }
}

static cJSON *read_tree(struct evidence_case *c, const char *name, struct span expected)
{
    struct diag d = {0};
    cJSON *tree = NULL;
    OWN(text) char *path = disk_join(c->dir, name);
    OWN_BUF struct buf text = {0};
    if (!disk_exists(path)) {
        return NULL;
    }
    if (disk_read(&text, path, &d) != RC_OK ||
        json_read(&tree, NULL, buf_span(&text), NULL, &d) != RC_OK) {
        evidence_spoil(c, INTEGRITY_BROKEN, "cases/%s/%s:%u: %.120s", dir_name(c), name,
                       d.place.line, d.text);
        return NULL;
    }
    char digest[SHA256_HEX];
    sha256_hex(digest, buf_span(&text));
    if (expected.at != NULL && !span_is(expected, digest)) {
        evidence_spoil(c, INTEGRITY_BROKEN,
                       "cases/%s/%s: this is not the scenario whose digest run.json has",
                       dir_name(c), name);
    }
    return tree;
}

static void read_inside(struct evidence_case *c, const struct run_reading *r, const cJSON *entry)
{
    read_journal(c, r);
    c->scenario = read_tree(c, LAYOUT_SCENARIO, json_span(json_get(entry, "scenario")));
    c->ledger = read_tree(c, LAYOUT_LEDGER, (struct span){0});
}

static void read_case(struct run_reading *r, const cJSON *entry, struct span id)
{
    char name[LAYOUT_ID_MAX + 1];
    struct evidence_run *run = r->run;
    struct evidence_case c = {.id = span_dup(id)};
    layout_case_dir(name, id);
    OWN(text) char *cases = disk_join(r->dir, LAYOUT_CASES);
    c.dir = disk_join(cases, name);
    const cJSON *closed = entry_of(r->closing, id);
    if (r->closing != NULL && closed == NULL) {
        spoil_run(run, INTEGRITY_BROKEN,
                  LAYOUT_RUN ": the closing record does not have the case %s", name);
    }
    if (disk_is_directory(c.dir)) {
        read_inside(&c, r, entry);
    } else if (json_get_text(closed, "end") != NULL) {
        evidence_spoil(&c, INTEGRITY_BROKEN, "cases/%s: this directory was removed", name);
        spoil_run(run, INTEGRITY_BROKEN, "cases/%s: this directory was removed", name);
    } else {
        evidence_spoil(&c, INTEGRITY_CUT, "cases/%s: this case was not run", name);
    }
    X_GROW(run->cases, run->count, r->capacity);
    run->cases[run->count++] = c;
}

static bool is_read(const struct evidence_run *run, struct span id)
{
    for (size_t i = 0; i < run->count; i++) {
        if (span_is(id, run->cases[i].id)) {
            return true;
        }
    }
    return false;
}

static void read_cases(struct run_reading *r)
{
    const cJSON *list = json_get(r->run->run, "cases");
    const cJSON *entry = NULL;
    if (!cJSON_IsArray(list)) {
        spoil_run(r->run, INTEGRITY_BROKEN, LAYOUT_RUN ": it has no list of cases");
        return;
    }
    cJSON_ArrayForEach(entry, list)
    {
        struct span id = json_span(json_get(entry, "id"));
        if (!layout_id_is_good(id)) {
            spoil_run(r->run, INTEGRITY_BROKEN,
                      LAYOUT_RUN ": it lists a case whose id cannot be one");
        } else if (is_read(r->run, id)) {
            spoil_run(r->run, INTEGRITY_BROKEN, LAYOUT_RUN ": it lists the case %.*s twice",
                      (int)id.len, id.at);
        } else {
            read_case(r, entry, id);
        }
    }
    cJSON_ArrayForEach(entry, r->closing)
    {
        struct span id = json_span(json_get(entry, "id"));
        if (!is_read(r->run, id)) {
            spoil_run(r->run, INTEGRITY_BROKEN,
                      LAYOUT_RUN ": the closing record has a case that the list of cases has not");
        }
    }
}

static bool has_dir(const struct evidence_run *run, const char *name)
{
    for (size_t i = 0; i < run->count; i++) {
        if (strcmp(dir_name(&run->cases[i]), name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_strays(struct run_reading *r)
{
    struct disk_names names = {0};
    struct diag d = {0};
    OWN(text) char *cases = disk_join(r->dir, LAYOUT_CASES);
    if (disk_exists(cases) && disk_list(&names, cases, &d) != RC_OK) {
        spoil_run(r->run, INTEGRITY_BROKEN, LAYOUT_CASES ": %.120s", d.text);
    }
    for (size_t i = 0; i < names.count; i++) {
        if (!has_dir(r->run, names.items[i])) {
            spoil_run(r->run, INTEGRITY_BROKEN, LAYOUT_CASES "/%.150s: this is no case of the run",
                      names.items[i]);
        }
    }
    disk_names_clear(&names);
}

enum rc evidence_read(struct evidence_run **out, const char *dir, struct diag *d)
{
    OWN(text) char *path = disk_join(dir, LAYOUT_RUN);
    OWN_BUF struct buf text = {0};
    OWN(json) cJSON *tree = NULL;
    enum rc rc = disk_read(&text, path, d);
    if (rc == RC_OK) {
        rc = json_read(&tree, NULL, buf_span(&text), path, d);
    }
    if (rc == RC_OK && !cJSON_IsObject(tree)) {
        rc = diag_fail_at(d, RC_SYNTAX, path, (struct place){0}, "this is not the record of a run");
    }
    if (rc != RC_OK) {
        return rc;
    }
    struct evidence_run *run = x_alloc(sizeof *run);
    struct run_reading r = {.run = run, .dir = dir};
    run->run = own_take_json(&tree);
    read_closing(&r, buf_span(&text));
    read_cases(&r);
    check_strays(&r);
    *out = run;
    return RC_OK;
}

void evidence_free(struct evidence_run **run)
{
    if (*run == NULL) {
        return;
    }
    for (size_t i = 0; i < (*run)->count; i++) {
        evidence_case_clear(&(*run)->cases[i]);
    }
    cJSON_Delete((*run)->run);
    x_free((*run)->cases);
    x_free(*run);
    *run = NULL;
}
