// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/evidence/good_run.h"

struct run_writer *scratch_open_run(const char *dir)
{
    struct diag d = {0};
    struct run_writer *w = NULL;
    struct span header = SPAN("{\"client\":\"./adapter\",\"seed\":\"18446744073709551615\",\n"
                              "\"cases\":[{\"id\":\"BMU-R02\"},{\"id\":\"CRD-01/imds\"},"
                              "{\"id\":\"NET-15\"}]}\n");
    scratch_need(run_writer_open(&w, dir, header, &d) == RC_OK, dir, &d);
    return w;
}

struct journal *scratch_journal(struct run_writer *w, const char *case_id)
{
    struct diag d = {0};
    struct journal *j = NULL;
    OWN(text) char *path = NULL;
    scratch_need(run_writer_path(w, case_id, "journal.jsonl", &path, &d) == RC_OK, case_id, &d);
    struct journal_options options = {.path = path, .clock = clock_manual(&scratch_time)};
    scratch_need(journal_open(&j, &options, &d) == RC_OK, path, &d);
    for (int i = 0; i < 3; i++) {
        scratch_time.monotonic_us += 1000;
        scratch_time.wall_us += 1000;
        (void)journal_begin(j, i == 0 ? EVENT_OPEN : EVENT_CONNECT);
        journal_text(j, "case", span_of(case_id));
        journal_int(j, "conn", i);
        (void)journal_end(j);
    }
    journal_flush(j);
    return j;
}

static void put_case_file(struct run_writer *w, const char *case_id, const char *name,
                          const char *text)
{
    struct diag d = {0};
    scratch_need(run_writer_file(w, case_id, name, span_of(text), &d) == RC_OK, name, &d);
}

void scratch_case_files(struct run_writer *w, const char *case_id)
{
    put_case_file(w, case_id, "scenario.json", "{\"id\":\"some\"}\n");
    put_case_file(w, case_id, "ledger.json", "{\"records\":[]}\n");
    put_case_file(w, case_id, "client.out", "{\"mp\":\"hello\"}\n");
    put_case_file(w, case_id, "client.err", "");
}

void scratch_good_run(const char *dir)
{
    static const char *const IDS[] = {"BMU-R02", "CRD-01/imds"};
    struct diag d = {0};
    struct run_writer *w = scratch_open_run(dir);
    for (size_t i = 0; i < 2; i++) {
        struct journal *j = scratch_journal(w, IDS[i]);
        scratch_case_files(w, IDS[i]);
        scratch_need(run_writer_end_case(w, IDS[i], &j, "done", "", SPAN("\"lag_us\":12"), &d) ==
                         RC_OK,
                     IDS[i], &d);
    }
    scratch_need(run_writer_close(w, false, &d) == RC_OK, dir, &d);
    run_writer_free(&w);
}
