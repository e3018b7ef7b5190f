// SPDX-License-Identifier: Apache-2.0
// meterprover-proxy: the proxy and the stand-in service alone.
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mp_world_file.h"
#include "proxy/base/alloc.h"
#include "proxy/base/digest.h"
#include "proxy/base/draw.h"
#include "proxy/base/instant.h"
#include "proxy/base/options.h"
#include "proxy/base/own.h"
#include "proxy/base/rsa.h"
#include "proxy/control/control.h"
#include "proxy/greeting.h"
#include "proxy/lane.h"
#include "proxy/net/address.h"
#include "proxy/net/loop.h"
#include "proxy/net/tls.h"
#include "proxy/outward.h"
#include "proxy/tape.h"

enum { EXIT_HARNESS = 3, EXIT_USAGE = 64 };
#define TOLD_START_US (INT64_C(1794996900) * US_PER_S) // 2026-11-18T10:15:00Z

static const struct option_row OPTIONS[] = {
    {"--listen", "ADDR", "where to listen (127.0.0.1:0: a free port)"},
    {"--tls", NULL, "speak HTTPS; its certificate is signed by an authority that is yours alone"},
    {"--authority", "DIR",
     "where that authority is kept ($XDG_STATE_HOME/meterprover, or ~/.local/state/meterprover)"},
    {"--upstream", "URL",
     "pass on what no rule answers to http://HOST[:PORT] or https://HOST[:PORT], whose certificate "
     "is verified, instead of the stand-in service; nobody keeps books then"},
    {"--upstream-ca", "FILE", "trust these authorities (PEM), too, towards the upstream"},
    {"--upstream-connect-timeout", "DURATION",
     "how long a connection to an address of the upstream, or of a tunnel, may take to be made "
     "(5s)"},
    {"--upstream-timeout", "DURATION", "how long the upstream may be silent (60s)"},
    {"--connect", NULL,
     "be a forward proxy, too: CONNECT and absolute targets. Only hosts that are named are "
     "contacted: TLS to the service's hosts, and the upstream's, is opened with our authority"},
    {"--open", "HOST[:PORT]", "with --connect: open TLS to this host of AWS's, too (repeatable)"},
    {"--tunnel", "HOST[:PORT]",
     "with --connect: pass connections to this host on, unseen (repeatable)"},
    {"--scenario", "FILE",
     "play this scenario's rules and world (none: the service as documented)"},
    {"--case", "ID", "which variant of the file, when it has several (the first)"},
    {"--profile", "NAME", "what \"metering\" means in the scenario (saas)"},
    {"--journal", "FILE", "write every event there, one JSON line each; the file must not exist"},
    {"--bodies", "KIND", "what the journal keeps of requests: full, digest or none (full)"},
    {"--journal-limit", "BYTES", "stop writing events there (no limit)"},
    {"--ledger", "FILE", "write there, at the end, what the stand-in service would bill"},
    {"--cloudtrail", "FILE", "write there, at the end, what CloudTrail would have recorded"},
    {"--public-key", "FILE", "write there the key by which registrations can be verified (PEM)"},
    {"--seed", "S", "draw everything random from this number (a fresh one, printed)"},
    {"--world", "FILE", "our symbols mapped to your product codes and customers"},
    {"--time", "KIND",
     "real: service time is this machine's; told: it begins at 2026-11-18T10:15Z, or as the case "
     "says"},
    {"--credentials", "SOURCE",
     "where clients find credentials: static, container, pod-identity, imds, web-identity, or two "
     "of them: container+keys, imds+keys, web-identity+pod-identity (as the scenario says, else "
     "static)"},
    {"--record", "FILE",
     "write there what was asked and answered, one JSON line each and no secret; the file must not "
     "exist"},
    {"--replay", "FILE",
     "answer from that recording, and with NotRecordedException what is not in it; nobody else is "
     "asked"},
    {"--replay-times", "KIND",
     "how the times of usage are compared: shifted (in the same hour, counted from now as then "
     "from "
     "its moment; or exactly) or exact (shifted)"},
    {"--control", "ADDR",
     "answer there what is asked and told by HTTP; the routes are below (nowhere)"},
    {"--control-token-file", "FILE",
     "ask for the token in it (Authorization: Bearer); else ADDR must be of the loopback"},
    {"--control-history", "BYTES",
     "of the journal's lines that are kept in memory to be asked for there (33554432)"},
    {"--version", NULL, "print the version"},
    {"--help", NULL, "print this"},
    {NULL, NULL, NULL},
};

struct settings {
    const char *values[sizeof OPTIONS / sizeof OPTIONS[0]];
    struct outward_options outward; // its hosts are owned
};

static enum rc note(void *arg, const struct option_row *row, const char *value, struct diag *d)
{
    (void)d;
    struct settings *s = arg;
    s->values[row - OPTIONS] = value == NULL ? "" : value;
    bool is_tunnel = strcmp(row->name, "--tunnel") == 0;
    if (is_tunnel || strcmp(row->name, "--open") == 0) {
        struct outward_options *o = &s->outward;
        X_GROW(o->hosts, o->host_count, o->host_capacity);
        o->hosts[o->host_count++] = (struct outward_host){.text = value, .is_tunnel = is_tunnel};
    }
    return RC_OK;
}

static const char *given(const struct settings *s, const char *name, const char *otherwise)
{
    for (size_t i = 0; OPTIONS[i].name != NULL; i++) {
        if (strcmp(OPTIONS[i].name, name) == 0) {
            return s->values[i] == NULL ? otherwise : s->values[i];
        }
    }
    return otherwise;
}

static enum rc number(uint64_t *out, const struct settings *s, const char *name, uint64_t otherwise,
                      struct diag *d)
{
    const char *text = given(s, name, NULL);
    *out = otherwise;
    if (text != NULL && !span_to_u64(span_of(text), UINT64_MAX, out)) {
        return diag_fail(d, RC_USAGE, "%s takes a whole number, not \"%s\"", name, text);
    }
    return RC_OK;
}

static enum rc choice(unsigned *out, const struct settings *s, const char *name,
                      const char *const *words, struct diag *d)
{
    const char *text = given(s, name, words[0]);
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return RC_OK;
        }
    }
    return diag_fail(d, RC_USAGE, "%s does not know \"%s\"; see --help", name, text);
}

static void note_outward(struct settings *s)
{
    static const char *const BOOKS[] = {"--ledger", "--cloudtrail", "--public-key"};
    struct outward_options *o = &s->outward;
    o->upstream = given(s, "--upstream", NULL);
    o->ca_file = given(s, "--upstream-ca", NULL);
    o->connect_timeout = given(s, "--upstream-connect-timeout", NULL);
    o->reply_timeout = given(s, "--upstream-timeout", NULL);
    o->tls = given(s, "--tls", NULL);
    o->is_proxy = given(s, "--connect", NULL) != NULL;
    for (size_t i = 0; i < sizeof BOOKS / sizeof BOOKS[0]; i++) {
        o->books = given(s, BOOKS[i], NULL) != NULL ? BOOKS[i] : o->books;
    }
}

static uint64_t fresh_seed(void)
{
    struct clock clock = clock_system();
    struct draw draw = {.seed = (uint64_t)clock_wall_us(&clock), .rule = SPAN("seed"), .index = 1};
    return draw_u64(&draw, (uint64_t)clock_monotonic_us(&clock)) >> 12; // fits a JSON number
}

// Everything a run owns.
struct program {
    struct loop *loop;
    struct control *control; // with --control
    struct lane *lane;
    struct scenario_file *file;
    struct rsa_key *key;
    struct authority *authority; // with --tls or --connect
    struct tls_context *tls;
    struct tape tape; // what is recorded or replayed
    struct outward outward;
    cJSON *world_base, *world_map;
    char *identity_dir; // for files with tokens; removed at the end
    struct loop_signal on_int, on_term;
};

static enum rc pick_case(const struct scenario **out, const struct scenario_file *file,
                         const char *id, struct diag *d)
{
    for (size_t i = 0; i < scenario_count(file); i++) {
        if (id == NULL || strcmp(scenario_at(file, i)->id, id) == 0) {
            *out = scenario_at(file, i);
            return lane_supports(*out, d);
        }
    }
    return diag_fail(d, RC_USAGE, "the file has no case \"%s\"", id);
}

static enum rc read_scenario(struct program *p, const char *path, bool is_steered, struct diag *d)
{
    OWN_BUF struct buf text = {0};
    enum rc rc = file_read(&text, path, d);
    if (rc != RC_OK) {
        return rc;
    }
    return is_steered ? scenario_read_steered(&p->file, buf_span(&text), path, NULL, d)
                      : scenario_read(&p->file, buf_span(&text), path, NULL, d);
}

static enum rc read_files(struct program *p, const struct settings *s,
                          const struct scenario **scenario, struct diag *d)
{
    const char *path = given(s, "--scenario", NULL);
    const char *map = given(s, "--world", NULL);
    enum rc rc = json_read(&p->world_base, NULL, span_of(WORLD_FILE), "world.json", d);
    if (rc == RC_OK && map != NULL) {
        rc = json_read_file(&p->world_map, NULL, map, d);
    }
    if (rc == RC_OK && path != NULL) {
        rc = read_scenario(p, path, given(s, "--control", NULL) != NULL, d);
        if (rc == RC_OK) {
            rc = pick_case(scenario, p->file, given(s, "--case", NULL), d);
        }
    }
    return rc;
}

static enum rc read_options(struct lane_options *o, const struct settings *s, struct diag *d)
{
    static const char *const BODIES[] = {"full", "digest", "none", NULL};
    static const char *const TIMES[] = {"real", "told", NULL};
    static const char *const PROFILES[] = {
        "saas", "saas-agreements", "ami", "container-hourly", "container-metered", "agentcore",
        NULL};
    unsigned bodies = 0;
    unsigned time = 0;
    uint64_t limit = 0;
    enum rc rc = number(&o->seed, s, "--seed", fresh_seed(), d);
    if (rc == RC_OK) {
        rc = number(&limit, s, "--journal-limit", 0, d);
    }
    if (rc == RC_OK) {
        rc = choice(&bodies, s, "--bodies", BODIES, d);
    }
    if (rc == RC_OK) {
        rc = choice(&time, s, "--time", TIMES, d);
    }
    o->told_time = time == 1;
    o->start_us = TOLD_START_US;
    o->journal_max_bytes = (size_t)limit;
    o->journal_path = given(s, "--journal", NULL);
    o->bodies = o->journal_path == NULL ? BODIES_NONE : (enum lane_bodies)bodies;
    o->listen = given(s, "--listen", "127.0.0.1:0");
    o->profile = given(s, "--profile", "saas");
    static const char *const SOURCES[] = {
        "static", "container", "container+keys", "pod-identity",
        "imds",   "imds+keys", "web-identity",   "web-identity+pod-identity",
        NULL};
    unsigned source = 0;
    o->credentials = given(s, "--credentials", NULL);
    if (rc == RC_OK && o->credentials != NULL) {
        rc = choice(&source, s, "--credentials", SOURCES, d);
    }
    unsigned profile = 0;
    return rc == RC_OK ? choice(&profile, s, "--profile", PROFILES, d) : rc;
}

static void on_stop(void *arg)
{
    loop_stop(arg);
}

static enum rc make_identity_dir(struct program *p, struct diag *d)
{
    const char *base = getenv("TMPDIR");
    struct buf path = {0};
    buf_addf(&path, "%s/meterprover-proxy-XXXXXX", base == NULL || *base == '\0' ? "/tmp" : base);
    p->identity_dir = buf_take_text(&path);
    if (mkdtemp(p->identity_dir) == NULL) {
        enum rc rc = diag_fail(d, RC_IO, "cannot make the directory %s: %s", p->identity_dir,
                               strerror(errno));
        x_free(p->identity_dir);
        p->identity_dir = NULL;
        return rc;
    }
    return RC_OK;
}

static enum rc write_file(const char *path, struct span text, struct diag *d)
{
    OWN(file) FILE *file = fopen(path, "wb");
    bool is_open =
        file != NULL && (text.len == 0 || fwrite(text.at, 1, text.len, file) == text.len);
    if (!is_open || fflush(file) != 0) {
        return diag_fail(d, RC_IO, "cannot write %s: %s", path, strerror(errno));
    }
    return RC_OK;
}

// Before the loop runs: making a key takes its time.
static enum rc make_key(struct program *p, const struct settings *s, struct diag *d)
{
    const char *path = given(s, "--public-key", NULL);
    enum rc rc = path == NULL ? RC_OK : rsa_key_new(&p->key, d);
    return path == NULL || rc != RC_OK ? rc
                                       : write_file(path, span_of(rsa_key_public_pem(p->key)), d);
}

// Before the lane, which it sees from its first event on.
static enum rc open_control(struct program *p, const struct settings *s, struct lane_options *o,
                            struct diag *d)
{
    struct control_options options = {.loop = p->loop,
                                      .listen = given(s, "--control", NULL),
                                      .token_file = given(s, "--control-token-file", NULL),
                                      .told_start_us = TOLD_START_US};
    uint64_t bytes = 0;
    enum rc rc = number(&bytes, s, "--control-history", UINT64_C(33554432), d);
    options.history_bytes = (size_t)bytes;
    if (rc != RC_OK || options.listen == NULL) {
        bool is_meant = options.token_file != NULL;
        return rc != RC_OK || !is_meant ? rc
                                        : diag_fail(d, RC_USAGE,
                                                    "--control-token-file means nothing without "
                                                    "--control");
    }
    rc = control_open(&p->control, &options, d);
    o->observer = (struct lane_observer){.event = control_line, .arg = p->control};
    return rc;
}

// Before the loop runs, too.
static enum rc open_authority(struct program *p, const struct settings *s, struct diag *d)
{
    const char *dir = given(s, "--authority", NULL);
    OWN(text) char *usual = NULL;
    if (given(s, "--tls", NULL) == NULL && given(s, "--connect", NULL) == NULL) {
        return dir == NULL
                   ? RC_OK
                   : diag_fail(d, RC_USAGE, "--authority means nothing without --tls or --connect");
    }
    struct clock clock = clock_system();
    enum rc rc = dir == NULL ? authority_usual_dir(&usual, d) : RC_OK;
    if (rc == RC_OK) {
        rc = authority_open(&p->authority, dir == NULL ? usual : dir, &clock, d);
    }
    return rc == RC_OK ? tls_context_new(&p->tls, p->authority, d) : rc;
}

// Before anything is served: what is asked for at the end must not be lost then.
static enum rc open_books(const struct settings *s, struct diag *d)
{
    static const char *const BOOKS[] = {"--ledger", "--cloudtrail"};
    enum rc rc = RC_OK;
    for (size_t i = 0; i < 2 && rc == RC_OK; i++) {
        const char *path = given(s, BOOKS[i], NULL);
        rc = path == NULL ? RC_OK : write_file(path, (struct span){0}, d);
    }
    return rc;
}

static enum rc open_tape(struct program *p, const struct settings *s,
                         const struct scenario *scenario, struct diag *d)
{
    static const char *const EXECUTES[] = {"--ledger", "--cloudtrail", "--public-key"};
    struct tape_options options = {.record = given(s, "--record", NULL),
                                   .replay = given(s, "--replay", NULL),
                                   .times = given(s, "--replay-times", NULL),
                                   .speaks_tls = given(s, "--tls", NULL) != NULL,
                                   .scenario = scenario,
                                   .program = "meterprover-proxy " METERPROVER_VERSION};
    static const char *const OTHERS[] = {"--upstream", "--connect"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        options.asks = given(s, OTHERS[i], NULL) != NULL ? OTHERS[i] : options.asks;
    }
    for (size_t i = 0; i < sizeof EXECUTES / sizeof EXECUTES[0]; i++) {
        options.executes = given(s, EXECUTES[i], NULL) != NULL ? EXECUTES[i] : options.executes;
    }
    return tape_open(&p->tape, &options, d);
}

static enum rc write_books(const struct program *p, const struct settings *s, struct diag *d)
{
    const char *ledger_path = given(s, "--ledger", NULL);
    const char *trail_path = given(s, "--cloudtrail", NULL);
    OWN_BUF struct buf text = {0};
    enum rc rc = RC_OK;
    if (ledger_path != NULL) {
        ledger_render(lane_ledger(p->lane), &text);
        rc = write_file(ledger_path, buf_span(&text), d);
    }
    if (rc == RC_OK && trail_path != NULL) {
        buf_reset(&text);
        lane_cloudtrail(p->lane, &text);
        rc = write_file(trail_path, buf_span(&text), d);
    }
    return rc;
}

static enum rc end(struct program *p, const struct settings *s, struct diag *d)
{
    lane_close(p->lane);
    enum rc written = write_books(p, s, d);
    struct journal *j = lane_take_journal(p->lane);
    (void)journal_begin(j, EVENT_END);
    journal_text(j, "why", SPAN("done"));
    journal_text(j, "text", SPAN("the proxy was stopped"));
    char digest[SHA256_HEX];
    journal_digest(j, digest);
    journal_text(j, "journal", span_of(digest));
    journal_int(j, "lost", (int64_t)journal_lost(j));
    (void)journal_end(j);
    enum rc rc = journal_close(&j, d);
    printf("%" PRIu64 " requests\n", lane_request_count(p->lane));
    enum rc recorded = tape_close(&p->tape, d);
    rc = rc == RC_OK ? recorded : rc;
    return rc == RC_OK ? written : rc;
}

static enum rc serve(struct program *p, const struct settings *s, struct diag *d)
{
    struct lane_options o = {.loop = NULL};
    enum rc rc = outward_check(&s->outward, d);
    if (rc == RC_OK) {
        rc = read_options(&o, s, d);
    }
    if (rc == RC_OK) {
        rc = read_files(p, s, &o.scenario, d);
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (o.scenario != NULL) {
        o.start_us = scenario_start_us(o.scenario, o.start_us);
    }
    p->loop = loop_new();
    o.loop = p->loop;
    o.world_base = p->world_base;
    o.world_map = p->world_map;
    o.keeps_trail = given(s, "--cloudtrail", NULL) != NULL;
    rc = make_key(p, s, d);
    o.key = p->key;
    rc = rc == RC_OK ? open_authority(p, s, d) : rc;
    rc = rc == RC_OK ? open_tape(p, s, o.scenario, d) : rc;
    tape_join(&p->tape, &o);
    rc = rc == RC_OK ? outward_open(&p->outward, &s->outward, p->tls, &o, d) : rc;
    rc = rc == RC_OK ? open_books(s, d) : rc;
    if (rc == RC_OK && strcmp(lane_source(&o), "static") != 0) {
        rc = make_identity_dir(p, d);
        o.identity_dir = p->identity_dir;
    }
    rc = rc != RC_OK ? rc : outward_check_listen(&p->outward, o.listen, d);
    rc = rc != RC_OK ? rc : open_control(p, s, &o, d);
    rc = rc != RC_OK ? rc : lane_open(&p->lane, &o, d);
    if (rc != RC_OK) {
        return rc;
    }
    if (p->control != NULL) {
        control_serve(p->control, p->lane);
    }
    loop_signal_start(&p->on_int, p->loop, SIGINT, on_stop, p->loop);
    loop_signal_start(&p->on_term, p->loop, SIGTERM, on_stop, p->loop);
    greet(&(struct greeting){
        .lane = p->lane,
        .control = p->control == NULL ? NULL : control_address(p->control),
        .authority_path = p->authority == NULL ? NULL : authority_path(p->authority),
        .key_path = given(s, "--public-key", NULL),
        .is_forward = o.destinations != NULL,
        .has_upstream = o.upstream != NULL,
    });
    rc = loop_run(p->loop);
    enum rc ended = end(p, s, d);
    return rc == RC_OK ? ended : rc;
}

static void release(struct program *p)
{
    lane_free(&p->lane);
    control_free(&p->control);
    if (p->identity_dir != NULL) {
        (void)rmdir(p->identity_dir);
    }
    x_free(p->identity_dir);
    (void)!tape_close(&p->tape, NULL); // where it did not serve, which was told
    loop_signal_stop(&p->on_int);
    loop_signal_stop(&p->on_term);
    outward_free(&p->outward);
    loop_free(&p->loop);
    scenario_file_free(&p->file);
    rsa_key_free(&p->key);
    tls_context_free(&p->tls);
    authority_free(&p->authority);
    cJSON_Delete(p->world_base);
    cJSON_Delete(p->world_map);
}

static void help(void)
{
    OWN_BUF struct buf text = {0};
    OWN_BUF struct buf routes = {0};
    options_help(OPTIONS, &text);
    control_help(&routes);
    printf(
        "meterprover-proxy: a stand-in for the AWS Marketplace Metering Service that plays faults\n"
        "\nusage: meterprover-proxy [OPTION…]\n\n%.*s\n"
        "It prints its address on the first line, and what to export for your client after it; it\n"
        "serves until SIGINT or SIGTERM. Exit codes: 0 ended cleanly, 3 it could not serve, 64 "
        "usage.\n\nRoutes of --control, which take and give JSON:\n%.*s",
        (int)text.len, text.data, (int)routes.len, routes.data);
}

static int complain(const struct diag *d)
{
    char text[900];
    diag_print(d, text, sizeof text);
    (void)fprintf(stderr, "meterprover-proxy: %s\n", text);
    if (d->code == RC_USAGE) {
        (void)fprintf(stderr, "Try meterprover-proxy --help.\n");
        return EXIT_USAGE;
    }
    return EXIT_HARNESS;
}

int main(int argc, char **argv)
{
    struct settings settings = {.outward = {.upstream = NULL}};
    struct program program = {.loop = NULL};
    struct diag d = {0};
    int rest = 0;
    enum rc rc = options_read(OPTIONS, argc - 1, argv + 1, note, &settings, &rest, &d);
    if (rc == RC_OK && rest < argc - 1) {
        rc = diag_fail(&d, RC_USAGE, "\"%s\" is no option", argv[rest + 1]);
    }
    if (rc == RC_OK && given(&settings, "--help", NULL) != NULL) {
        help();
        return EXIT_SUCCESS;
    }
    if (rc == RC_OK && given(&settings, "--version", NULL) != NULL) {
        printf("meterprover-proxy " METERPROVER_VERSION "\n");
        return EXIT_SUCCESS;
    }
    note_outward(&settings);
    if (rc == RC_OK) {
        rc = serve(&program, &settings, &d);
    }
    release(&program);
    x_free(settings.outward.hosts);
    return rc == RC_OK ? EXIT_SUCCESS : complain(&d);
}
