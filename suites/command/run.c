// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // nftw; NOLINT(bugprone-reserved-identifier)
#include "suites/command/run.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mp_world_file.h"
#include "proxy/base/digest.h"
#include "proxy/base/draw.h"
#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/base/rsa.h"
#include "proxy/destinations.h"
#include "proxy/net/tls.h"
#include "proxy/service/world.h"
#include "suites/client/environment.h"
#include "suites/command/playable.h"
#include "suites/command/profile.h"

// Our own delay above which a timing check proves nothing.
#define TOLERANCE_US (INT64_C(50) * 1000)

static uint64_t fresh_seed(void)
{
    struct clock clock = clock_system();
    struct draw draw = {.seed = (uint64_t)clock_wall_us(&clock), .rule = SPAN("seed"), .index = 1};
    return draw_u64(&draw, (uint64_t)getpid()) >> 24; // short enough to be typed again
}

static enum rc make_scratch(struct run *run, struct diag *d)
{
    const char *tmp = getenv("TMPDIR");
    struct buf path = {0};
    buf_addf(&path, "%s/meterprover-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    run->scratch = buf_take_text(&path);
    if (mkdtemp(run->scratch) == NULL) {
        enum rc rc = diag_fail(d, RC_IO, "cannot make a directory in %s: %s",
                               tmp == NULL ? "/tmp" : tmp, strerror(errno));
        x_free(run->scratch);
        run->scratch = NULL;
        return rc;
    }
    OWN_BUF struct buf empty = {0};
    buf_addf(&empty, "%s/empty%c", run->scratch, '\0');
    int fd = open(empty.data, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        return diag_fail(d, RC_IO, "cannot write in %s: %s", run->scratch, strerror(errno));
    }
    (void)close(fd);
    run->setting.scratch = run->scratch;
    return RC_OK;
}

// The key by which a client of this profile verifies registrations, made before the loop runs; its
// public half lies in a file for all cases.
static enum rc make_key(struct run *run, struct diag *d)
{
    if (!scenario_registers(run->setting.profile)) {
        return RC_OK;
    }
    struct buf path = {0};
    buf_addf(&path, "%s/public_key.pem", run->scratch);
    run->public_key_file = buf_take_text(&path);
    enum rc rc = rsa_key_new(&run->key, d);
    if (rc != RC_OK) {
        return rc;
    }
    const char *pem = rsa_key_public_pem(run->key);
    OWN(file) FILE *file = fopen(run->public_key_file, "wb");
    if (file == NULL || fwrite(pem, 1, strlen(pem), file) != strlen(pem) || fflush(file) != 0) {
        return diag_fail(d, RC_IO, "cannot write %s: %s", run->public_key_file, strerror(errno));
    }
    run->setting.key = run->key;
    run->setting.public_key_file = run->public_key_file;
    return RC_OK;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static enum rc check_names(const char *const *names, bool has_value, const char *option,
                           struct diag *d)
{
    for (; *names != NULL; names++) {
        struct span name = span_of(*names);
        if (has_value) {
            struct span rest = name;
            name = span_cut(&rest, '=');
            if (rest.at == NULL || name.len == 0) {
                return diag_fail(d, RC_USAGE, "%s takes NAME=VALUE, not \"%s\"", option, *names);
            }
        }
        const char *why = environment_refusal(name);
        if (why == NULL && !has_value && getenv(*names) == NULL) {
            why = "this variable is not set here";
        }
        if (why != NULL) {
            return diag_fail(d, RC_USAGE, "%s %.*s: %s", option, (int)name.len, name.at, why);
        }
    }
    return RC_OK;
}

static enum rc read_multiplier(struct run *run, struct diag *d)
{
    const char *text = line_value(run->line, "--timeout-multiplier", "1");
    char *end = NULL;
    errno = 0;
    double value = strtod(text, &end);
    if (errno != 0 || *text == '\0' || *end != '\0' || !(value >= 0.1 && value <= 1000)) {
        return diag_fail(d, RC_USAGE,
                         "--timeout-multiplier takes a number from 0.1 to 1000, not \"%s\"", text);
    }
    run->setting.timeout_multiplier = value;
    return RC_OK;
}

static enum rc read_profile(struct run *run, struct diag *d)
{
    run->setting.profile = line_value(run->line, "--profile", "saas");
    return profile_exists(run->setting.profile, d);
}

static const char *contract_of(const struct run *run)
{
    return run->setting.attachment != NULL ? "attach" : run->setting.is_exec ? "exec" : "script";
}

static enum rc read_attach(struct run *run, struct diag *d)
{
    if (run->line->rest[0] != NULL) {
        return diag_fail(d, RC_USAGE,
                         "attach starts no program: leave \"%s\" out, and start it yourself",
                         run->line->rest[0]);
    }
    enum rc rc = attach_read(&run->attach, run->line, d);
    run->attach.attachment.nonce = fresh_seed();
    run->setting.attachment = &run->attach.attachment;
    run->setting.argv = run->attach.argv;
    return rc;
}

static enum rc read_contract(struct run *run, struct diag *d)
{
    const char *name = line_value(run->line, "--contract", "script");
    const char *option = NULL;
    if (strcmp(name, "attach") == 0) {
        return read_attach(run, d);
    }
    run->setting.is_exec = strcmp(name, "exec") == 0;
    if (!run->setting.is_exec && strcmp(name, "script") != 0) {
        return diag_fail(d, RC_USAGE, "--contract knows script, exec and attach, not \"%s\"", name);
    }
    if (attach_is_given(run->line, &option)) {
        return diag_fail(d, RC_USAGE,
                         "%s is for a program that runs already: add --contract attach", option);
    }
    if (run->line->rest[0] == NULL) {
        return diag_fail(d, RC_USAGE,
                         "the command of your program is missing: … -- COMMAND [ARG…]");
    }
    run->setting.argv = (const char *const *)run->line->rest;
    return RC_OK;
}

static enum rc read_line(struct run *run, struct diag *d)
{
    struct play_setting *s = &run->setting;
    s->no_deadline = line_has(run->line, "--no-deadline");
    s->tolerance_us = TOLERANCE_US;
    run->add_env = line_all(run->line, "--env");
    run->pass_env = line_all(run->line, "--pass");
    s->add_env = run->add_env;
    s->pass_env = run->pass_env;
    enum rc rc = line_number(&s->seed, run->line, "--seed", fresh_seed(), UINT64_MAX, d);
    if (rc == RC_OK) {
        rc = read_profile(run, d);
    }
    if (rc == RC_OK) {
        rc = read_contract(run, d);
    }
    if (rc == RC_OK) {
        rc = read_multiplier(run, d);
    }
    if (rc == RC_OK) {
        rc = check_names(run->add_env, true, "--env", d);
    }
    return rc == RC_OK ? check_names(run->pass_env, false, "--pass", d) : rc;
}

// The usual world with the map over it: what is wrong with that is told now, not by every case.
static enum rc check_world(const struct run *run, const char *path, struct diag *d)
{
    struct world *world = NULL;
    struct diag why = {0};
    struct world_options options = {.base = run->world_base, .map = run->world_map};
    enum rc rc = world_new(&world, &options, &why);
    world_free(&world);
    return rc == RC_OK ? RC_OK : diag_fail_at(d, rc, path, why.place, "%s", why.text);
}

// What a person named and we cannot take is a wrong command line, not a failure of ours.
static enum rc read_world(struct run *run, struct diag *d)
{
    const char *path = line_value(run->line, "--world", NULL);
    struct diag why = {0};
    char text[900];
    if (path == NULL || (json_read_file(&run->world_map, NULL, path, &why) == RC_OK &&
                         check_world(run, path, &why) == RC_OK)) {
        return RC_OK;
    }
    diag_print(&why, text, sizeof text);
    return diag_fail(d, RC_USAGE,
                     "%s; --world takes a JSON file that maps products, dimensions and customers "
                     "to yours",
                     text);
}

enum rc run_init(struct run *run, const struct line *line, struct diag *d)
{
    *run = (struct run){.line = line};
    enum rc rc = read_line(run, d);
    if (rc == RC_OK) {
        rc = json_read(&run->world_base, NULL, span_of(WORLD_FILE), "world.json", d);
    }
    if (rc == RC_OK && run->setting.attachment != NULL) {
        rc = attach_fix_world(run->world_base, d);
    }
    if (rc == RC_OK) {
        rc = read_world(run, d);
    }
    // What a profile demands is certified with steps only; without them it would never be met.
    if (rc == RC_OK && !run->setting.is_exec) {
        rc = profile_read(&run->mandatory, line_value(line, "--scenarios", catalogue_default_dir()),
                          run->setting.profile, d);
    }
    if (rc == RC_OK) {
        rc = make_scratch(run, d);
    }
    if (rc == RC_OK) {
        rc = make_key(run, d);
    }
    run->setting.world_base = run->world_base;
    run->setting.world_map = run->world_map;
    return rc;
}

void run_tell_environment(const struct run *run)
{
    OWN_BUF struct buf text = {0};
    if (run->setting.attachment != NULL) {
        attach_print_environment(&run->attach, run->world_base, &text);
        printf("%.*s", (int)text.len, text.data);
        (void)fflush(stdout);
    }
}

void run_clear(struct run *run)
{
    if (run->scratch != NULL) {
        (void)nftw(run->scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
    attach_clear(&run->attach);
    x_free(run->scratch);
    x_free(run->public_key_file);
    rsa_key_free(&run->key);
    destinations_free(&run->destinations);
    tls_context_free(&run->tls);
    authority_free(&run->authority);
    x_free(run->add_env);
    x_free(run->pass_env);
    cJSON_Delete(run->world_base);
    cJSON_Delete(run->world_map);
    cJSON_Delete(run->mandatory);
    *run = (struct run){0};
}

static void add_command(struct buf *b, const char *const *argv)
{
    buf_add_text(b, "\"client\":[");
    for (size_t i = 0; argv[i] != NULL; i++) {
        if (i > 0) {
            buf_add_char(b, ',');
        }
        buf_add_json_string(b, span_of(argv[i]));
    }
    buf_add_char(b, ']');
}

static void add_case(struct buf *b, const struct run *run, const struct scenario *s)
{
    OWN_BUF struct buf text = {0};
    char digest[SHA256_HEX];
    scenario_render(s, run->setting.profile, &text);
    sha256_hex(digest, buf_span(&text));
    buf_add_text(b, "{\"id\":");
    buf_add_json_string(b, span_of(s->id));
    buf_addf(b, ",\"scenario\":\"%s\"}", digest);
}

static const char *rule_set_of(const struct run *run)
{
    const char *name = json_get_text(run->world_base, "rule_set");
    return name == NULL ? ruleset_newest()->name : name;
}

// The header of run.json.
static void render_header(const struct run *run, const struct scenario *const *cases, size_t count,
                          struct buf *b)
{
    struct clock clock = clock_system();
    char now[INSTANT_TEXT];
    instant_format(now, clock_wall_us(&clock));
    buf_add_text(b, "{\"harness\":\"" METERPROVER_VERSION "\",");
    add_command(b, run->setting.argv);
    buf_addf(b, ",\"contract\":\"%s\"", contract_of(run));
    buf_addf(b, ",\"profile\":\"%s\",\"rule_set\":\"%s\",\"seed\":\"%" PRIu64 "\",\"time\":\"%s\"",
             run->setting.profile, rule_set_of(run), run->setting.seed,
             run->setting.told_time ? "told" : "real");
    if (run->mandatory != NULL) {
        buf_add_text(b, ",\"mandatory\":");
        json_print(b, run->mandatory);
    }
    buf_addf(
        b, ",\"timeout_multiplier\":%g,\"tolerance_us\":%" PRId64 ",\"started\":\"%s\",\"cases\":[",
        run->setting.timeout_multiplier, run->setting.tolerance_us, now);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buf_add_char(b, ',');
        }
        add_case(b, run, cases[i]);
    }
    buf_add_text(b, "]}");
}

// An authority for this run alone: its key ends with the run, and no other program trusts it.
static enum rc open_authority(struct run *run, const struct scenario *const *cases, size_t count,
                              struct diag *d)
{
    size_t i = 0;
    while (i < count && !scenario_is_over_tls(cases[i])) {
        i++;
    }
    if (i == count) {
        return RC_OK;
    }
    struct clock clock = clock_system();
    struct buf dir = {0};
    buf_addf(&dir, "%s/authority", run->scratch);
    OWN(text) char *path = buf_take_text(&dir);
    enum rc rc = authority_open(&run->authority, path, &clock, d);
    if (rc == RC_OK) {
        rc = tls_context_new(&run->tls, run->authority, d);
        run->setting.tls = run->tls;
        run->setting.ca_file = authority_path(run->authority);
        // To the service alone, in whose place we answer: nobody is ever connected to.
        run->destinations = destinations_new(NULL, NULL, 0);
        run->setting.destinations = run->destinations;
    }
    return rc;
}

enum rc run_cases(struct run *run, const char *dir, const struct scenario *const *cases,
                  size_t count, unsigned jobs, const struct campaign_progress *progress,
                  struct diag *d)
{
    OWN_BUF struct buf header = {0};
    render_header(run, cases, count, &header);
    enum rc rc = run_writer_open(&run->setting.writer, dir, buf_span(&header), d);
    run->has_evidence = rc == RC_OK;
    if (rc == RC_OK) {
        rc = open_authority(run, cases, count, d);
    }
    if (rc != RC_OK) {
        return rc;
    }
    struct campaign_options options = {.setting = &run->setting,
                                       .cases = cases,
                                       .count = count,
                                       .jobs = jobs,
                                       .progress = *progress};
    rc = campaign_run(&options, &run->interrupted, d);
    enum rc closed = run_writer_close(run->setting.writer, run->interrupted, d);
    run_writer_free(&run->setting.writer);
    return rc == RC_OK ? closed : rc;
}
