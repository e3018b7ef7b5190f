// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/evidence/evidence_tests.h"

#include <string.h>

#include "proxy/base/instant.h"
#include "tests/unit/evidence/good_run.h"

static void a_good_run_is_whole(void)
{
    SCRATCH char *dir = scratch_new();
    struct evidence_run *run = NULL;
    scratch_good_run(dir);
    if (!CHECK_INT(evidence_read(&run, dir, NULL), RC_OK)) {
        return;
    }
    CHECK_INT(run->integrity, INTEGRITY_WHOLE);
    CHECK_TEXT(run->problem, "");
    CHECK_TEXT(json_get_text(run->run, "client"), "./adapter");
    CHECK_INT(run->count, 3);
    const struct evidence_case *c = &run->cases[1];
    CHECK_TEXT(c->id, "CRD-01/imds");
    CHECK_INT(c->integrity, INTEGRITY_WHOLE);
    CHECK_TEXT(c->problem, "");
    CHECK_TEXT(json_get_text(c->scenario, "id"), "some");
    CHECK(json_get(c->ledger, "records") != NULL);
    CHECK_INT(c->count, 4);
    CHECK_INT(c->events[0].kind, EVENT_OPEN);
    CHECK_INT(c->events[3].kind, EVENT_END);
    CHECK_INT(c->events[2].seq, 3);
    CHECK_INT(c->events[2].line, 3);
    CHECK_INT(c->events[2].t_us, 3000);
    CHECK_INT(c->events[2].wire_us, INT64_C(1795000500129000));
    CHECK_INT(json_get_int(c->events[2].json, "conn", -1), 2);
    // The third was listed and not run.
    CHECK_INT(run->cases[2].integrity, INTEGRITY_CUT);
    CHECK_TEXT(run->cases[2].problem, "cases/NET-15: this case was not run");
    evidence_free(&run);
    CHECK(run == NULL);
    evidence_free(&run);
}

// Killed before the close: what has ended is whole, the rest is cut, and the run is cut.
static void a_killed_run_is_cut(void)
{
    SCRATCH char *dir = scratch_new();
    struct run_writer *w = scratch_open_run(dir);
    struct journal *first = scratch_journal(w, "BMU-R02");
    scratch_case_files(w, "BMU-R02");
    CHECK_INT(run_writer_end_case(w, "BMU-R02", &first, "done", "", (struct span){0}, NULL), RC_OK);
    struct journal *second = scratch_journal(w, "NET-15");
    CHECK_INT(journal_close(&second, NULL), RC_OK);
    run_writer_free(&w);
    struct buf text = scratch_get(dir, "cases/NET-15/journal.jsonl");
    buf_add_text(&text, "{\"seq\":4,\"t_us\":5"); // half a line
    scratch_put(dir, "cases/NET-15/journal.jsonl", buf_span(&text));
    buf_clear(&text);
    struct evidence_run *run = NULL;
    CHECK_INT(evidence_read(&run, dir, NULL), RC_OK);
    CHECK_INT(run->integrity, INTEGRITY_CUT);
    CHECK_TEXT(run->problem, "run.json: there is no closing record: the run was cut off");
    CHECK_INT(run->cases[0].integrity, INTEGRITY_WHOLE);
    CHECK_INT(run->cases[1].integrity, INTEGRITY_CUT);
    CHECK_INT(run->cases[2].integrity, INTEGRITY_CUT);
    CHECK_INT(run->cases[2].count, 3);
    CHECK_TEXT(run->cases[2].problem,
               "cases/NET-15/journal.jsonl: the journal has no end: the run was cut off");
    evidence_free(&run);
}

static void unreadable_runs(void)
{
    SCRATCH char *dir = scratch_new();
    struct evidence_run *run = NULL;
    struct diag d = {0};
    CHECK_INT(evidence_read(&run, dir, &d), RC_IO);
    CHECK_TEXT(d.text, "No such file or directory");
    scratch_put_text(dir, "run.json", "{\"cases\":[],}");
    d = (struct diag){0};
    CHECK_INT(evidence_read(&run, dir, &d), RC_SYNTAX);
    CHECK_INT(d.place.column, 13);
    scratch_put_text(dir, "run.json", "[]\n");
    CHECK_INT(evidence_read(&run, dir, NULL), RC_SYNTAX);
    CHECK(run == NULL);
    scratch_put_text(dir, "run.json", "{}");
    CHECK_INT(evidence_read(&run, dir, NULL), RC_OK);
    CHECK_INT(run->integrity, INTEGRITY_BROKEN);
    evidence_free(&run);
}

#define MOMENTS "\"wire\":\"2026-11-18T10:15:00.000Z\",\"service\":\"2026-11-18T10:15:00.000Z\""
#define LINE(seq, t_us, event)                                                                     \
    "{\"seq\":" seq ",\"t_us\":" t_us "," MOMENTS ",\"event\":\"" event "\"}\n"

static void single_lines(void)
{
    static const struct {
        const char *name, *text;
        size_t count;
        enum integrity integrity;
        const char *problem;
    } ROWS[] = {
        {"nothing", "", 0, INTEGRITY_CUT,
         "journal.jsonl: the journal has no end: the run was cut off"},
        {"good and cut", LINE("1", "0", "open") LINE("2", "0", "close"), 2, INTEGRITY_CUT,
         "journal.jsonl: the journal has no end: the run was cut off"},
        {"half a line", LINE("1", "0", "open") "{\"seq\":2", 1, INTEGRITY_CUT,
         "journal.jsonl: the journal has no end: the run was cut off"},
        {"a whole line without newline", "{}", 0, INTEGRITY_CUT,
         "journal.jsonl: the journal has no end: the run was cut off"},
        {"an empty line", LINE("1", "0", "open") "\n", 1, INTEGRITY_BROKEN,
         "journal.jsonl:2: a value is expected here, but the text ends"},
        {"no object", "1\n", 0, INTEGRITY_BROKEN, "journal.jsonl:1: this line has no seq"},
        {"seq from 0", LINE("0", "0", "open"), 0, INTEGRITY_BROKEN,
         "journal.jsonl:1: this line has no seq"},
        {"seq too high", LINE("2", "0", "open"), 0, INTEGRITY_BROKEN,
         "journal.jsonl:1: this line has seq 2 where 1 is due: lines were removed, added or moved"},
        {"time goes back", LINE("1", "5", "open") LINE("2", "4", "close"), 1, INTEGRITY_BROKEN,
         "journal.jsonl:2: t_us is not a time at or after that of the line before"},
        {"time below 0", LINE("1", "-1", "open"), 0, INTEGRITY_BROKEN,
         "journal.jsonl:1: t_us is not a time at or after that of the line before"},
        {"no such event", LINE("1", "0", "opne"), 0, INTEGRITY_BROKEN,
         "journal.jsonl:1: this event is not known"},
        {"no moments", "{\"seq\":1,\"t_us\":0,\"event\":\"open\"}\n", 0, INTEGRITY_BROKEN,
         "journal.jsonl:1: wire or service is not a moment"},
        {"an end without digest", LINE("1", "0", "end"), 1, INTEGRITY_BROKEN,
         "journal.jsonl: a line before line 1 is not as it was written: the digest of the end line "
         "differs"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct evidence_case c;
        struct diag d = {0};
        unit_row(ROWS[i].name);
        enum rc rc = evidence_read_events(&c, span_of(ROWS[i].text), &d);
        CHECK_INT(rc, ROWS[i].integrity == INTEGRITY_BROKEN ? RC_TAMPERED : RC_OK);
        CHECK_INT(c.integrity, ROWS[i].integrity);
        CHECK_INT(c.count, ROWS[i].count);
        CHECK_TEXT(c.problem, ROWS[i].problem);
        CHECK_TEXT(d.text, rc == RC_OK ? "" : ROWS[i].problem);
        evidence_case_clear(&c);
    }
    unit_row(NULL);
}

// Lines lost to the size limit leave the case cut: what is missing may have mattered.
static void lost_lines_cut_the_case(void)
{
    SCRATCH char *dir = scratch_new();
    struct run_writer *w = scratch_open_run(dir);
    struct journal *j = NULL;
    OWN(text) char *path = NULL;
    CHECK_INT(run_writer_path(w, "NET-15", "journal.jsonl", &path, NULL), RC_OK);
    struct journal_options options = {
        .path = path, .clock = clock_manual(&scratch_time), .max_bytes = 130};
    CHECK_INT(journal_open(&j, &options, NULL), RC_OK);
    for (int i = 0; i < 3; i++) {
        (void)journal_begin(j, EVENT_OPEN);
        (void)journal_end(j);
    }
    CHECK_INT(run_writer_end_case(w, "NET-15", &j, "done", "", (struct span){0}, NULL), RC_OK);
    CHECK_INT(run_writer_close(w, false, NULL), RC_OK);
    run_writer_free(&w);
    struct evidence_run *run = NULL;
    CHECK_INT(evidence_read(&run, dir, NULL), RC_OK);
    CHECK_INT(run->integrity, INTEGRITY_WHOLE);
    CHECK_INT(run->cases[2].integrity, INTEGRITY_CUT);
    CHECK_TEXT(run->cases[2].problem,
               "cases/NET-15/journal.jsonl:2: 2 lines before this one were lost to the size limit");
    evidence_free(&run);
}

const struct unit_test READER_TESTS[] = {
    {"a good run is whole", a_good_run_is_whole},
    {"a killed run is cut", a_killed_run_is_cut},
    {"unreadable runs", unreadable_runs},
    {"single lines", single_lines},
    {"lost lines cut the case", lost_lines_cut_the_case},
    {NULL, NULL},
};
