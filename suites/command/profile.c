// SPDX-License-Identifier: Apache-2.0
#include "suites/command/profile.h"

#include <string.h>
#include <unistd.h>

#include "proxy/base/own.h"
#include "proxy/scenario/vocabulary.h"
#include "suites/command/catalogue.h"

struct profile {
    const char *path;
    cJSON *tree;
    struct json_places *places;
};

static void clear(struct profile *p)
{
    cJSON_Delete(p->tree);
    json_places_free(&p->places);
}

static enum rc wrong(const struct profile *p, const cJSON *node, struct diag *d, const char *text,
                     const char *name)
{
    return diag_fail_at(d, RC_SYNTAX, p->path, json_place(p->places, node), "%s%s", text, name);
}

static enum rc check_keys(const struct profile *p, struct diag *d)
{
    static const char *const KEYS[] = {"profile", "title", "mandatory", NULL};
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, p->tree)
    {
        const char *const *key = KEYS;
        while (*key != NULL && strcmp(*key, member->string) != 0) {
            key++;
        }
        if (*key == NULL) {
            return wrong(p, member, d, "a profile has no key ", member->string);
        }
    }
    return RC_OK;
}

// The file's name is the profile's, as --profile has it.
static bool is_named(const struct profile *p, const char *name)
{
    const char *slash = strrchr(p->path, '/');
    const char *file = slash == NULL ? p->path : slash + 1;
    size_t len = strlen(name);
    return strncmp(file, name, len) == 0 && strcmp(file + len, ".json") == 0;
}

static enum rc check_list(const struct profile *p, struct diag *d)
{
    const cJSON *list = json_get(p->tree, "mandatory");
    const cJSON *id = NULL;
    if (!cJSON_IsArray(list)) {
        return wrong(p, p->tree, d, "a profile needs the list mandatory", "");
    }
    cJSON_ArrayForEach(id, list)
    {
        const cJSON *twin = list->child;
        if (json_text(id) == NULL) {
            return wrong(p, id, d, "mandatory lists ids of cases, not ", json_type_name(id));
        }
        while (twin != id && strcmp(json_text(twin), json_text(id)) != 0) {
            twin = twin->next;
        }
        if (twin != id) {
            return wrong(p, id, d, "listed twice: ", json_text(id));
        }
    }
    return RC_OK;
}

static enum rc open_profile(struct profile *p, const char *path, struct diag *d)
{
    *p = (struct profile){.path = path};
    enum rc rc = json_read_file(&p->tree, &p->places, path, d);
    const char *name = rc == RC_OK ? json_get_text(p->tree, "profile") : NULL;
    if (rc == RC_OK && (name == NULL || !is_named(p, name))) {
        rc = wrong(p, p->tree, d, "profile must be the name of this file, without .json", "");
    }
    if (rc == RC_OK) {
        rc = check_keys(p, d);
    }
    return rc == RC_OK ? check_list(p, d) : rc;
}

enum rc profile_read(cJSON **mandatory, const char *dir, const char *name, struct diag *d)
{
    struct profile p;
    OWN_BUF struct buf path = {0};
    *mandatory = NULL;
    buf_addf(&path, "%s/profiles/%s.json%c", dir, name, '\0');
    if (access(path.data, F_OK) != 0) {
        return RC_OK;
    }
    enum rc rc = open_profile(&p, path.data, d);
    if (rc == RC_OK) {
        *mandatory = cJSON_DetachItemFromObjectCaseSensitive(p.tree, "mandatory");
    }
    clear(&p);
    return rc;
}

enum rc profile_exists(const char *name, struct diag *d)
{
    if (words_have(type_row(TYPE_PROFILE)->words, span_of(name))) {
        return RC_OK;
    }
    OWN(text) char *known = type_phrase(TYPE_PROFILE);
    return diag_fail(d, RC_USAGE, "--profile takes %s, not \"%s\"", known, name);
}

bool profile_is(const cJSON *tree)
{
    return json_get(tree, "profile") != NULL && json_get(tree, "scenario") == NULL;
}

static bool has_case(const struct catalogue *c, const char *id, const char *profile)
{
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->cases[i]->id, id) == 0) {
            return scenario_in_profile(c->cases[i], profile);
        }
    }
    return false;
}

static enum rc check_cases(const struct profile *p, struct diag *d)
{
    struct catalogue catalogue = {0};
    OWN_BUF struct buf dir = {0};
    const char *slash = strrchr(p->path, '/');
    const cJSON *id = NULL;
    buf_addf(&dir, "%.*s..%c", slash == NULL ? 0 : (int)(slash + 1 - p->path), p->path, '\0');
    enum rc rc = catalogue_read(&catalogue, dir.data, d);
    if (rc != RC_OK) {
        return rc;
    }
    cJSON_ArrayForEach(id, json_get(p->tree, "mandatory"))
    {
        if (rc == RC_OK &&
            !has_case(&catalogue, json_text(id), json_get_text(p->tree, "profile"))) {
            rc = wrong(p, id, d, "the profile has no case ", json_text(id));
        }
    }
    catalogue_clear(&catalogue);
    return rc;
}

enum rc profile_check(const char *path, struct diag *d)
{
    struct profile p;
    enum rc rc = open_profile(&p, path, d);
    if (rc == RC_OK) {
        rc = check_cases(&p, d);
    }
    clear(&p);
    return rc;
}
