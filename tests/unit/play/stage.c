// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // nftw, mkdtemp
#include "tests/unit/play/stage.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mp_world_file.h"
#include "proxy/base/own.h"

static void need(bool good, const char *what, const struct diag *d)
{
    if (!good) {
        (void)fprintf(stderr, "stage: %s: %s\n", what, d == NULL ? "" : d->text);
        abort();
    }
}

static void on_begun(void *arg, const struct scenario *scenario)
{
    (void)scenario;
    ((struct stage *)arg)->begun++;
}

static void on_ended(void *arg, const struct scenario *scenario, const struct play_end *end)
{
    (void)scenario;
    (void)end;
    ((struct stage *)arg)->ended++;
}

void stage_init(struct stage *s, const char *members)
{
    OWN_BUF struct buf whole = {0};
    buf_addf(&whole,
             "%s \"exercised\": {\"requests\": {\"count\": {\"min\": 1}}}, \"rules\": [], "
             "\"expect\": [{\"id\": \"billed\", \"ledger\": {\"complete\": true}}],%c",
             members, '\0');
    stage_init_whole(s, whole.data);
}

void stage_init_whole(struct stage *s, const char *members)
{
    *s = (struct stage){.clock = clock_system(), .shell = "sh"};
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(s->dir, sizeof s->dir, "%s/stage-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    need(mkdtemp(s->dir) != NULL, "no directory", NULL);
    OWN_BUF struct buf text = {0};
    struct diag d = {0};
    buf_addf(&text,
             "{\"scenario\": 1, \"id\": \"T-1\", \"title\": \"t\", \"operation\": "
             "\"BatchMeterUsage\", \"profiles\": [\"saas\"], %s \"requirement\": {\"text\": \"t\", "
             "\"level\": \"must\", \"basis\": \"derived\", \"sources\": [\"s\"]}}",
             members);
    need(scenario_read(&s->file, buf_span(&text), "t.json", NULL, &d) == RC_OK, "the case", &d);
}

static void read_evidence(struct stage *s, const char *dir)
{
    struct diag d = {0};
    need(evidence_read(&s->evidence, dir, &d) == RC_OK, "the evidence", &d);
    s->it = &s->evidence->cases[0];
    CHECK_TEXT(s->it->problem, "");
    CHECK_INT(s->it->integrity, INTEGRITY_WHOLE);
}

void stage_play(struct stage *s, const char *script, bool told)
{
    static const char *const NONE[] = {NULL};
    const char *argv[] = {s->shell, "-c", script, NULL};
    const struct scenario *cases[] = {scenario_at(s->file, 0)};
    char dir[160];
    char scratch[160];
    OWN(json) cJSON *world = NULL;
    struct diag d = {0};
    bool interrupted = false;
    (void)snprintf(dir, sizeof dir, "%s/run", s->dir);
    (void)snprintf(scratch, sizeof scratch, "%s/scratch", s->dir);
    need(mkdir(scratch, 0700) == 0, "scratch", NULL);
    need(json_read(&world, NULL, span_of(WORLD_FILE), NULL, &d) == RC_OK, "the world", &d);
    s->setting.profile = "saas";
    s->setting.argv = argv;
    s->setting.add_env = s->setting.pass_env = NONE;
    s->setting.seed = 1;
    s->setting.world_base = world;
    s->setting.scratch = scratch;
    s->setting.told_time = told;
    s->setting.timeout_multiplier =
        s->setting.timeout_multiplier > 0 ? s->setting.timeout_multiplier : 1;
    need(run_writer_open(&s->setting.writer, dir, SPAN("{\"cases\":[{\"id\":\"T-1\"}]}"), &d) ==
             RC_OK,
         "the run", &d);
    struct campaign_options options = {.setting = &s->setting,
                                       .cases = cases,
                                       .count = 1,
                                       .jobs = 1,
                                       .clock = &s->clock,
                                       .progress = {on_begun, on_ended, s}};
    CHECK_INT(campaign_run(&options, &interrupted, &d), RC_OK);
    CHECK_TEXT(d.text, "");
    CHECK_INT(run_writer_close(s->setting.writer, interrupted, &d), RC_OK);
    run_writer_free(&s->setting.writer);
    read_evidence(s, dir);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void stage_clear(struct stage *s)
{
    evidence_free(&s->evidence);
    scenario_file_free(&s->file);
    (void)nftw(s->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

size_t stage_count(const struct stage *s, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < s->it->count; i++) {
        OWN_BUF struct buf line = {0};
        json_print(&line, s->it->events[i].json);
        count += span_has(buf_span(&line), span_of(text)) ? 1 : 0;
    }
    return count;
}

const struct event *stage_find(const struct stage *s, enum event_kind kind, const char *key,
                               const char *value)
{
    for (size_t i = 0; i < s->it->count; i++) {
        const struct event *e = &s->it->events[i];
        if (e->kind == kind && span_is(json_span(json_get(e->json, key)), value)) {
            return e;
        }
    }
    return NULL;
}
