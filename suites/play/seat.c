// SPDX-License-Identifier: Apache-2.0
// The processes of the client: what they start with, and how they are told to leave.
#include "suites/play/play_inside.h"

#include <stdio.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

extern char **environ; // POSIX: the caller's environment, of which the client gets a scrubbed copy

static struct journal *journal(struct play *p)
{
    return lane_journal(p->lane);
}

bool seat_runs(const struct seat *seat)
{
    return seat->client != NULL && client_is_running(seat->client);
}

bool play_any_runs(const struct play *p)
{
    bool any = false;
    for (size_t i = 0; i < SEATS; i++) {
        any = any || seat_runs(&p->seats[i]);
    }
    return any;
}

// The value of a variable of the case; NULL when it names a file that this run does not have.
static const char *value_of(const struct play *p, const cJSON *var)
{
    bool is_key = span_is(json_span(var), "$world.public_key_file");
    return is_key ? p->setting->public_key_file : json_text(var);
}

bool seat_lacks(const struct play *p, char *text, size_t size)
{
    const cJSON *var = NULL;
    const cJSON *vars = json_get(p->scenario->client, "env");
    cJSON_ArrayForEach(var, vars)
    {
        if (value_of(p, var) == NULL) {
            (void)snprintf(text, size,
                           "the case gives %s the file of a public key, and the profile %s "
                           "registers nothing",
                           var->string, p->setting->profile);
            return true;
        }
    }
    return false;
}

// "K=V" of --env, then of the case, whose word is the last: it needs what it asks for.
static char **added_variables(const struct play *p)
{
    const cJSON *vars = json_get(p->scenario->client, "env");
    const char *const *given = p->setting->add_env;
    size_t count = 0;
    while (given != NULL && given[count] != NULL) {
        count++;
    }
    char **list = x_alloc((count + (size_t)cJSON_GetArraySize(vars) + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        list[i] = x_strdup(given[i]);
    }
    const cJSON *var = NULL;
    cJSON_ArrayForEach(var, vars)
    {
        const char *value = value_of(p, var);
        struct buf entry = {0};
        if (value != NULL) { // else seat_lacks, and no client is started
            buf_addf(&entry, "%s=%s", var->string, value);
            list[count++] = buf_take_text(&entry);
        }
    }
    list[count] = NULL;
    return list;
}

static void free_variables(char **list)
{
    for (size_t i = 0; list[i] != NULL; i++) {
        x_free(list[i]);
    }
    x_free(list);
}

// What the client is told of it: whole seconds, never more than there are, but for the first.
static unsigned told_deadline_s(const struct play *p)
{
    unsigned whole = (unsigned)play_deadline_s(p);
    return whole > 0 ? whole : 1;
}

// Where the client finds the service: behind a proxy under its own name, but on a port on which it
// does not listen, so that nothing of a request reaches it from who goes around the proxy.
static void add_endpoint(const struct play *p, struct buf *out)
{
    if (scenario_is_behind_proxy(p->scenario)) {
        buf_addf(out, "https://metering.marketplace.%s.amazonaws.com:8443",
                 world_region(lane_world(p->lane)));
    } else {
        buf_add_text(out, lane_endpoint(p->lane));
    }
    buf_add_char(out, '\0');
}

enum rc seat_environment(struct play *p, struct diag *d)
{
    char **added = added_variables(p);
    OWN_BUF struct buf empty = {0};
    OWN_BUF struct buf world = {0};
    OWN_BUF struct buf endpoint = {0};
    OWN_BUF struct buf proxy = {0};
    bool is_behind_proxy = scenario_is_behind_proxy(p->scenario);
    world_describe(lane_world(p->lane), &world);
    buf_addf(&empty, "%s/empty%c", p->setting->scratch, '\0');
    add_endpoint(p, &endpoint);
    buf_addf(&proxy, "http://%s%c",
             is_behind_proxy ? lane_address(p->lane) : tripwire_address(p->tripwire), '\0');
    buf_add_char(&world, '\0');
    struct environment_options options = {
        .caller = (const char *const *)environ,
        .endpoint = endpoint.data,
        .region = world_region(lane_world(p->lane)),
        .config_file = empty.data,
        .credentials_file = empty.data,
        .proxy = proxy.data,
        .ca_file = scenario_is_over_tls(p->scenario) ? p->setting->ca_file : NULL,
        .state_dir = p->state_dir,
        .world = world.data,
        .public_key = p->setting->public_key_file,
        .deadline_s = told_deadline_s(p),
        .case_id = p->setting->hides_case ? "hidden" : p->scenario->id,
        .add = (const char *const *)added,
        .pass = p->setting->pass_env,
    };
    play_find_credentials(p, &options);
    enum rc rc = environment_build(&p->environment, &options, d);
    free_variables(added);
    return rc;
}

static enum rc start(struct play *p, struct seat *seat, struct diag *d)
{
    struct client_options options = {
        .loop = p->setting->loop,
        .argv = p->setting->argv,
        .env = environment_vars(&p->environment),
        .out_path = p->out_path,
        .err_path = p->err_path,
        .scrub = heard_scrub,
        .observer = heard_observer(seat),
    };
    return p->setting->attachment == NULL ? client_start(&seat->client, &options, d)
                                          : attached_start(p, &seat->client, &options.observer, d);
}

void play_start_client(struct play *p, struct seat *seat)
{
    p->seat = seat;
    p->state = PLAY_HELLO;
    struct diag d = {0};
    if (start(p, seat, &d) != RC_OK) {
        play_end_case(p, "harness", "%s", d.text);
        return;
    }
    heard_begin(seat, "start");
    journal_int(journal(p), "pid", client_pid(seat->client));
    heard_end(p);
    if (p->setting->is_exec) {
        p->state = PLAY_ALONE;
        return;
    }
    OWN_BUF struct buf line = {0};
    struct span name = p->setting->hides_case ? SPAN("hidden") : span_of(p->scenario->id);
    protocol_hello(&line, name, lane_service_us(p->lane));
    (void)!client_send(seat->client, buf_span(&line));
}

void seat_tell_to_leave(struct seat *seat)
{
    struct play *p = seat->play;
    if (seat_runs(seat)) {
        heard_begin(seat, "signal");
        journal_text(journal(p), "signal", SPAN("SIGTERM"));
        journal_text(journal(p), "why", SPAN("leave"));
        heard_end(p);
        client_end(seat->client, 0);
    }
}
