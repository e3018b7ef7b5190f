// SPDX-License-Identifier: Apache-2.0
// run.json is the caller's header with two more members: "closing", which says how the run ended,
// and "digest" over every byte before it. It is replaced as a whole when the run closes.
#include "proxy/evidence/run.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "proxy/base/digest.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "proxy/evidence/disk.h"
#include "proxy/evidence/layout.h"
#include "proxy/evidence/oldrun.h"

struct run_case {
    char *id;
    char *scenario; // digest promised by the header, or NULL
    char *why;      // NULL until it has ended
    char end[SHA256_HEX];
};

struct run_writer {
    char *dir;
    char *header; // the object without its closing brace
    struct run_case *cases;
    size_t count, capacity;
    struct diag failed; // the first write that failed
};

static enum rc check_case(const struct run_writer *w, struct span id, struct diag *d)
{
    if (!layout_id_is_good(id)) {
        return diag_fail(d, RC_SYNTAX, "\"%.*s\" cannot be the id of a case",
                         (int)(id.len > 80 ? 80 : id.len), id.len == 0 ? "" : id.at);
    }
    for (size_t i = 0; i < w->count; i++) {
        if (span_is(id, w->cases[i].id)) {
            return diag_fail(d, RC_CONFLICT, "the case %s is listed twice", w->cases[i].id);
        }
    }
    return RC_OK;
}

static enum rc take_cases(struct run_writer *w, const cJSON *list, struct diag *d)
{
    const cJSON *item = NULL;
    if (!cJSON_IsArray(list)) {
        return diag_fail(d, RC_MISSING, "the header of a run needs a list \"cases\"");
    }
    cJSON_ArrayForEach(item, list)
    {
        struct span id = json_span(json_get(item, "id"));
        const char *scenario = json_get_text(item, "scenario");
        enum rc rc = check_case(w, id, d);
        if (rc != RC_OK) {
            return rc;
        }
        X_GROW(w->cases, w->count, w->capacity);
        w->cases[w->count++] = (struct run_case){
            .id = span_dup(id), .scenario = scenario == NULL ? NULL : x_strdup(scenario)};
    }
    return RC_OK;
}

// The header's own bytes are kept: printing the tree again would round large numbers.
static enum rc take_header(struct run_writer *w, struct span header, struct diag *d)
{
    OWN(json) cJSON *tree = NULL;
    enum rc rc = json_read(&tree, NULL, header, NULL, d);
    if (rc != RC_OK) {
        return rc;
    }
    if (!cJSON_IsObject(tree) || json_get(tree, "closing") != NULL ||
        json_get(tree, "digest") != NULL) {
        return diag_fail(d, RC_CONFLICT,
                         "the header of a run is an object without \"closing\" and \"digest\"");
    }
    rc = take_cases(w, json_get(tree, "cases"), d);
    size_t brace = header.len;
    while (header.at[brace - 1] != '}') {
        brace--;
    }
    w->header = span_dup(span_slice(header, 0, brace - 1));
    return rc;
}

static enum rc make_dir(const char *path, struct diag *d)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? RC_OK : disk_fail(d, path, errno);
}

static enum rc claim_dir(const char *dir, struct diag *d)
{
    if (mkdir(dir, 0700) == 0) {
        return RC_OK;
    }
    if (errno != EEXIST) {
        return disk_fail(d, dir, errno);
    }
    struct disk_names names = {0};
    enum rc rc = disk_list(&names, dir, d);
    if (rc == RC_OK && disk_names_has(&names, LAYOUT_RUN)) {
        rc = oldrun_remove(dir, d);
    } else if (rc == RC_OK && names.count > 0) {
        rc = diag_fail_at(d, RC_CONFLICT, dir, (struct place){0},
                          "this directory holds %s and no run.json, so it is not a run; choose an "
                          "empty or a new directory",
                          names.items[0]);
    }
    disk_names_clear(&names);
    return rc;
}

// Remembers the first failure to write, as the closing record must then not be written.
static enum rc remember(struct run_writer *w, enum rc rc, const struct diag *d)
{
    if (rc == RC_IO && w->failed.code == RC_OK) {
        w->failed = *d;
    }
    return rc;
}

// Every public function works on a diagnostic of its own: the caller's may be NULL or used already.
static enum rc report(struct run_writer *w, enum rc rc, const struct diag *own, struct diag *d)
{
    if (rc != RC_OK && d != NULL && d->code == RC_OK) {
        *d = *own;
    }
    return remember(w, rc, own);
}

static enum rc write_run(const struct run_writer *w, struct span closing, struct diag *d)
{
    OWN_BUF struct buf text = {0};
    OWN(text) char *path = disk_join(w->dir, LAYOUT_RUN);
    char digest[SHA256_HEX];
    buf_add_text(&text, w->header);
    buf_add_text(&text, ",\"closing\":");
    buf_add(&text, closing);
    sha256_hex(digest, buf_span(&text));
    buf_addf(&text, ",\"digest\":\"%s\"}\n", digest);
    return disk_replace(path, buf_span(&text), d);
}

enum rc run_writer_open(struct run_writer **out, const char *dir, struct span header,
                        struct diag *d)
{
    struct run_writer *w = x_alloc(sizeof *w);
    w->dir = x_strdup(dir);
    enum rc rc = take_header(w, header, d);
    if (rc == RC_OK) {
        rc = claim_dir(dir, d);
    }
    if (rc == RC_OK) {
        rc = write_run(w, SPAN("{\"closed\":false}"), d);
    }
    if (rc == RC_OK) {
        *out = w;
    } else {
        run_writer_free(&w);
    }
    return rc;
}

static struct run_case *find_case(const struct run_writer *w, const char *case_id)
{
    for (size_t i = 0; i < w->count; i++) {
        if (strcmp(w->cases[i].id, case_id) == 0) {
            return &w->cases[i];
        }
    }
    return NULL;
}

static enum rc no_case(const char *case_id, struct diag *d)
{
    return diag_fail(d, RC_UNKNOWN, "the run has no case \"%.100s\"", case_id);
}

// OUT/cases/ID of a case that is known; owned.
static char *case_dir(const struct run_writer *w, const struct run_case *c)
{
    char name[LAYOUT_ID_MAX + 1];
    layout_case_dir(name, span_of(c->id));
    OWN(text) char *cases = disk_join(w->dir, LAYOUT_CASES);
    return disk_join(cases, name);
}

static enum rc case_path(const struct run_writer *w, const char *case_id, const char *file,
                         char **path, struct diag *d)
{
    const struct run_case *c = find_case(w, case_id);
    if (c == NULL) {
        return no_case(case_id, d);
    }
    if (file != NULL && !layout_file_is_good(span_of(file))) {
        return diag_fail(d, RC_SYNTAX, "\"%.100s\" cannot be the name of a file of a case", file);
    }
    if (c->why != NULL) {
        return diag_fail(d, RC_CONFLICT, "the case %s has ended", case_id);
    }
    OWN(text) char *cases = disk_join(w->dir, LAYOUT_CASES);
    OWN(text) char *dir = case_dir(w, c);
    enum rc rc = make_dir(cases, d);
    if (rc == RC_OK) {
        rc = make_dir(dir, d);
    }
    if (rc == RC_OK) {
        *path = file == NULL ? own_take_text(&dir) : disk_join(dir, file);
    }
    return rc;
}

enum rc run_writer_path(struct run_writer *w, const char *case_id, const char *file, char **path,
                        struct diag *d)
{
    struct diag own = {0};
    return report(w, case_path(w, case_id, file, path, &own), &own, d);
}

enum rc run_writer_file(struct run_writer *w, const char *case_id, const char *file,
                        struct span bytes, struct diag *d)
{
    struct diag own = {0};
    OWN(text) char *path = NULL;
    assert(file != NULL);
    enum rc rc = case_path(w, case_id, file, &path, &own);
    if (rc == RC_OK) {
        rc = disk_create(path, bytes, &own);
    }
    return report(w, rc, &own, d);
}

// Renders {"client.out":"<SHA-256>",...} of every file but the journal.
static enum rc digest_files(struct buf *out, const char *dir, const struct run_case *c,
                            struct diag *d)
{
    struct disk_names names = {0};
    enum rc rc = disk_list(&names, dir, d);
    char comma = '{';
    for (size_t i = 0; rc == RC_OK && i < names.count; i++) {
        char digest[SHA256_HEX];
        OWN(text) char *path = disk_join(dir, names.items[i]);
        if (strcmp(names.items[i], LAYOUT_JOURNAL) == 0) {
            continue;
        }
        rc = disk_digest(digest, path, d);
        if (rc == RC_OK && c->scenario != NULL && strcmp(names.items[i], LAYOUT_SCENARIO) == 0 &&
            strcmp(digest, c->scenario) != 0) {
            rc = diag_fail_at(d, RC_CONFLICT, path, (struct place){0},
                              "this is not the scenario that run.json promises");
        }
        buf_add_char(out, comma);
        buf_add_json_string(out, span_of(names.items[i]));
        buf_addf(out, ":\"%s\"", digest);
        comma = ',';
    }
    buf_add_text(out, comma == '{' ? "{}" : "}");
    disk_names_clear(&names);
    return rc;
}

static enum rc check_more_keys(const cJSON *more, struct diag *d)
{
    static const char *const OURS[] = {"seq", "t_us", "wire", "service", "event",
                                       "why", "text", "lost", "files",   "journal"};
    for (size_t i = 0; i < sizeof OURS / sizeof OURS[0]; i++) {
        if (json_get(more, OURS[i]) != NULL) {
            return diag_fail(d, RC_CONFLICT, "the end of a case already has a member \"%s\"",
                             OURS[i]);
        }
    }
    return RC_OK;
}

// Renders what `more` has as ",key:value" for each member.
static enum rc take_more(struct buf *out, struct span more, struct diag *d)
{
    OWN_BUF struct buf object = {0};
    OWN(json) cJSON *tree = NULL;
    struct span members = span_trim(more);
    if (members.len == 0) {
        return RC_OK;
    }
    bool braced = members.at[0] == '{';
    buf_add_text(&object, braced ? "" : "{");
    buf_add(&object, members.at[0] == ',' ? span_slice(members, 1, members.len) : members);
    buf_add_text(&object, braced ? "" : "}");
    enum rc rc = json_read(&tree, NULL, buf_span(&object), "more", d);
    if (rc == RC_OK) {
        rc = check_more_keys(tree, d);
    }
    for (const cJSON *m = rc == RC_OK ? tree->child : NULL; m != NULL; m = m->next) {
        buf_add_char(out, ',');
        buf_add_json_string(out, span_of(m->string));
        buf_add_char(out, ':');
        json_print(out, m);
    }
    return rc;
}

struct ending {
    const char *why, *text;
    struct span more;
};

static enum rc write_end(struct journal *j, const struct ending *ending, struct span files,
                         char end[SHA256_HEX], struct diag *d)
{
    char digest[SHA256_HEX];
    OWN_BUF struct buf more = {0};
    enum rc rc = take_more(&more, ending->more, d);
    if (rc != RC_OK) {
        return rc;
    }
    journal_digest(j, digest);
    struct buf *line = journal_begin(j, EVENT_END);
    journal_text(j, "why", span_of(ending->why));
    journal_text(j, "text", span_of(ending->text));
    buf_add(line, buf_span(&more));
    journal_int(j, "lost", (int64_t)journal_lost(j));
    journal_raw(j, "files", files);
    journal_text(j, "journal", span_of(digest));
    (void)journal_end(j);
    sha256_hex(end, journal_last_line(j));
    return RC_OK;
}

static enum rc end_case(const struct run_writer *w, struct run_case *c, struct journal *j,
                        const struct ending *ending, struct diag *d)
{
    if (c->why != NULL) {
        return diag_fail(d, RC_CONFLICT, "the case %s has ended already", c->id);
    }
    OWN(text) char *dir = case_dir(w, c);
    OWN(text) char *path = disk_join(dir, LAYOUT_JOURNAL);
    if (journal_path(j) == NULL || strcmp(journal_path(j), path) != 0) {
        return diag_fail(d, RC_CONFLICT, "the journal of the case %s is not %s", c->id, path);
    }
    OWN_BUF struct buf files = {0};
    enum rc rc = digest_files(&files, dir, c, d);
    return rc == RC_OK ? write_end(j, ending, buf_span(&files), c->end, d) : rc;
}

enum rc run_writer_end_case(struct run_writer *w, const char *case_id, struct journal **journal,
                            const char *why, const char *text, struct span more, struct diag *d)
{
    struct diag own = {0};
    struct run_case *c = find_case(w, case_id);
    struct ending ending = {.why = why, .text = text, .more = more};
    enum rc rc = c == NULL ? no_case(case_id, &own) : end_case(w, c, *journal, &ending, &own);
    // A journal that could not be written outweighs whatever else went wrong.
    struct diag closing = {0};
    if (journal_close(journal, &closing) != RC_OK) {
        rc = closing.code;
        own = closing;
    }
    if (rc == RC_OK && c != NULL) {
        c->why = x_strdup(why);
    }
    return report(w, rc, &own, d);
}

enum rc run_writer_drop_case(struct run_writer *w, const char *case_id, struct diag *d)
{
    struct diag own = {0};
    struct run_case *c = find_case(w, case_id);
    if (c == NULL) {
        return report(w, no_case(case_id, &own), &own, d);
    }
    OWN(text) char *dir = case_dir(w, c);
    enum rc rc = oldrun_remove_case(dir, &own);
    x_free(c->why);
    c->why = NULL;
    return report(w, rc, &own, d);
}

static void render_closing(const struct run_writer *w, bool interrupted, struct buf *out)
{
    buf_addf(out, "{\"closed\":true,\"interrupted\":%s,\"cases\":[",
             interrupted ? "true" : "false");
    for (size_t i = 0; i < w->count; i++) {
        const struct run_case *c = &w->cases[i];
        buf_addf(out, "%s{\"id\":\"%s\"", i == 0 ? "" : ",", c->id);
        if (c->why != NULL) {
            buf_add_text(out, ",\"why\":");
            buf_add_json_string(out, span_of(c->why));
            buf_addf(out, ",\"end\":\"%s\"", c->end);
        }
        buf_add_char(out, '}');
    }
    buf_add_text(out, "]}");
}

enum rc run_writer_close(struct run_writer *w, bool interrupted, struct diag *d)
{
    struct diag own = w->failed;
    OWN_BUF struct buf closing = {0};
    enum rc rc = own.code;
    if (rc == RC_OK) {
        render_closing(w, interrupted, &closing);
        rc = write_run(w, buf_span(&closing), &own);
    }
    return report(w, rc, &own, d);
}

void run_writer_free(struct run_writer **w)
{
    if (*w == NULL) {
        return;
    }
    for (size_t i = 0; i < (*w)->count; i++) {
        x_free((*w)->cases[i].id);
        x_free((*w)->cases[i].scenario);
        x_free((*w)->cases[i].why);
    }
    x_free((*w)->cases);
    x_free((*w)->dir);
    x_free((*w)->header);
    x_free(*w);
    *w = NULL;
}
