// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/evidence/evidence_tests.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proxy/base/digest.h"
#include "proxy/evidence/oldrun.h"
#include "tests/unit/evidence/good_run.h"

static enum rc open_run(const char *dir, const char *header, struct diag *d)
{
    struct run_writer *w = NULL;
    enum rc rc = run_writer_open(&w, dir, span_of(header), d);
    run_writer_free(&w);
    return rc;
}

static void run_json_is_there_at_once(void)
{
    SCRATCH char *base = scratch_new();
    OWN(text) char *dir = disk_join(base, "out");
    struct stat st;
    struct run_writer *w = scratch_open_run(dir);
    CHECK_INT(stat(dir, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0700);
    struct buf text = scratch_get(dir, "run.json");
    OWN(text) char *got = buf_take_text(&text);
    // Large numbers and blanks of the header stay as they are.
    CHECK(strstr(got, "\"seed\":\"18446744073709551615\",\n") != NULL);
    CHECK(strstr(got, ",\"closing\":{\"closed\":false},\"digest\":\"") != NULL);
    CHECK(!scratch_has(dir, "run.json.new") && !scratch_has(dir, "cases"));
    run_writer_free(&w);
}

static void the_closing_record(void)
{
    SCRATCH char *dir = scratch_new();
    char end[SHA256_HEX];
    char digest[SHA256_HEX];
    scratch_good_run(dir);
    struct buf text = scratch_get(dir, "run.json");
    struct span whole = buf_span(&text);
    OWN(json) cJSON *run = scratch_json(whole);
    const cJSON *closing = json_get(run, "closing");
    const cJSON *cases = json_get(closing, "cases");
    CHECK(json_is_true(json_get(closing, "closed")));
    CHECK(cJSON_IsFalse(json_get(closing, "interrupted")));
    CHECK_INT(cJSON_GetArraySize(cases), 3);
    const cJSON *second = cJSON_GetArrayItem(cases, 1);
    CHECK_TEXT(json_get_text(second, "id"), "CRD-01/imds");
    CHECK_TEXT(json_get_text(second, "why"), "done");
    // The digest of the end line, by hand.
    OWN_BUF struct buf journal = scratch_get(dir, "cases/CRD-01~imds/journal.jsonl");
    struct span rest = buf_span(&journal);
    struct span last = {0};
    while (rest.len > 0) {
        last = span_cut(&rest, '\n');
    }
    sha256_hex(end, last);
    CHECK_TEXT(json_get_text(second, "end"), end);
    // The digest of run.json, by hand: over all before ,"digest":"<64>"}\n
    sha256_hex(digest, span_slice(whole, 0, whole.len - (11 + 64 + 3)));
    CHECK_TEXT(json_get_text(run, "digest"), digest);
    // The end line itself.
    OWN(json) cJSON *line = scratch_json(last);
    CHECK_TEXT(json_get_text(line, "event"), "end");
    CHECK_INT(json_get_int(line, "lag_us", 0), 12);
    CHECK_INT(json_get_int(line, "lost", -1), 0);
    sha256_hex(digest, SPAN("{\"mp\":\"hello\"}\n"));
    CHECK_TEXT(json_get_text(json_get(line, "files"), "client.out"), digest);
    CHECK_INT(cJSON_GetArraySize(json_get(line, "files")), 4);
    sha256_hex(digest, span_slice(buf_span(&journal), 0, (size_t)(last.at - journal.data)));
    CHECK_TEXT(json_get_text(line, "journal"), digest);
    buf_clear(&text);
}

static void bad_headers(void)
{
    static const struct {
        const char *name, *header;
        enum rc rc;
    } ROWS[] = {
        {"no JSON", "{\"cases\":[]", RC_SYNTAX},
        {"no object", "[]", RC_CONFLICT},
        {"no cases", "{}", RC_MISSING},
        {"cases is an object", "{\"cases\":{}}", RC_MISSING},
        {"a case without id", "{\"cases\":[{}]}", RC_SYNTAX},
        {"an id that leaves", "{\"cases\":[{\"id\":\"../x\"}]}", RC_SYNTAX},
        {"an id twice", "{\"cases\":[{\"id\":\"a\"},{\"id\":\"a\"}]}", RC_CONFLICT},
        {"its own closing", "{\"cases\":[],\"closing\":1}", RC_CONFLICT},
        {"its own digest", "{\"cases\":[],\"digest\":1}", RC_CONFLICT},
    };
    SCRATCH char *dir = scratch_new();
    scratch_good_run(dir);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct diag d = {0};
        CHECK_INT(open_run(dir, ROWS[i].header, &d), ROWS[i].rc);
        CHECK(d.text[0] != '\0');
    }
    unit_row(NULL);
    // A header that is refused costs no old run.
    CHECK(scratch_has(dir, "cases/BMU-R02/journal.jsonl"));
    CHECK_INT(open_run(dir, "{\"cases\":[]}", NULL), RC_OK);
}

static void foreign_directories_are_refused(void)
{
    SCRATCH char *base = scratch_new();
    struct diag d = {0};
    OWN(text) char *dir = disk_join(base, "a/b");
    CHECK_INT(open_run(dir, "{\"cases\":[]}", &d), RC_IO);
    CHECK_TEXT(d.text, "No such file or directory");
    scratch_put_text(base, "thesis.txt", "x");
    d = (struct diag){0};
    CHECK_INT(open_run(base, "{\"cases\":[]}", &d), RC_CONFLICT);
    CHECK_TEXT(d.text,
               "this directory holds thesis.txt and no run.json, so it is not a run; choose "
               "an empty or a new directory");
    CHECK_TEXT(d.file, base);
    CHECK(scratch_has(base, "thesis.txt") && !scratch_has(base, "run.json"));
    OWN(text) char *file = disk_join(base, "thesis.txt");
    CHECK_INT(open_run(file, "{\"cases\":[]}", NULL), RC_IO);
    // A run.json of somebody else.
    scratch_put_text(base, "run.json", "{\"cases\":[]}");
    d = (struct diag){0};
    CHECK_INT(open_run(base, "{\"cases\":[]}", &d), RC_CONFLICT);
    CHECK(strstr(d.text, "this is not the run.json of a run of ours") != NULL);
}

static void an_old_run_is_removed(void)
{
    SCRATCH char *dir = scratch_new();
    scratch_good_run(dir);
    scratch_put_text(dir, "results.json", "{}");
    scratch_put_text(dir, "junit.xml", "<x/>");
    scratch_put_text(dir, "notes.txt", "mine");
    CHECK_INT(open_run(dir, "{\"cases\":[{\"id\":\"new\"}]}", NULL), RC_OK);
    CHECK(!scratch_has(dir, "cases") && !scratch_has(dir, "results.json") &&
          !scratch_has(dir, "junit.xml"));
    CHECK(scratch_has(dir, "notes.txt"));
    OWN_BUF struct buf text = scratch_get(dir, "run.json");
    CHECK(span_has(buf_span(&text), SPAN("\"new\"")) &&
          !span_has(buf_span(&text), SPAN("BMU-R02")));
}

// Interrupted after the removal, the directory is still known as a run's.
static void run_json_goes_last(void)
{
    SCRATCH char *dir = scratch_new();
    scratch_good_run(dir);
    CHECK_INT(oldrun_remove(dir, NULL), RC_OK);
    CHECK(scratch_has(dir, "run.json") && !scratch_has(dir, "cases"));
    CHECK_INT(oldrun_remove(dir, NULL), RC_OK);
    CHECK_INT(open_run(dir, "{\"cases\":[]}", NULL), RC_OK);
}

// A file of a name of its own is known by the end line of its case.
static void an_old_run_with_its_own_files(void)
{
    SCRATCH char *dir = scratch_new();
    struct run_writer *w = scratch_open_run(dir);
    struct journal *j = scratch_journal(w, "NET-15");
    CHECK_INT(run_writer_file(w, "NET-15", "client.2.out", SPAN("x"), NULL), RC_OK);
    CHECK_INT(run_writer_end_case(w, "NET-15", &j, "done", "", (struct span){0}, NULL), RC_OK);
    run_writer_free(&w);
    CHECK_INT(open_run(dir, "{\"cases\":[]}", NULL), RC_OK);
    CHECK(!scratch_has(dir, "cases"));
}

static void strangers_stop_the_removal(void)
{
    static const char *const STRANGERS[] = {"cases/mine.txt", "cases/BMU-R02/mine.txt",
                                            "cases/CRD-01"};
    for (size_t i = 0; i < sizeof STRANGERS / sizeof STRANGERS[0]; i++) {
        SCRATCH char *dir = scratch_new();
        struct diag d = {0};
        OWN(text) char *path = disk_join(dir, STRANGERS[i]);
        unit_row(STRANGERS[i]);
        scratch_good_run(dir);
        scratch_put_text(dir, "junit.xml", "<x/>");
        scratch_put_text(dir, STRANGERS[i], "mine");
        CHECK_INT(open_run(dir, "{\"cases\":[]}", &d), RC_CONFLICT);
        CHECK_TEXT(d.file, path);
        CHECK(scratch_has(dir, STRANGERS[i]) && scratch_has(dir, "junit.xml") &&
              scratch_has(dir, "cases/BMU-R02/journal.jsonl"));
        struct evidence_run *run = NULL;
        CHECK_INT(evidence_read(&run, dir, NULL), RC_OK); // the old run is still there
        evidence_free(&run);
    }
    unit_row(NULL);
}

// A directory of another case, though its files have names that we use.
static void a_strange_case_stops_the_removal(void)
{
    SCRATCH char *dir = scratch_new();
    scratch_good_run(dir);
    scratch_mkdir(dir, "cases/CRD-01");
    scratch_put_text(dir, "cases/CRD-01/journal.jsonl", "mine");
    CHECK_INT(open_run(dir, "{\"cases\":[]}", NULL), RC_CONFLICT);
    CHECK(scratch_has(dir, "cases/CRD-01/journal.jsonl"));
}

// Links are not followed when an old run is removed.
static void links_are_not_followed(void)
{
    SCRATCH char *dir = scratch_new();
    SCRATCH char *other = scratch_new();
    scratch_good_run(dir);
    scratch_put_text(other, "journal.jsonl", "mine");
    OWN(text) char *link_path = disk_join(dir, "cases/NET-15");
    CHECK_INT(symlink(other, link_path), 0);
    CHECK_INT(open_run(dir, "{\"cases\":[]}", NULL), RC_CONFLICT);
    CHECK(scratch_has(other, "journal.jsonl"));
}

static void cases_are_guarded(void)
{
    SCRATCH char *dir = scratch_new();
    struct run_writer *w = scratch_open_run(dir);
    struct journal *j = scratch_journal(w, "NET-15");
    char *path = NULL;
    CHECK_INT(run_writer_path(w, "NET-16", "x", &path, NULL), RC_UNKNOWN);
    CHECK_INT(run_writer_path(w, "NET-15", "../x", &path, NULL), RC_SYNTAX);
    CHECK_INT(run_writer_path(w, "NET-15", "", &path, NULL), RC_SYNTAX);
    CHECK(path == NULL);
    CHECK_INT(run_writer_path(w, "CRD-01/imds", NULL, &path, NULL), RC_OK);
    CHECK(strstr(path, "/cases/CRD-01~imds") != NULL && disk_is_directory(path));
    x_free(path);
    struct diag d = {0};
    CHECK_INT(run_writer_end_case(w, "CRD-01/imds", &j, "done", "", (struct span){0}, &d),
              RC_CONFLICT);
    CHECK(j == NULL && strstr(d.text, "the journal of the case CRD-01/imds is not ") != NULL);
    run_writer_free(&w);
}

static void a_case_ends_once(void)
{
    SCRATCH char *dir = scratch_new();
    struct run_writer *w = scratch_open_run(dir);
    struct journal *j = scratch_journal(w, "NET-15");
    CHECK_INT(run_writer_end_case(w, "NET-15", &j, "done", "", (struct span){0}, NULL), RC_OK);
    CHECK_INT(run_writer_file(w, "NET-15", "late", SPAN(""), NULL), RC_CONFLICT);
    // Run again after it was dropped.
    CHECK_INT(run_writer_drop_case(w, "NET-15", NULL), RC_OK);
    CHECK(!scratch_has(dir, "cases/NET-15"));
    j = scratch_journal(w, "NET-15");
    CHECK_INT(run_writer_end_case(w, "NET-15", &j, "deadline", "", (struct span){0}, NULL), RC_OK);
    CHECK_INT(run_writer_drop_case(w, "BMU-R02", NULL), RC_OK); // was never there
    CHECK_INT(run_writer_close(w, true, NULL), RC_OK);
    run_writer_free(&w);
    OWN_BUF struct buf text = scratch_get(dir, "run.json");
    CHECK(span_has(buf_span(&text), SPAN("\"why\":\"deadline\"")));
    CHECK(span_has(buf_span(&text), SPAN("\"closed\":true,\"interrupted\":true")));
    CHECK(span_has(buf_span(&text), SPAN("{\"id\":\"BMU-R02\"},")));
}

static void more_members(void)
{
    static const struct {
        const char *more, *expected; // NULL: refused
    } ROWS[] = {
        {"", "\"text\":\"t\",\"lost\""},
        {"{\"a\":1,\"b\":[true]}", "\"text\":\"t\",\"a\":1,\"b\":[true],\"lost\""},
        {",\"a\":1", "\"text\":\"t\",\"a\":1,\"lost\""},
        {"\"a\":\"x\"", "\"text\":\"t\",\"a\":\"x\",\"lost\""},
        {"{}", "\"text\":\"t\",\"lost\""},
        {"\"a\"", NULL},
        {"{\"a\":1", NULL},
        {"\"journal\":\"\"", NULL},
        {"\"seq\":2", NULL},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        SCRATCH char *dir = scratch_new();
        unit_row(ROWS[i].more);
        struct run_writer *w = scratch_open_run(dir);
        struct journal *j = scratch_journal(w, "NET-15");
        enum rc rc = run_writer_end_case(w, "NET-15", &j, "done", "t", span_of(ROWS[i].more), NULL);
        CHECK_INT(rc == RC_OK, ROWS[i].expected != NULL);
        OWN_BUF struct buf text = scratch_get(dir, "cases/NET-15/journal.jsonl");
        CHECK(span_has(buf_span(&text),
                       span_of(ROWS[i].expected == NULL ? "\"conn\":2}\n" : ROWS[i].expected)));
        CHECK_INT(span_has(buf_span(&text), SPAN("\"end\"")), rc == RC_OK);
        run_writer_free(&w);
    }
    unit_row(NULL);
}

static void the_promised_scenario(void)
{
    SCRATCH char *dir = scratch_new();
    struct diag d = {0};
    struct run_writer *w = NULL;
    struct span header = SPAN("{\"cases\":[{\"id\":\"NET-15\",\"scenario\":\"aa\"}]}");
    CHECK_INT(run_writer_open(&w, dir, header, &d), RC_OK);
    struct journal *j = scratch_journal(w, "NET-15");
    scratch_case_files(w, "NET-15");
    CHECK_INT(run_writer_end_case(w, "NET-15", &j, "done", "", (struct span){0}, &d), RC_CONFLICT);
    CHECK_TEXT(d.text, "this is not the scenario that run.json promises");
    run_writer_free(&w);
}

static struct rlimit limit_files(rlim_t bytes)
{
    struct rlimit old;
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)getrlimit(RLIMIT_FSIZE, &old);
    (void)setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = bytes, .rlim_max = old.rlim_max});
    return old;
}

static void restore_files(struct rlimit old)
{
    (void)setrlimit(RLIMIT_FSIZE, &old);
    (void)signal(SIGXFSZ, SIG_DFL);
}

// Whatever could not be written: the run says so, and is never closed.
static void a_full_disk_is_never_a_success(void)
{
    enum { OPEN, FILES, JOURNAL, CLOSE, PLACES };
    for (int place = OPEN; place < PLACES; place++) {
        SCRATCH char *dir = scratch_new();
        struct diag d = {0};
        struct rlimit old;
        if (place == OPEN) {
            old = limit_files(20);
            CHECK_INT(open_run(dir, "{\"cases\":[]}", &d), RC_IO);
            restore_files(old);
            CHECK_TEXT(d.text, "File too large");
            CHECK(!scratch_has(dir, "run.json") && !scratch_has(dir, "run.json.new"));
            continue;
        }
        struct run_writer *w = scratch_open_run(dir);
        struct journal *j = scratch_journal(w, "NET-15");
        old = limit_files(place == CLOSE ? RLIM_INFINITY : 10);
        enum rc file = run_writer_file(w, "NET-15", "client.out", SPAN("0123456789ab"),
                                       place == FILES ? &d : NULL);
        if (place == FILES) {
            CHECK_INT(file, RC_IO);
            restore_files(old);
            CHECK(!scratch_has(dir, "cases/NET-15/client.out"));
        }
        enum rc end = run_writer_end_case(w, "NET-15", &j, "done", "", (struct span){0},
                                          place == JOURNAL ? &d : NULL);
        if (place == JOURNAL) {
            CHECK_INT(end, RC_IO);
        }
        restore_files(old);
        old = limit_files(place == CLOSE ? 10 : RLIM_INFINITY);
        CHECK_INT(run_writer_close(w, false, &d), RC_IO);
        restore_files(old);
        CHECK_TEXT(d.text, "File too large");
        run_writer_free(&w);
        struct evidence_run *run = NULL;
        CHECK_INT(evidence_read(&run, dir, NULL), RC_OK);
        CHECK_INT(run->integrity, INTEGRITY_CUT);
        evidence_free(&run);
    }
}

const struct unit_test RUN_TESTS[] = {
    {"run.json is there at once", run_json_is_there_at_once},
    {"the closing record", the_closing_record},
    {"bad headers", bad_headers},
    {"foreign directories are refused", foreign_directories_are_refused},
    {"an old run is removed", an_old_run_is_removed},
    {"run.json goes last", run_json_goes_last},
    {"an old run with files of its own", an_old_run_with_its_own_files},
    {"strangers stop the removal", strangers_stop_the_removal},
    {"a strange case stops the removal", a_strange_case_stops_the_removal},
    {"links are not followed", links_are_not_followed},
    {"cases are guarded", cases_are_guarded},
    {"a case ends once", a_case_ends_once},
    {"more members of the end", more_members},
    {"the promised scenario", the_promised_scenario},
    {"a full disk is never a success", a_full_disk_is_never_a_success},
    {NULL, NULL},
};
