// SPDX-License-Identifier: Apache-2.0
#include "suites/command/attach.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/net/address.h"

#define DEFAULT_LISTEN "127.0.0.1:9123"
// Fixed, so that a program can be configured once. They open nothing but the stand-in.
#define ACCESS_KEY_ID "AKIAMETERPROVERATTAC"
#define SECRET_ACCESS_KEY "not+a+secret/of/AWS/but+of+the+stand/in00"

static const struct option_row ROWS[] = {ATTACH_OPTION_ROWS, {NULL, NULL, NULL}};

bool attach_is_given(const struct line *line, const char **name)
{
    for (const struct option_row *row = ROWS; row->name != NULL; row++) {
        if (line_has(line, row->name)) {
            *name = row->name;
            return true;
        }
    }
    return false;
}

static enum rc read_url(const struct url **out, struct url *room, const struct line *line,
                        const char *option, struct diag *d)
{
    const char *text = line_value(line, option, NULL);
    enum rc rc = text == NULL ? RC_OK : url_read(room, text, d);
    *out = text == NULL || rc != RC_OK ? NULL : room;
    return rc;
}

static enum rc read_ways(struct attach_line *out, const struct line *line, struct diag *d)
{
    struct attach_ways *w = &out->attachment.ways;
    w->trigger = line_value(line, "--trigger", NULL);
    w->restart = line_value(line, "--restart-cmd", NULL);
    enum rc rc = read_url(&w->trigger_url, &out->trigger_url, line, "--trigger-url", d);
    if (rc == RC_OK) {
        rc = read_url(&w->registration_url, &out->registration_url, line, "--registration-url", d);
    }
    if (rc == RC_OK) {
        rc = read_url(&w->notice_url, &out->notice_url, line, "--notice-url", d);
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (w->trigger != NULL && w->trigger_url != NULL) {
        return diag_fail(d, RC_USAGE, "there can be one trigger: --trigger or --trigger-url");
    }
    if (w->trigger == NULL && w->trigger_url == NULL && w->registration_url == NULL &&
        w->notice_url == NULL) {
        return diag_fail(d, RC_USAGE,
                         "attach needs to know how your program is reached: --trigger COMMAND, "
                         "--trigger-url URL, --registration-url URL or --notice-url URL");
    }
    return RC_OK;
}

static enum rc read_listen(struct attach_line *out, const struct line *line, struct diag *d)
{
    struct sockaddr_storage address;
    socklen_t len = 0;
    const char *text = line_value(line, "--listen", DEFAULT_LISTEN);
    out->attachment.listen = text;
    if (address_parse(&address, &len, text, d) != RC_OK) {
        return RC_USAGE;
    }
    struct span port = span_of(strrchr(text, ':'));
    uint64_t number = 0;
    if (span_to_u64(span_slice(port, 1, port.len), UINT16_MAX, &number) && number == 0) {
        return diag_fail(d, RC_USAGE,
                         "--listen needs a port of its own, as 127.0.0.1:9123: your program must "
                         "know it beforehand");
    }
    return RC_OK;
}

static void list_ways(struct attach_line *out, const struct line *line)
{
    size_t count = 0;
    out->argv = x_alloc((2 * sizeof ROWS / sizeof ROWS[0] + 1) * sizeof *out->argv);
    for (const struct option_row *row = ROWS; row->name != NULL; row++) {
        const char *value = line_value(line, row->name, NULL);
        if (value != NULL) {
            out->argv[count++] = row->name;
            out->argv[count++] = value;
        }
    }
    out->argv[count] = NULL;
}

enum rc attach_read(struct attach_line *out, const struct line *line, struct diag *d)
{
    *out = (struct attach_line){.argv = NULL};
    enum rc rc = read_ways(out, line, d);
    if (rc == RC_OK) {
        rc = read_listen(out, line, d);
    }
    if (rc == RC_OK) {
        list_ways(out, line);
    }
    if (rc != RC_OK && d->code != RC_USAGE) {
        d->code = RC_USAGE;
    }
    return rc;
}

void attach_clear(struct attach_line *a)
{
    attachment_clear(&a->attachment);
    url_clear(&a->trigger_url);
    url_clear(&a->registration_url);
    url_clear(&a->notice_url);
    x_free(a->argv);
    *a = (struct attach_line){.argv = NULL};
}

// Values that the world draws anew in every case, unless --world names the seller's own.
static void forget(cJSON *list, const char *const *keys)
{
    cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        for (const char *const *key = keys; *key != NULL; key++) {
            cJSON_DeleteItemFromObjectCaseSensitive(item, *key);
        }
    }
}

enum rc attach_fix_world(cJSON *world, struct diag *d)
{
    static const char *const IDENTITIES[] = {"identifier", "account", "license", NULL};
    static const char *const VALUES[] = {"value", NULL};
    forget(cJSON_GetObjectItemCaseSensitive(world, "customers"), IDENTITIES);
    forget(cJSON_GetObjectItemCaseSensitive(world, "tokens"), VALUES);
    cJSON *key = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(world, "credentials"), 0);
    if (key == NULL || cJSON_AddStringToObject(key, "access_key_id", ACCESS_KEY_ID) == NULL ||
        cJSON_AddStringToObject(key, "secret", SECRET_ACCESS_KEY) == NULL) {
        return diag_fail(d, RC_INTERNAL, "the world has no credential");
    }
    return RC_OK;
}

void attach_print_environment(const struct attach_line *a, const cJSON *world, struct buf *out)
{
    const char *region = json_get_text(world, "region");
    buf_addf(out,
             "Your program must run with these, and with no profile and no keys of its own:\n"
             "  AWS_ENDPOINT_URL_MARKETPLACE_METERING=http://%s\n"
             "  AWS_REGION=%s AWS_DEFAULT_REGION=%s\n"
             "  AWS_ACCESS_KEY_ID=%s\n"
             "  AWS_SECRET_ACCESS_KEY=%s\n",
             a->attachment.listen, region, region, ACCESS_KEY_ID, SECRET_ACCESS_KEY);
}
