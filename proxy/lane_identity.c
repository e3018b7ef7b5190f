// SPDX-License-Identifier: Apache-2.0
// Credentials that clients fetch: which is handed out, the tokens that are shown for it, and the
// files in which those stand.
#include <string.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/evidence/disk.h"
#include "proxy/lane_inside.h"

const char *lane_source(const struct lane_options *options)
{
    const char *said = options->credentials;
    if (said == NULL && options->scenario != NULL) {
        said = json_get_text(options->scenario->client, "credentials");
    }
    return said == NULL ? "static" : said;
}

// What an environment offers. Where it offers two, only one is right for what the client sells.
struct source {
    const char *name;
    bool has_container;
    bool has_token;      // the container's, in the environment
    bool has_token_file; // the container's
    bool has_imds, has_web;
    bool has_keys; // of long term, in the environment
};

static const struct source SOURCES[] = {
    {.name = "container", .has_container = true, .has_token = true},
    {.name = "container+keys", .has_container = true, .has_token = true, .has_keys = true},
    {.name = "pod-identity", .has_container = true, .has_token_file = true},
    {.name = "imds", .has_imds = true},
    {.name = "imds+keys", .has_imds = true, .has_keys = true},
    {.name = "web-identity", .has_web = true},
    {.name = "web-identity+pod-identity",
     .has_web = true,
     .has_container = true,
     .has_token_file = true},
};
#define SOURCE_COUNT (sizeof SOURCES / sizeof SOURCES[0])

// NULL when there is none of that name; static is none of these.
static const struct source *find_source(const char *name)
{
    size_t i = 0;
    while (i < SOURCE_COUNT && strcmp(SOURCES[i].name, name) != 0) {
        i++;
    }
    return i < SOURCE_COUNT ? &SOURCES[i] : NULL;
}

static char *url(const struct lane *lane, enum target target, const char *path)
{
    struct buf text = {0};
    buf_addf(&text, "%s%s", lane->ports[target].url, path);
    return buf_take_text(&text);
}

// The first of the world's keys that are no session; NULL when there are none.
static const struct sigv4_credential *long_term_keys(const struct world *world)
{
    for (size_t i = 0; i < world_credential_count(world); i++) {
        const struct sigv4_credential *c = world_credential(world, i);
        if (c->session_token == NULL) {
            return c;
        }
    }
    return NULL;
}

static void tell_client(struct lane *lane, const struct source *source)
{
    struct lane_identity *told = &lane->told;
    const char *dir = lane->options.identity_dir;
    if (source->has_imds) {
        told->imds_endpoint = url(lane, TARGET_IMDS, "");
    }
    if (source->has_web) {
        told->sts_endpoint = url(lane, TARGET_STS, "");
        told->web_identity_file = disk_join(dir, "web-identity-token");
        told->role_arn = x_strdup(identity_role_arn(lane->identity));
    }
    if (source->has_container) {
        told->container_uri = url(lane, TARGET_CONTAINER, identity_container_path(lane->identity));
    }
    if (source->has_token) {
        told->container_token = x_strdup(identity_container_token(lane->identity));
    }
    if (source->has_token_file) {
        told->container_token_file = disk_join(dir, "container-authorization-token");
    }
    if (source->has_keys) {
        told->keys = long_term_keys(lane->world);
    }
}

// Replaced as a whole: a client that reads meanwhile sees the old token or the new one.
static enum rc write_files(const struct lane *lane, struct diag *d)
{
    const struct {
        const char *path, *token;
    } files[] = {
        {lane->told.web_identity_file, identity_web_token(lane->identity)},
        {lane->told.container_token_file, identity_container_token(lane->identity)},
    };
    enum rc rc = RC_OK;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && rc == RC_OK; i++) {
        if (files[i].path != NULL) {
            rc = disk_replace(files[i].path, span_of(files[i].token), d);
        }
    }
    return rc;
}

static enum rc check_source(const struct lane *lane, const struct source *source,
                            const struct world *world, struct diag *d)
{
    if (source == NULL) {
        return diag_fail(d, RC_UNKNOWN, "\"%s\" is no source of credentials", lane->told.source);
    }
    bool needs_files = source->has_token_file || source->has_web;
    if (needs_files && lane->options.identity_dir == NULL) {
        return diag_fail(d, RC_MISSING, "credentials from %s need a directory for its token",
                         source->name);
    }
    const struct sigv4_credential *first = world_credential(world, 0);
    if (first == NULL || first->session_token == NULL) {
        return diag_fail(d, RC_CONFLICT,
                         "the first of world.credentials is handed out by a role, so it must be a "
                         "session");
    }
    if (source->has_keys && long_term_keys(world) == NULL) {
        return diag_fail(d, RC_MISSING,
                         "%s needs keys in world.credentials that are no session: say \"session\": "
                         "false",
                         source->name);
    }
    return RC_OK;
}

enum rc lane_identity_fits(const struct lane *lane, const struct world *world, struct diag *d)
{
    return lane->identity == NULL ? RC_OK
                                  : check_source(lane, find_source(lane->told.source), world, d);
}

enum rc lane_identity_open(struct lane *lane, struct diag *d)
{
    lane->told.source = lane_source(&lane->options);
    if (strcmp(lane->told.source, "static") == 0) {
        return RC_OK;
    }
    const struct source *source = find_source(lane->told.source);
    enum rc rc = check_source(lane, source, lane->world, d);
    if (rc != RC_OK) {
        return rc;
    }
    const struct sigv4_credential *first = world_credential(lane->world, 0);
    struct identity_options options = {
        .region = world_region(lane->world),
        .account = world_calling_account(lane->world, first->name,
                                         scenario_metering(lane->options.profile)),
        .seed = lane->options.seed,
        .case_id = span_of(lane->world_case),
        .now_us = lane_wire_us(lane)};
    lane->identity = identity_new(&options);
    tell_client(lane, source);
    return write_files(lane, d);
}

static void remove_file(const char *path)
{
    if (path != NULL) {
        (void)unlink(path);
    }
}

void lane_identity_clear(struct lane *lane)
{
    struct lane_identity *told = &lane->told;
    remove_file(told->web_identity_file);
    remove_file(told->container_token_file);
    char **const texts[] = {
        &told->container_uri, &told->container_token, &told->container_token_file,
        &told->imds_endpoint, &told->sts_endpoint,    &told->web_identity_file,
        &told->role_arn};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        x_free(*texts[i]);
        *texts[i] = NULL;
    }
    identity_free(&lane->identity);
}

const struct lane_identity *lane_identity(const struct lane *lane)
{
    return lane->identity == NULL ? NULL : &lane->told;
}

static void on_secret(void *arg, const char *name, struct span value)
{
    const struct lane *lane = arg;
    journal_secret(lane->journal, name, value);
}

static void tell_credential(struct lane *lane, const char *name, const char *what)
{
    (void)journal_begin(lane->journal, EVENT_CREDENTIAL);
    journal_text(lane->journal, "name", span_of(name));
    journal_text(lane->journal, "what", span_of(what));
    (void)journal_end(lane->journal);
}

void lane_identity_begin(struct lane *lane)
{
    if (lane->identity == NULL) {
        return;
    }
    const struct sigv4_credential *first = world_credential(lane->world, 0);
    identity_tell_secrets(lane->identity, on_secret, lane);
    identity_serve(lane->identity, first, lane_wire_us(lane));
    tell_credential(lane, first->name, "current");
}

enum rc lane_serve(struct lane *lane, struct span credential)
{
    const struct sigv4_credential *c = world_credential_named(lane->world, credential);
    if (c == NULL) {
        return RC_UNKNOWN;
    }
    if (lane->identity == NULL || c->session_token == NULL) {
        return RC_CONFLICT;
    }
    identity_serve(lane->identity, c, lane_wire_us(lane));
    tell_credential(lane, c->name, "current");
    return RC_OK;
}

enum rc lane_rotate(struct lane *lane)
{
    if (lane->identity == NULL) {
        return RC_CONFLICT;
    }
    identity_rotate(lane->identity, lane_wire_us(lane));
    identity_tell_secrets(lane->identity, on_secret, lane);
    tell_credential(lane, "token", "rotated");
    struct diag d = {0};
    enum rc rc = write_files(lane, &d);
    if (rc != RC_OK) {
        (void)journal_begin(lane->journal, EVENT_CREDENTIAL);
        journal_text(lane->journal, "name", SPAN("token"));
        journal_text(lane->journal, "what", SPAN("lost"));
        journal_text(lane->journal, "text", span_of(d.text));
        (void)journal_end(lane->journal);
    }
    return rc;
}

enum rc lane_credential_life(const struct lane *lane, struct span credential, int64_t *left_us)
{
    const struct sigv4_credential *c = world_credential_named(lane->world, credential);
    if (c == NULL) {
        return RC_UNKNOWN;
    }
    int64_t until_us = c->expires_us - lane_wire_us(lane);
    *left_us = c->expires_us == 0 ? INT64_MAX : until_us > 0 ? until_us : 0;
    return RC_OK;
}

void lane_tell_expired(struct lane *lane, struct span credential)
{
    OWN(text) char *name = span_dup(credential);
    tell_credential(lane, name, "expired");
}

// What the case says of that credential of its world; NULL when it says nothing.
static const cJSON *described(const struct scenario *s, struct span name)
{
    const cJSON *item = NULL;
    const cJSON *list = json_get(s->world, "credentials");
    cJSON_ArrayForEach(item, list)
    {
        if (span_equal(json_span(json_get(item, "name")), name)) {
            return item;
        }
    }
    return NULL;
}

static bool expires_in_time(const struct scenario *s, const cJSON *name)
{
    int64_t life_us = 0;
    struct span life = json_span(json_get(described(s, json_span(name)), "life_wire"));
    return life.len > 0 && duration_parse(&life_us, life, NULL) == RC_OK &&
           life_us < s->deadline_s * US_PER_S;
}

enum rc lane_supports_change(const struct scenario *s, const cJSON *change, struct place place,
                             bool can_wait, struct diag *d)
{
    const char *source = json_get_text(s->client, "credentials");
    const cJSON *expire = json_get(change, "expire");
    const cJSON *serve = json_get(change, "serve");
    bool is_static = source == NULL || strcmp(source, "static") == 0;
    bool rotates = json_get(change, "rotate") != NULL;
    const char *why = NULL;
    if (is_static && (serve != NULL || rotates)) {
        why = "nothing is handed out while credentials are static";
    } else if (rotates && find_source(source) != NULL && find_source(source)->has_token) {
        why = "a container's token stands in its environment, which cannot change";
    } else if (serve != NULL &&
               cJSON_IsFalse(json_get(described(s, json_span(serve)), "session"))) {
        why = "a role hands out sessions only";
    } else if (expire != NULL && !can_wait) {
        why = "a rule cannot wait until a credential has expired: a step can";
    } else if (expire != NULL && !expires_in_time(s, expire)) {
        why = "that credential does not expire before the deadline: give it a `life_wire`";
    }
    return why == NULL ? RC_OK : diag_fail_at(d, RC_UNSUPPORTED, s->file, place, "%s", why);
}
