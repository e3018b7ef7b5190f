// SPDX-License-Identifier: Apache-2.0
// show: one case of a run as a person would tell it: what was asked, what went over the wire, what
// the client said, and the findings.
#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"
#include "proxy/evidence/disk.h"
#include "proxy/evidence/reader.h"
#include "proxy/recording/gaps.h"
#include "proxy/recording/schedule.h"
#include "proxy/scenario/scenario.h"
#include "suites/command/command.h"
#include "suites/oracle/judge.h"

const struct option_row SHOW_OPTIONS[] = {
    {"-v", NULL, "every event, whole, as the journal has it"},
    {"--as-scenario", NULL,
     "print a scenario file that plays exactly these faults again, what chance decided written "
     "down as it fell; what it cannot say stands on stderr, and the exit code is 2. Of "
     "meterprover-proxy: show --as-scenario JOURNAL SCENARIO"},
    {"--help", NULL, "print this"},
    {NULL, NULL, NULL},
};

static void tell_step(const struct event *e)
{
    const cJSON *usage = json_get(e->json, "usage");
    printf("step %d %s %s", (int)json_get_int(e->json, "n", 0), event_text(e, "verb"),
           event_text(e, "argument"));
    if (json_get(e->json, "sends") != NULL &&
        strcmp(event_text(e, "sends"), event_text(e, "verb")) != 0) {
        printf("-> %s ", event_text(e, "sends"));
    }
    if (usage != NULL) {
        printf("%s: %s, %s, %d, hour %s", json_get_text(usage, "id"),
               json_get_text(usage, "customer"), json_get_text(usage, "dimension"),
               (int)json_get_int(usage, "quantity", 0), json_get_text(usage, "hour"));
    }
}

static void tell_records(const struct event *e)
{
    const cJSON *record = NULL;
    cJSON_ArrayForEach(record, json_get(e->json, "records"))
    {
        printf("\n%30s%s, %s, %d, hour %s", "", json_get_text(record, "payer"),
               json_get_text(record, "dimension"), (int)json_get_int(record, "quantity", 0),
               json_get_text(record, "hour"));
        if (json_get(record, "status") != NULL) {
            printf(": %s%s", json_get_text(record, "status"),
                   json_is_true(json_get(record, "billed")) ? ", billed" : "");
        }
    }
}

static void tell_request(const struct event *e)
{
    const cJSON *problem = json_get(e->json, "problem");
    printf("<- request %d %s", (int)json_get_int(e->json, "x", 0), event_text(e, "operation"));
    if (json_get(e->json, "to") != NULL) {
        printf("to %s: %s", event_text(e, "to"), event_text(e, "asks"));
    }
    if (problem != NULL) {
        printf(" [%s: %s]", json_get_text(problem, "where"), json_get_text(problem, "text"));
    }
    const char *error = json_get_text(json_get(e->json, "signature"), "error");
    if (error != NULL && error[0] != '\0') {
        printf(" [signature: %s]", error);
    }
    tell_records(e);
}

static void tell_response(const struct event *e)
{
    printf("-> response %d: %d %s%s%s", (int)json_get_int(e->json, "x", 0),
           (int)json_get_int(e->json, "status", 0), event_text(e, "error"),
           json_is_true(json_get(e->json, "whole")) ? "" : " (cut short)",
           strcmp(event_text(e, "origin"), "rule") == 0 ? ", by a rule" : "");
}

static void tell_answer(const struct event *e)
{
    printf("   client: %s %s %s %s", event_text(e, "mp"), event_text(e, "id"),
           event_text(e, "state"), event_text(e, "reason"));
}

static void tell_commit(const struct event *e)
{
    printf("   committed:");
    tell_records(e);
}

static void tell_fault(const struct event *e)
{
    printf("   fault \"%s\": %s %s", event_text(e, "rule"), event_text(e, "action"),
           event_text(e, "at"));
}

static void tell_plain(const struct event *e)
{
    OWN_BUF struct buf line = {0};
    static const char *const HIDDEN[] = {"seq", "t_us", "wire", "service", "event"};
    OWN(json) cJSON *copy = cJSON_Duplicate(e->json, 1);
    for (size_t i = 0; i < sizeof HIDDEN / sizeof HIDDEN[0]; i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(copy, HIDDEN[i]);
    }
    json_print(&line, copy);
    printf("   %s %.*s", event_name(e->kind), (int)line.len, line.data);
}

static const struct {
    enum event_kind kind;
    void (*tell)(const struct event *e);
} TELLERS[] = {
    {EVENT_STEP, tell_step},     {EVENT_REQUEST, tell_request}, {EVENT_RESPONSE, tell_response},
    {EVENT_ANSWER, tell_answer}, {EVENT_COMMIT, tell_commit},   {EVENT_FAULT, tell_fault},
};

static void tell_event(const struct event *e, bool is_loud)
{
    printf("%5u %8.3f s  ", e->line, (double)e->t_us / 1e6);
    void (*tell)(const struct event *) = tell_plain;
    for (size_t i = 0; !is_loud && i < sizeof TELLERS / sizeof TELLERS[0]; i++) {
        tell = TELLERS[i].kind == e->kind ? TELLERS[i].tell : tell;
    }
    tell(e);
    printf("\n");
}

static void tell_checks(const struct result_case *c)
{
    printf("\n%s%s%s\n", verdict_name(c->verdict), c->why == NULL ? "" : ": ",
           c->why == NULL ? "" : c->why);
    for (size_t i = 0; i < c->check_count; i++) {
        const struct result_check *check = &c->checks[i];
        printf("  %-14s %s", verdict_name(check->verdict), check->id);
        if (check->file != NULL) {
            printf("  (%s:%u)", check->file, check->line);
        }
        if (check->text != NULL) {
            printf("\n      %s", check->text);
        }
        for (size_t k = 0; k < check->line_count; k++) {
            printf("%s%u", k == 0 ? "\n      journal lines " : ", ", check->lines[k]);
        }
        printf("\n");
    }
}

static int tell_case(const struct evidence_run *run, const struct evidence_case *c, bool is_loud)
{
    struct result_run *result = result_run_new();
    struct result_case *judged = result_add_case(result);
    struct judge_options options = judge_options_of(run);
    enum rc rc = judge_case(judged, c, &options);
    printf("%s: %s\n%s\n\n", c->id, judged->title == NULL ? "" : judged->title,
           judged->requirement == NULL ? "" : judged->requirement);
    for (size_t i = 0; i < c->count; i++) {
        tell_event(&c->events[i], is_loud);
    }
    tell_checks(judged);
    result_run_free(&result);
    return rc == RC_OK ? EXIT_PASSED : EXIT_HARNESS;
}

// What the scenario that was printed does not play again, a line each.
static int tell_gaps(struct span gaps)
{
    int code = gaps.len == 0 ? EXIT_PASSED : EXIT_OPEN;
    while (gaps.len > 0) {
        struct span line = span_cut(&gaps, '\n');
        (void)fprintf(stderr, "meterprover show: not in this file: %.*s\n", (int)line.len, line.at);
    }
    return code;
}

static int print_schedule(const struct line *line, const cJSON *scenario,
                          const struct evidence_case *c)
{
    struct diag d = {0};
    OWN_BUF struct buf text = {0};
    if (schedule_write(&text, scenario, c->events, c->count, &d) != RC_OK) {
        return line_fail(line, &d);
    }
    printf("%.*s", (int)text.len, text.data);
    OWN_BUF struct buf gaps = {0};
    gaps_tell(&gaps, c->events, c->count);
    bool has_end = c->count > 0 && c->events[c->count - 1].kind == EVENT_END;
    if (c->integrity == INTEGRITY_CUT && has_end) {
        buf_addf(&gaps, "%s\n", c->problem);
    } else if (c->integrity == INTEGRITY_CUT) { // it may be written still
        (void)fprintf(stderr, "meterprover show: the journal has no end: this is what came to pass "
                              "until its last line\n");
    }
    return tell_gaps(buf_span(&gaps));
}

static int show_case(const struct line *line, const struct evidence_run *run,
                     const struct evidence_case *c)
{
    if (!line_has(line, "--as-scenario")) {
        return tell_case(run, c, line_has(line, "-v"));
    }
    if (c->scenario == NULL || c->integrity == INTEGRITY_BROKEN) {
        struct diag d = {0};
        (void)diag_fail(&d, RC_TAMPERED, "%s", c->problem);
        return line_fail(line, &d);
    }
    return print_schedule(line, c->scenario, c);
}

static int show(const struct line *line, const struct evidence_run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        if (strcmp(run->cases[i].id, line->rest[1]) == 0) {
            return show_case(line, run, &run->cases[i]);
        }
    }
    struct diag d = {0};
    (void)diag_fail(&d, RC_USAGE, "the run in %s has no case \"%s\"", line->rest[0], line->rest[1]);
    return line_fail(line, &d);
}

// The case of the file that the journal speaks of, as it would stand in evidence.
static enum rc render_case(cJSON **out, const struct scenario_file *file, const cJSON *open,
                           struct diag *d)
{
    struct span id = json_span(json_get(open, "case"));
    for (size_t i = 0; i < scenario_count(file); i++) {
        OWN_BUF struct buf text = {0};
        if (span_is(id, scenario_at(file, i)->id)) {
            const char *profile = json_get_text(open, "profile");
            scenario_render(scenario_at(file, i), profile == NULL ? "" : profile, &text);
            return json_read(out, NULL, buf_span(&text), NULL, d);
        }
    }
    return diag_fail(d, RC_USAGE, "the journal is of the case \"%.*s\", which the file has not",
                     (int)id.len, id.len == 0 ? "" : id.at);
}

// Where the control interface armed rules, the file need not.
static enum rc read_played(struct scenario_file **file, struct span text, const char *path,
                           const struct evidence_case *c, struct diag *d)
{
    bool is_steered = false;
    for (size_t i = 0; i < c->count; i++) {
        is_steered = is_steered || c->events[i].kind == EVENT_CONTROL;
    }
    return is_steered ? scenario_read_steered(file, text, path, NULL, d)
                      : scenario_read(file, text, path, NULL, d);
}

// Of a journal of meterprover-proxy, and the scenario that it played.
static int show_journal(const struct line *line)
{
    struct diag d = {0};
    OWN_BUF struct buf text = {0};
    OWN_BUF struct buf played = {0};
    OWN(json) cJSON *scenario = NULL;
    struct evidence_case c = {.id = NULL};
    struct scenario_file *file = NULL;
    enum rc rc = file_read(&text, line->rest[0], &d);
    rc = rc == RC_OK ? evidence_read_events(&c, buf_span(&text), &d) : rc;
    rc = rc == RC_OK ? file_read(&played, line->rest[1], &d) : rc;
    rc = rc == RC_OK ? read_played(&file, buf_span(&played), line->rest[1], &c, &d) : rc;
    if (rc == RC_OK) {
        rc = render_case(&scenario, file, c.count == 0 ? NULL : c.events[0].json, &d);
    }
    int code = rc == RC_OK ? print_schedule(line, scenario, &c) : line_fail(line, &d);
    scenario_file_free(&file);
    evidence_case_clear(&c);
    return code;
}

int show_command(const struct line *line)
{
    struct diag d = {0};
    struct evidence_run *run = NULL;
    if (line->rest[0] == NULL || line->rest[1] == NULL || line->rest[2] != NULL) {
        (void)diag_fail(&d, RC_USAGE, "name the directory of a run and one of its cases");
        return line_fail(line, &d);
    }
    if (line_has(line, "--as-scenario") && !disk_is_directory(line->rest[0])) {
        return show_journal(line);
    }
    if (evidence_read(&run, line->rest[0], &d) != RC_OK) {
        return line_fail(line, &d);
    }
    int code = show(line, run);
    evidence_free(&run);
    return code;
}
