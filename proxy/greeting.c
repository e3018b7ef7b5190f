// SPDX-License-Identifier: Apache-2.0
#include "proxy/greeting.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("+,-./:=@_%[]", c) != NULL;
}

// As a shell takes it for one word (POSIX.1-2017, XCU 2.2.2), in quotes where it needs them.
static void print_word(const char *text)
{
    size_t plain = 0;
    while (text[plain] != '\0' && is_plain(text[plain])) {
        plain++;
    }
    if (text[plain] == '\0') {
        printf("%s", text);
        return;
    }
    (void)putchar('\'');
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'') {
            printf("'\\''"); // within the quotes no way leads to one
        } else {
            (void)putchar(*at);
        }
    }
    (void)putchar('\'');
}

static void print_value(const char *name, const char *value)
{
    printf(" %s=", name);
    print_word(value);
}

static void export(const char *name, const char *value)
{
    if (value != NULL) {
        printf("export");
        print_value(name, value);
        (void)putchar('\n');
    }
}

static void greet_identity(const struct lane_identity *told)
{
    export("AWS_EC2_METADATA_SERVICE_ENDPOINT", told->imds_endpoint);
    export("AWS_CONTAINER_CREDENTIALS_FULL_URI", told->container_uri);
    export("AWS_CONTAINER_AUTHORIZATION_TOKEN", told->container_token);
    export("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", told->container_token_file);
    export("AWS_ENDPOINT_URL_STS", told->sts_endpoint);
    export("AWS_WEB_IDENTITY_TOKEN_FILE", told->web_identity_file);
    export("AWS_ROLE_ARN", told->role_arn);
    if (told->keys != NULL) {
        export("AWS_ACCESS_KEY_ID", told->keys->access_key_id);
        export("AWS_SECRET_ACCESS_KEY", told->keys->secret_access_key);
    }
}

// Each is read by other SDKs and tools; all name the certificate alone, so a client that is to talk
// to others beside us needs a bundle of its own.
static void greet_authority(const char *path)
{
    static const char *const NAMES[] = {"AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS",
                                        "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        export(NAMES[i], path);
    }
}

static void greet_key(const struct sigv4_credential *key, const char *region)
{
    printf("export");
    print_value("AWS_REGION", region);
    print_value("AWS_ACCESS_KEY_ID", key->access_key_id);
    print_value("AWS_SECRET_ACCESS_KEY", key->secret_access_key);
    (void)putchar('\n');
    export("AWS_SESSION_TOKEN", key->session_token);
}

void greet(const struct greeting *g)
{
    const struct world *world = lane_world(g->lane);
    const struct lane_identity *told = lane_identity(g->lane);
    printf("%s\n", lane_endpoint(g->lane));
    printf("seed %" PRIu64 "\n", lane_seed(g->lane));
    if (g->control != NULL) {
        printf("control http://%s\n", g->control);
    }
    if (g->is_forward) {
        export("HTTP_PROXY", lane_endpoint(g->lane));
        export("HTTPS_PROXY", lane_endpoint(g->lane));
    } else {
        export("AWS_ENDPOINT_URL_MARKETPLACE_METERING", lane_endpoint(g->lane));
    }
    greet_authority(g->authority_path);
    if (told != NULL) {
        greet_identity(told);
        // Clients would ask their proxy for credentials, too, and ours refuses them.
        export("NO_PROXY", g->is_forward ? LANE_IDENTITY_HOST : NULL);
        export("AWS_REGION", world_region(world));
        printf("credentials from %s\n", told->source);
    } else if (g->has_upstream) {
        printf("credentials from wherever the upstream's clients have theirs\n");
    } else {
        greet_key(world_credential(world, 0), world_region(world));
        export("METERPROVER_PUBLIC_KEY", g->key_path);
    }
    (void)fflush(stdout);
}
