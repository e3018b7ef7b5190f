// SPDX-License-Identifier: Apache-2.0
// Every way to change a good run is found, and the file (and line, where it can be known) is named.
#include "tests/unit/evidence/evidence_tests.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/digest.h"
#include "proxy/base/draw.h"
#include "tests/unit/evidence/good_run.h"

#define JOURNAL "cases/BMU-R02/journal.jsonl"

// What reading a changed run tells; the first case that is not as it should be.
struct told {
    enum rc rc;
    enum integrity run, first_case;
    char run_problem[256], case_problem[256];
};

static struct told read_run(const char *dir)
{
    struct evidence_run *run = NULL;
    struct told told = {.rc = evidence_read(&run, dir, NULL)};
    if (told.rc != RC_OK) {
        return told;
    }
    told.run = run->integrity;
    (void)snprintf(told.run_problem, sizeof told.run_problem, "%s", run->problem);
    for (size_t i = 0; i < run->count && i < 2; i++) { // the third was never run
        if (run->cases[i].integrity > told.first_case) {
            told.first_case = run->cases[i].integrity;
            (void)snprintf(told.case_problem, sizeof told.case_problem, "%s",
                           run->cases[i].problem);
        }
    }
    evidence_free(&run);
    return told;
}

static bool is_found(const char *dir)
{
    struct told told = read_run(dir);
    return told.rc != RC_OK || told.run != INTEGRITY_WHOLE || told.first_case != INTEGRITY_WHOLE;
}

static void broken_case(const char *dir, const char *problem)
{
    struct told told = read_run(dir);
    CHECK_INT(told.rc, RC_OK);
    CHECK_INT(told.run, INTEGRITY_WHOLE);
    CHECK_INT(told.first_case, INTEGRITY_BROKEN);
    CHECK_TEXT(told.case_problem, problem);
}

static void broken_run(const char *dir, const char *problem)
{
    struct told told = read_run(dir);
    CHECK_INT(told.rc, RC_OK);
    CHECK_INT(told.run, INTEGRITY_BROKEN);
    CHECK_TEXT(told.run_problem, problem);
}

// The journal of BMU-R02 with its lines in another order: "0213", "013", "01213".
static void reorder(const char *dir, const char *order)
{
    OWN_BUF struct buf text = scratch_get(dir, JOURNAL);
    OWN_BUF struct buf changed = {0};
    struct span lines[4];
    struct span rest = buf_span(&text);
    for (size_t i = 0; i < 4; i++) {
        lines[i] = span_cut(&rest, '\n');
    }
    for (const char *c = order; *c != '\0'; c++) {
        buf_add(&changed, lines[*c - '0']);
        buf_add_char(&changed, '\n');
    }
    scratch_put(dir, JOURNAL, buf_span(&changed));
}

static void lines_removed_added_swapped(void)
{
    static const struct {
        const char *order, *problem;
    } ROWS[] = {
        {"0213", ":2: this line has seq 3 where 2 is due: lines were removed, added or moved"},
        {"023", ":2: this line has seq 3 where 2 is due: lines were removed, added or moved"},
        {"123", ":1: this line has seq 2 where 1 is due: lines were removed, added or moved"},
        {"01123", ":3: this line has seq 2 where 3 is due: lines were removed, added or moved"},
        {"01233", ":5: this line stands after the end"},
        {"012", ": its last lines were removed: the end that run.json records is not there"},
        {"0", ": its last lines were removed: the end that run.json records is not there"},
        {"", ": its last lines were removed: the end that run.json records is not there"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        SCRATCH char *dir = scratch_new();
        char problem[256];
        unit_row(ROWS[i].order);
        scratch_good_run(dir);
        reorder(dir, ROWS[i].order);
        (void)snprintf(problem, sizeof problem, JOURNAL "%s", ROWS[i].problem);
        broken_case(dir, problem);
    }
    unit_row(NULL);
    SCRATCH char *dir = scratch_new();
    scratch_good_run(dir);
    reorder(dir, "0123"); // the test's own tool changes nothing by itself
    CHECK(!is_found(dir));
}

// Cut anywhere, a closed run is broken, not merely cut.
static void truncated_anywhere(void)
{
    SCRATCH char *dir = scratch_new();
    scratch_good_run(dir);
    OWN_BUF struct buf text = scratch_get(dir, JOURNAL);
    for (size_t len = 0; len < text.len; len += 7) {
        scratch_put(dir, JOURNAL, span_slice(buf_span(&text), 0, len));
        CHECK_INT(read_run(dir).first_case, INTEGRITY_BROKEN);
    }
    scratch_put(dir, JOURNAL, span_slice(buf_span(&text), 0, text.len - 1));
    broken_case(dir, JOURNAL
                ": its last lines were removed: the end that run.json records is not there");
}

static void files_changed_removed_added(void)
{
    static const char *const FILES[] = {"scenario.json", "ledger.json", "client.out", "client.err"};
    char path[128];
    char problem[256];
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        SCRATCH char *dir = scratch_new();
        unit_row(FILES[i]);
        scratch_good_run(dir);
        (void)snprintf(path, sizeof path, "cases/BMU-R02/%s", FILES[i]);
        OWN_BUF struct buf text = scratch_get(dir, path);
        buf_add_char(&text, ' ');
        scratch_put(dir, path, buf_span(&text));
        (void)snprintf(problem, sizeof problem,
                       "%s: this file is not as it was written: its digest differs", path);
        broken_case(dir, problem);
        scratch_remove(dir, path);
        (void)snprintf(problem, sizeof problem, "%s: this file was removed", path);
        broken_case(dir, problem);
        scratch_mkdir(dir, path);
        (void)snprintf(problem, sizeof problem, "%s: this is not a plain file", path);
        broken_case(dir, problem);
    }
    unit_row(NULL);
    SCRATCH char *dir = scratch_new();
    scratch_good_run(dir);
    scratch_put_text(dir, "cases/BMU-R02/extra", "");
    broken_case(dir, "cases/BMU-R02/extra: this file was added");
    scratch_remove(dir, "cases/BMU-R02/extra");
    CHECK(!is_found(dir));
    scratch_remove(dir, JOURNAL);
    broken_case(dir, JOURNAL
                ": its last lines were removed: the end that run.json records is not there");
}

static void cases_removed_added(void)
{
    SCRATCH char *dir = scratch_new();
    scratch_good_run(dir);
    scratch_mkdir(dir, "cases/NET-16");
    broken_run(dir, "cases/NET-16: this is no case of the run");
    scratch_remove(dir, "cases/NET-16");
    CHECK(!is_found(dir));
    scratch_remove(dir, "cases/BMU-R02");
    broken_run(dir, "cases/BMU-R02: this directory was removed");
    CHECK_TEXT(read_run(dir).case_problem, "cases/BMU-R02: this directory was removed");
    scratch_remove(dir, "cases");
    broken_run(dir, "cases/BMU-R02: this directory was removed");
}

// One occurrence in run.json changed, and the digest made right again: a forger who knows the
// format.
static void forge_run(const char *dir, const char *from, const char *to)
{
    OWN_BUF struct buf text = scratch_get(dir, "run.json");
    OWN_BUF struct buf forged = {0};
    char digest[SHA256_HEX];
    struct span body = span_slice(buf_span(&text), 0, text.len - (11 + 64 + 3));
    OWN(text) char *copy = span_dup(body);
    const char *hit = strstr(copy, from);
    if (!CHECK(hit != NULL)) {
        return;
    }
    buf_add(&forged, (struct span){.at = copy, .len = (size_t)(hit - copy)});
    buf_add_text(&forged, to);
    buf_add_text(&forged, hit + strlen(from));
    sha256_hex(digest, buf_span(&forged));
    buf_addf(&forged, ",\"digest\":\"%s\"}\n", digest);
    scratch_put(dir, "run.json", buf_span(&forged));
}

static void run_json_changed(void)
{
    static const struct {
        const char *from, *to, *problem;
    } ROWS[] = {
        {"{\"id\":\"CRD-01/imds\"},", "",
         "run.json: the closing record has a case that the list of cases has not"},
        {"{\"id\":\"NET-15\"}]}", "]}", NULL}, // leaves a comma: no JSON
        {",{\"id\":\"NET-15\"}]}", "]}",
         "run.json: the closing record does not have the case NET-15"},
        {"\"closed\":true", "\"closed\":false", NULL},
        {",\"cases\":[{\"id\":\"BMU-R02\",\"why\"", ",\"c\":[{\"id\":\"BMU-R02\",\"why\"",
         "run.json: the closing record has no list of cases"},
        {"\"cases\":[{\"id\":\"BMU-R02\"}", "\"cases\":[{\"id\":\"../BMU\"}",
         "run.json: it lists a case whose id cannot be one"},
        {"\"cases\":[{\"id\":\"BMU-R02\"}", "\"cases\":[{\"id\":7}",
         "run.json: it lists a case whose id cannot be one"},
        {"{\"id\":\"NET-15\"}]", "{\"id\":\"BMU-R02\"}]",
         "run.json: it lists the case BMU-R02 twice"},
        {"\n\"cases\":", "\n\"c\":", "run.json: it has no list of cases"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        SCRATCH char *dir = scratch_new();
        unit_row(ROWS[i].to);
        scratch_good_run(dir);
        forge_run(dir, ROWS[i].from, ROWS[i].to);
        CHECK(is_found(dir));
        if (ROWS[i].problem != NULL) {
            broken_run(dir, ROWS[i].problem);
        }
    }
    unit_row(NULL);
    SCRATCH char *dir = scratch_new();
    scratch_good_run(dir);
    forge_run(dir, "./adapter", "./adapter");
    CHECK(!is_found(dir));
    OWN_BUF struct buf text = scratch_get(dir, "run.json");
    buf_add_char(&text, '\n');
    scratch_put(dir, "run.json", buf_span(&text));
    broken_run(dir, "run.json: this file is not as it was written: its digest differs");
}

// The scenario that run.json promises, by its digest, is the one that was run.
static void the_promised_scenario(void)
{
    SCRATCH char *dir = scratch_new();
    char digest[SHA256_HEX];
    char promise[128];
    sha256_hex(digest, SPAN("{\"id\":\"some\"}\n"));
    scratch_good_run(dir);
    (void)snprintf(promise, sizeof promise, "[{\"id\":\"BMU-R02\",\"scenario\":\"%s\"}", digest);
    forge_run(dir, "[{\"id\":\"BMU-R02\"}", promise);
    CHECK(!is_found(dir));
    forge_run(dir, digest, "00");
    broken_case(dir,
                "cases/BMU-R02/scenario.json: this is not the scenario whose digest run.json has");
}

// The end line of another run, or of the same case at another time, is not this one's.
static void an_end_of_another_run(void)
{
    SCRATCH char *dir = scratch_new();
    SCRATCH char *other = scratch_new();
    scratch_good_run(dir);
    scratch_time.wall_us += 1;
    scratch_time.monotonic_us += 1;
    scratch_good_run(other);
    OWN_BUF struct buf text = scratch_get(other, JOURNAL);
    OWN_BUF struct buf old = scratch_get(dir, JOURNAL);
    if (CHECK(!span_equal(buf_span(&text), buf_span(&old)))) {
        scratch_put(dir, JOURNAL, buf_span(&text));
        broken_case(dir, JOURNAL ":4: this end is not the one that run.json records");
    }
}

// Every byte of every file, each changed to another value.
static void every_flip_is_found(void)
{
    static const char *const FILES[] = {"run.json",
                                        JOURNAL,
                                        "cases/CRD-01~imds/journal.jsonl",
                                        "cases/BMU-R02/scenario.json",
                                        "cases/BMU-R02/ledger.json",
                                        "cases/CRD-01~imds/client.out"};
    SCRATCH char *dir = scratch_new();
    scratch_good_run(dir);
    for (size_t f = 0; f < sizeof FILES / sizeof FILES[0]; f++) {
        OWN_BUF struct buf text = scratch_get(dir, FILES[f]);
        unit_row(FILES[f]);
        for (size_t i = 0; i < text.len; i++) {
            struct draw draw = {
                .seed = 11, .case_id = SPAN("flip"), .rule = span_of(FILES[f]), .index = i};
            char old = text.data[i];
            text.data[i] = (char)(old ^ (1 << draw_u64(&draw, 0) % 8));
            scratch_put(dir, FILES[f], buf_span(&text));
            text.data[i] = old;
            if (!CHECK(is_found(dir))) {
                (void)fprintf(stderr, "byte %zu\n", i);
            }
        }
        scratch_put(dir, FILES[f], buf_span(&text));
        CHECK(!is_found(dir));
    }
    unit_row(NULL);
}

// Wilder changes: several bytes, pieces cut out, pieces doubled. Nothing crashes, all is found.
static void storms_are_found(void)
{
    static const char *const FILES[] = {"run.json", JOURNAL};
    SCRATCH char *dir = scratch_new();
    scratch_good_run(dir);
    for (uint64_t round = 0; round < 400; round++) {
        const char *file = FILES[round % 2];
        OWN_BUF struct buf good = scratch_get(dir, file);
        OWN_BUF struct buf bad = {0};
        struct draw draw = {.seed = 3, .case_id = SPAN("storm"), .rule = SPAN("x"), .index = round};
        size_t from = draw_u64(&draw, 1) % good.len;
        size_t to = from + 1 + draw_u64(&draw, 2) % (good.len - from);
        buf_add(&bad, span_slice(buf_span(&good), 0, from));
        if (draw_u64(&draw, 3) % 2 == 0) {
            buf_add(&bad, span_slice(buf_span(&good), from, to));
            buf_add(&bad, span_slice(buf_span(&good), from, to));
        }
        buf_add(&bad, span_slice(buf_span(&good), to, good.len));
        for (uint64_t i = 0; bad.len > 0 && i < draw_u64(&draw, 4) % 4; i++) {
            bad.data[draw_u64(&draw, 10 + i) % bad.len] = (char)draw_u64(&draw, 20 + i);
        }
        if (!span_equal(buf_span(&good), buf_span(&bad))) {
            scratch_put(dir, file, buf_span(&bad));
            CHECK(is_found(dir));
            scratch_put(dir, file, buf_span(&good));
        }
    }
    CHECK(!is_found(dir));
}

const struct unit_test TAMPER_TESTS[] = {
    {"lines removed, added, swapped", lines_removed_added_swapped},
    {"truncated anywhere", truncated_anywhere},
    {"files changed, removed, added", files_changed_removed_added},
    {"cases removed, added", cases_removed_added},
    {"run.json changed with its digest", run_json_changed},
    {"the promised scenario", the_promised_scenario},
    {"an end of another run", an_end_of_another_run},
    {"every flip is found", every_flip_is_found},
    {"storms are found", storms_are_found},
    {NULL, NULL},
};
