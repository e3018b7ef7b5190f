// SPDX-License-Identifier: Apache-2.0
#include "suites/client/attach_errand.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

static const char *find_verb(const cJSON *tree)
{
    const char *verb = "";
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, tree)
    {
        if (strcmp(member->string, "step") != 0 && strcmp(member->string, "now") != 0) {
            verb = member->string;
        }
    }
    return verb;
}

static void put_prefix(cJSON *tree, const char *prefix)
{
    cJSON *usage = cJSON_GetObjectItemCaseSensitive(tree, "usage");
    cJSON *id = cJSON_GetObjectItemCaseSensitive(usage, "id");
    if (cJSON_IsString(id)) {
        OWN_BUF struct buf whole = {0};
        buf_addf(&whole, "%s%s%c", prefix, id->valuestring, '\0');
        (void)cJSON_SetValuestring(id, whole.data);
    }
}

enum rc errand_new(struct errand **out, struct span line, const char *prefix)
{
    *out = NULL;
    struct errand *e = x_alloc(sizeof *e);
    *e = (struct errand){0};
    enum rc rc = json_read(&e->tree, NULL, line, NULL, NULL);
    if (rc != RC_OK) {
        x_free(e);
        return rc;
    }
    e->is_hello = json_get(e->tree, "hello") != NULL;
    e->step = (unsigned)json_get_int(e->tree, "step", 0);
    e->verb = find_verb(e->tree);
    put_prefix(e->tree, prefix);
    struct buf text = {0};
    json_print(&text, e->tree);
    buf_add_char(&text, '\n');
    e->line = buf_take_text(&text);
    *out = e;
    return RC_OK;
}

void errand_free(struct errand **e)
{
    if (*e != NULL) {
        cJSON_Delete((*e)->tree);
        x_free((*e)->line);
        x_free(*e);
        *e = NULL;
    }
}

const char *errand_name(const struct errand *e)
{
    return e->is_hello ? "hello" : e->verb;
}
