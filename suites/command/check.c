// SPDX-License-Identifier: Apache-2.0
// check: reads scenario files as the harness does, and proves that no case passes on the evidence
// of a client that did nothing.
#include <stdio.h>

#include "proxy/base/own.h"
#include "proxy/replayer.h"
#include "suites/command/catalogue.h"
#include "suites/command/command.h"
#include "suites/command/playable.h"
#include "suites/command/profile.h"
#include "suites/command/statements.h"
#include "suites/oracle/judge.h"

const struct option_row CHECK_OPTIONS[] = {
    {"-v", NULL, "say of each rule whether the request is executed, and what each case proves"},
    {"--format-only", NULL, "only read the files; do not ask whether this version can play them"},
    {"--schema", NULL, "print the JSON Schema of the format"},
    {"--help", NULL, "print this"},
    {NULL, NULL, NULL},
};

struct check {
    bool is_loud, is_format_only;
    unsigned problems, cases;
    cJSON *statements; // statements.json; owned
};

static void complain(struct check *c, const struct diag *d)
{
    char text[900];
    diag_print(d, text, sizeof text);
    printf("%s\n", text);
    c->problems++;
}

static void tell_rules(const struct scenario *s)
{
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct rule *r = &s->rules[i];
        printf("  rule \"%s\" (%s): the request is %s\n", r->name, fault_kind_name(r->kind),
               r->executes ? "executed" : "not executed");
    }
}

// A pass must never be vacuous: both idle clients are judged in every profile of the case.
static void prove(struct check *c, const struct scenario *s)
{
    const cJSON *profile = NULL;
    cJSON_ArrayForEach(profile, s->profiles)
    {
        OWN_BUF struct buf text = {0};
        OWN(json) cJSON *tree = NULL;
        scenario_render(s, json_text(profile), &text);
        if (json_read(&tree, NULL, buf_span(&text), NULL, NULL) != RC_OK) {
            continue;
        }
        enum verdict verdict = judge_idle(tree);
        if (verdict == VERDICT_PASS || verdict == VERDICT_AVOIDED || verdict == VERDICT_INFO ||
            verdict == VERDICT_WARN) {
            struct diag d = {0};
            (void)diag_fail_at(&d, RC_INTERNAL, s->file, s->expects[0].place,
                               "%s (%s) is %s for a client that does nothing: it proves nothing",
                               s->id, json_text(profile), verdict_name(verdict));
            complain(c, &d);
        } else if (c->is_loud) {
            printf("  %s, a client that does nothing: %s\n", json_text(profile),
                   verdict_name(verdict));
        }
    }
}

static void check_case(struct check *c, const struct scenario *s)
{
    struct diag d = {0};
    c->cases++;
    if (c->is_loud) {
        printf("%s: %s\n", s->id, s->title);
        tell_rules(s);
    }
    if (c->is_format_only) {
        return;
    }
    if (case_is_playable(s, &d) != RC_OK) {
        complain(c, &d);
        return;
    }
    prove(c, s);
}

// What a case cites must be a statement that is listed, wherever the case itself lies.
static void check_sources(struct check *c, const struct scenario_file *file)
{
    OWN_BUF struct buf all = {0};
    if (c->statements != NULL && scenario_check_sources(file, c->statements, &all, NULL) != RC_OK) {
        printf("%.*s", (int)all.len, all.data);
        c->problems++;
    }
}

static void check_statements(struct check *c, const char *path)
{
    struct diag d = {0};
    OWN_BUF struct buf all = {0};
    if (statements_check(path, &all, &d) != RC_OK && all.len == 0) {
        complain(c, &d);
    } else if (all.len > 0) {
        printf("%.*s", (int)all.len, all.data);
        c->problems++;
    }
}

// A recording: what can be replayed of it, as meterprover-proxy would.
static bool check_recording(struct check *c, const char *path)
{
    OWN_BUF struct buf text = {0};
    struct recording *recording = NULL;
    struct diag d = {0};
    if (file_read(&text, path, NULL) != RC_OK || !recording_is(buf_span(&text))) {
        return false;
    }
    enum rc rc = recording_read(&recording, buf_span(&text), path, &d);
    rc = rc == RC_OK ? replayer_check(recording, path, &d) : rc;
    if (rc != RC_OK) {
        complain(c, &d);
    } else {
        printf("%s: a recording of %zu exchanges", path, recording->exchanges);
        if (recording->count > recording->exchanges) {
            printf(", and of %zu lines that come before one",
                   recording->count - recording->exchanges);
        }
        printf("%s\n", recording->is_cut ? "; a last line is not whole and is passed over" : "");
    }
    recording_free(&recording);
    return true;
}

// Profiles and statements lie among the scenarios, and are checked in their own ways.
static bool check_other(struct check *c, const char *path)
{
    OWN(json) cJSON *tree = NULL;
    struct diag d = {0};
    if (json_read_file(&tree, NULL, path, NULL) != RC_OK) {
        return false;
    }
    if (statements_are(tree)) {
        check_statements(c, path);
        return true;
    }
    if (profile_is(tree) && profile_check(path, &d) != RC_OK) {
        complain(c, &d);
    }
    return profile_is(tree);
}

static void check_file(struct check *c, const char *path)
{
    struct scenario_file *file = NULL;
    struct diag d = {0};
    OWN_BUF struct buf all = {0};
    if (scenario_read_file(&file, path, &all, &d) != RC_OK) {
        if (all.len > 0) {
            printf("%.*s", (int)all.len, all.data);
            c->problems++;
        } else {
            complain(c, &d);
        }
        return;
    }
    check_sources(c, file);
    for (size_t i = 0; i < scenario_count(file); i++) {
        check_case(c, scenario_at(file, i));
    }
    scenario_file_free(&file);
}

int check_command(const struct line *line)
{
    if (line_has(line, "--schema")) {
        OWN_BUF struct buf text = {0};
        scenario_print_schema(&text);
        printf("%.*s", (int)text.len, text.data);
        return EXIT_PASSED;
    }
    struct check c = {.is_loud = line_has(line, "-v"),
                      .is_format_only = line_has(line, "--format-only")};
    struct diag d = {0};
    if (line->rest[0] == NULL) {
        (void)diag_fail(&d, RC_USAGE, "no file was named");
        return line_fail(line, &d);
    }
    if (statements_read(&c.statements, &d) != RC_OK) {
        return line_fail(line, &d);
    }
    for (char **path = line->rest; *path != NULL; path++) {
        if (!check_recording(&c, *path) && !check_other(&c, *path)) {
            check_file(&c, *path);
        }
    }
    cJSON_Delete(c.statements);
    printf("%u cases, %u problems\n", c.cases, c.problems);
    return c.problems == 0 ? EXIT_PASSED : EXIT_FAILED;
}
