// SPDX-License-Identifier: Apache-2.0
// Three tables say what happens to a name: what is taken from the caller's environment, what nobody
// may set, and what we set. A name that nobody may set is one by which a client could leave the
// machine, sign with another key than ours, or lose what tells it of the case.
#include "suites/client/environment.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

// Linux: MAX_ARG_STRLEN, 32 pages, with the NUL; execve fails with E2BIG beyond it.
#define MAX_VARIABLE (32u * 4096u - 1)
#define LOOPBACK "127.0.0.1,localhost,::1"

// How a name of the table is compared.
enum name_match { NAME_EXACT, NAME_PREFIX, NAME_SUFFIX_NOCASE };

struct name_rule {
    const char *name;
    enum name_match match;
    const char *because; // for protected names
};

static const struct name_rule SCRUBBED[] = {
    {"AWS_", NAME_PREFIX, NULL},
    {"_PROXY", NAME_SUFFIX_NOCASE, NULL},
    {"METERPROVER_", NAME_PREFIX, NULL}, // of a run in which this one runs
};

#define WHY_ENDPOINT "it decides where requests go, and they must not leave this machine"
#define WHY_KEYS "the case decides which credentials the client finds"
#define WHY_CASE "it tells the client of its case"

static const struct name_rule PROTECTED[] = {
    {"AWS_ENDPOINT_URL", NAME_PREFIX, WHY_ENDPOINT},
    {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", NAME_EXACT, WHY_ENDPOINT},
    {"AWS_USE_FIPS_ENDPOINT", NAME_EXACT, WHY_ENDPOINT},
    {"AWS_USE_DUALSTACK_ENDPOINT", NAME_EXACT, WHY_ENDPOINT},
    {"_PROXY", NAME_SUFFIX_NOCASE, WHY_ENDPOINT},
    {"AWS_ACCESS_KEY", NAME_PREFIX, WHY_KEYS},
    {"AWS_SECRET_", NAME_PREFIX, WHY_KEYS},
    {"AWS_SESSION_TOKEN", NAME_EXACT, WHY_KEYS},
    {"AWS_SECURITY_TOKEN", NAME_EXACT, WHY_KEYS},
    {"AWS_BEARER_TOKEN", NAME_PREFIX, WHY_KEYS},
    {"AWS_CREDENTIAL", NAME_PREFIX, WHY_KEYS},
    {"AWS_PROFILE", NAME_EXACT, WHY_KEYS},
    {"AWS_DEFAULT_PROFILE", NAME_EXACT, WHY_KEYS},
    {"AWS_CONFIG_FILE", NAME_EXACT, WHY_KEYS},
    {"AWS_SHARED_CREDENTIALS_FILE", NAME_EXACT, WHY_KEYS},
    {"AWS_SDK_LOAD_CONFIG", NAME_EXACT, WHY_KEYS},
    {"AWS_CONTAINER_", NAME_PREFIX, WHY_KEYS},
    {"AWS_EC2_METADATA_", NAME_PREFIX, WHY_KEYS},
    {"AWS_WEB_IDENTITY_", NAME_PREFIX, WHY_KEYS},
    {"AWS_ROLE_", NAME_PREFIX, WHY_KEYS},
    {"METERPROVER_", NAME_PREFIX, WHY_CASE},
};

static bool name_matches(const struct name_rule *rule, struct span name)
{
    struct span wanted = span_of(rule->name);
    switch (rule->match) {
    case NAME_EXACT:
        return span_equal(name, wanted);
    case NAME_PREFIX:
        return span_starts(name, wanted);
    case NAME_SUFFIX_NOCASE:
        return name.len >= wanted.len &&
               span_equal_nocase(span_slice(name, name.len - wanted.len, name.len), wanted);
    }
    return false;
}

static const struct name_rule *find_rule(const struct name_rule *rules, size_t count,
                                         struct span name)
{
    for (size_t i = 0; i < count; i++) {
        if (name_matches(&rules[i], name)) {
            return &rules[i];
        }
    }
    return NULL;
}

const char *environment_refusal(struct span name)
{
    const struct name_rule *rule =
        find_rule(PROTECTED, sizeof PROTECTED / sizeof PROTECTED[0], name);
    return rule == NULL ? NULL : rule->because;
}

static bool is_scrubbed(struct span name)
{
    return find_rule(SCRUBBED, sizeof SCRUBBED / sizeof SCRUBBED[0], name) != NULL;
}

// The place of a variable, or count when it is not there.
static size_t find_variable(const struct environment *e, struct span name)
{
    size_t i = 0;
    while (i < e->count &&
           !(strncmp(e->vars[i], name.at, name.len) == 0 && e->vars[i][name.len] == '=')) {
        i++;
    }
    return i;
}

// Takes over entry ("NAME=VALUE"), in the place of an older one of that name.
static void put(struct environment *e, char *entry, struct span name)
{
    size_t i = find_variable(e, name);
    if (i < e->count) {
        x_free(e->vars[i]);
        e->vars[i] = entry;
        return;
    }
    if (e->count + 1 >= e->capacity) { // one place is kept for the NULL at the end
        e->capacity = e->capacity == 0 ? 64 : e->capacity * 2;
        e->vars = x_realloc(e->vars, e->capacity * sizeof *e->vars);
    }
    e->vars[e->count++] = entry;
    e->vars[e->count] = NULL;
}

// Sets name to value; nothing when value is NULL.
static enum rc set(struct environment *e, const char *name, const char *value, struct diag *d)
{
    if (value == NULL) {
        return RC_OK;
    }
    size_t length = strlen(name) + 1 + strlen(value);
    if (length > MAX_VARIABLE) {
        return diag_fail(d, RC_LIMIT,
                         "%s would be %zu bytes long; a program's environment takes at most %u in "
                         "one variable",
                         name, length, MAX_VARIABLE);
    }
    char *entry = x_alloc(length + 1);
    (void)snprintf(entry, length + 1, "%s=%s", name, value);
    put(e, entry, span_of(name));
    return RC_OK;
}

static struct span name_of(const char *entry)
{
    struct span rest = span_of(entry);
    struct span name = span_cut(&rest, '=');
    return rest.at == NULL ? (struct span){0} : name; // an entry without = is no variable
}

static void copy_caller(struct environment *e, const char *const *caller)
{
    for (const char *const *entry = caller; entry != NULL && *entry != NULL; entry++) {
        struct span name = name_of(*entry);
        // Of a name that stands twice the first counts, as it does for getenv.
        if (name.len > 0 && !is_scrubbed(name) && find_variable(e, name) == e->count) {
            put(e, x_strdup(*entry), name);
        }
    }
}

struct setting {
    const char *name;
    const char *value; // NULL: not set
    bool required;
};

static enum rc set_all(struct environment *e, const struct setting *settings, size_t count,
                       struct diag *d)
{
    for (size_t i = 0; i < count; i++) {
        if (settings[i].value == NULL && settings[i].required) {
            return diag_fail(d, RC_MISSING, "the client's environment needs a value for %s",
                             settings[i].name);
        }
        enum rc code = set(e, settings[i].name, settings[i].value, d);
        if (code != RC_OK) {
            return code;
        }
    }
    return RC_OK;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static enum rc set_where(struct environment *e, const struct environment_options *o, struct diag *d)
{
    const struct setting settings[] = {
        {"AWS_ENDPOINT_URL_MARKETPLACE_METERING", o->endpoint, true},
        {"AWS_ENDPOINT_URL_STS", o->sts_endpoint != NULL ? o->sts_endpoint : o->endpoint, true},
        {"AWS_REGION", o->region, true},
        {"AWS_DEFAULT_REGION", o->region, true}, // botocore reads only this one
        {"AWS_CONFIG_FILE", o->config_file, true},
        {"AWS_SHARED_CREDENTIALS_FILE", o->credentials_file, true},
        {"AWS_CA_BUNDLE", o->ca_file, false},
        {"SSL_CERT_FILE", o->ca_file, false},
        {"NODE_EXTRA_CA_CERTS", o->ca_file, false},
        {"REQUESTS_CA_BUNDLE", o->ca_file, false},
        {"CURL_CA_BUNDLE", o->ca_file, false},
        // libcurl reads http_proxy in lower case only, others read either.
        {"HTTPS_PROXY", o->proxy, true},
        {"https_proxy", o->proxy, true},
        {"HTTP_PROXY", o->proxy, true},
        {"http_proxy", o->proxy, true},
        {"NO_PROXY", LOOPBACK, true},
        {"no_proxy", LOOPBACK, true},
    };
    return set_all(e, settings, COUNT(settings), d);
}

// Which source is meant decides what has to be there; what stands beside it is set as well.
static enum rc set_credentials(struct environment *e, const struct environment_options *o,
                               struct diag *d)
{
    enum credential_source source = o->source;
    bool has_imds = source == CREDENTIALS_IMDS;
    const struct setting settings[] = {
        {"AWS_ACCESS_KEY_ID", o->access_key, source == CREDENTIALS_STATIC},
        {"AWS_SECRET_ACCESS_KEY", o->secret_key, source == CREDENTIALS_STATIC},
        {"AWS_SESSION_TOKEN", o->session_token, false},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI", o->container_uri, source == CREDENTIALS_CONTAINER},
        {"AWS_CONTAINER_AUTHORIZATION_TOKEN", o->container_token, false},
        {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", o->container_token_file, false},
        {"AWS_WEB_IDENTITY_TOKEN_FILE", o->web_identity_file, source == CREDENTIALS_WEB_IDENTITY},
        {"AWS_ROLE_ARN", o->role_arn, source == CREDENTIALS_WEB_IDENTITY},
        {"AWS_ROLE_SESSION_NAME", o->role_arn == NULL ? NULL : "meterprover", false},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT", o->imds_endpoint, has_imds},
        {"AWS_EC2_METADATA_DISABLED", has_imds ? NULL : "true", false},
    };
    return set_all(e, settings, COUNT(settings), d);
}

static enum rc set_case(struct environment *e, const struct environment_options *o, struct diag *d)
{
    char deadline[16];
    (void)snprintf(deadline, sizeof deadline, "%u", o->deadline_s);
    const struct setting settings[] = {
        {"METERPROVER_ENDPOINT", o->endpoint, true},
        {"METERPROVER_STATE", o->state_dir, true},
        {"METERPROVER_WORLD", o->world, true},
        {"METERPROVER_PUBLIC_KEY", o->public_key, false},
        {"METERPROVER_DEADLINE_S", deadline, true},
        {"METERPROVER_CASE", o->case_id, true},
    };
    return set_all(e, settings, COUNT(settings), d);
}

static enum rc refuse_protected(struct span name, const char *option, struct diag *d)
{
    const char *because = environment_refusal(name);
    if (because == NULL) {
        return RC_OK;
    }
    return diag_fail(d, RC_CONFLICT, "%s must not set %.*s: %s", option, (int)name.len, name.at,
                     because);
}

static enum rc add_one(struct environment *e, const char *entry, struct diag *d)
{
    struct span name = name_of(entry);
    if (name.len == 0) {
        return diag_fail(d, RC_USAGE, "--env needs NAME=VALUE, not \"%s\"", entry);
    }
    enum rc code = refuse_protected(name, "--env", d);
    if (code != RC_OK) {
        return code;
    }
    OWN(text) char *owned = span_dup(name);
    return set(e, owned, entry + name.len + 1, d);
}

// The caller's value of that name, or NULL.
static const char *caller_value(const char *const *caller, const char *name)
{
    for (const char *const *entry = caller; entry != NULL && *entry != NULL; entry++) {
        if (span_is(name_of(*entry), name)) {
            return *entry + strlen(name) + 1;
        }
    }
    return NULL;
}

static enum rc pass_one(struct environment *e, const struct environment_options *o,
                        const char *name, struct diag *d)
{
    if (*name == '\0' || strchr(name, '=') != NULL) {
        return diag_fail(d, RC_USAGE, "--pass needs the name of a variable, not \"%s\"", name);
    }
    enum rc code = refuse_protected(span_of(name), "--pass", d);
    if (code != RC_OK) {
        return code;
    }
    const char *value = caller_value(o->caller, name);
    if (value == NULL) {
        return diag_fail(d, RC_MISSING, "--pass %s: this variable is not set here", name);
    }
    return set(e, name, value, d);
}

static enum rc set_asked(struct environment *e, const struct environment_options *o, struct diag *d)
{
    enum rc code = RC_OK;
    for (const char *const *name = o->pass; code == RC_OK && name != NULL && *name != NULL;
         name++) {
        code = pass_one(e, o, *name, d);
    }
    // After --pass: K=V is the more explicit word.
    for (const char *const *entry = o->add; code == RC_OK && entry != NULL && *entry != NULL;
         entry++) {
        code = add_one(e, *entry, d);
    }
    return code;
}

enum rc environment_build(struct environment *out, const struct environment_options *options,
                          struct diag *d)
{
    *out = (struct environment){0};
    copy_caller(out, options->caller);
    enum rc code = set_where(out, options, d);
    code = code == RC_OK ? set_credentials(out, options, d) : code;
    code = code == RC_OK ? set_case(out, options, d) : code;
    code = code == RC_OK ? set_asked(out, options, d) : code;
    if (code != RC_OK) {
        environment_clear(out);
    }
    return code;
}

void environment_clear(struct environment *e)
{
    for (size_t i = 0; i < e->count; i++) {
        x_free(e->vars[i]);
    }
    x_free(e->vars);
    *e = (struct environment){0};
}

const char *environment_get(const struct environment *e, const char *name)
{
    size_t i = find_variable(e, span_of(name));
    return i == e->count ? NULL : e->vars[i] + strlen(name) + 1;
}

const char *const *environment_vars(const struct environment *e)
{
    static const char *const NONE[] = {NULL};
    return e->vars == NULL ? NONE : (const char *const *)e->vars;
}
