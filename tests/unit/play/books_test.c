// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/play/stage.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"
#include "proxy/base/rsa.h"

// What a case leaves beside its journal, and the key that a client is given.

#define STEPS                                                                                      \
    "\"steps\": [{\"usage\": {\"id\": \"u1\", \"customer\": \"acme\", \"dimension\": "             \
    "\"requests\", "                                                                               \
    "\"quantity\": 7, \"at\": \"hour-1\"}}, {\"round\": {}}],"
// A line of the client's own log, which lies in client.out.
#define TELL_KEY "echo \"key ${METERPROVER_PUBLIC_KEY-none}\"; "

// A file of the case, or NULL when there is none; the caller frees.
static char *read_file(const struct stage *s, const char *name)
{
    char path[200];
    struct buf text = {0};
    (void)snprintf(path, sizeof path, "%s/run/cases/T-1/%s", s->dir, name);
    return file_read(&text, path, NULL) == RC_OK ? buf_take_text(&text) : NULL;
}

static void with_a_key(void)
{
    struct stage s;
    struct rsa_key *key = NULL;
    if (!CHECK_INT(rsa_key_new(&key, NULL), RC_OK)) {
        return;
    }
    stage_init(&s, STEPS);
    s.setting.key = key;
    s.setting.public_key_file = "/some/key.pem";
    stage_play(&s, TELL_KEY HELLO("\"usage\",\"flush\"") SERVE, false);
    OWN(text) char *pem = read_file(&s, "public_key.pem");
    OWN(text) char *said = read_file(&s, "client.out");
    CHECK_TEXT(pem, rsa_key_public_pem(key));
    CHECK(said != NULL && strstr(said, "key /some/key.pem\n") != NULL);
    stage_clear(&s);
    rsa_key_free(&key);
}

// A case may have it under another name, too: that of the program's own setting.
static void with_a_key_under_a_name_of_its_own(void)
{
    struct stage s;
    stage_init(&s, "\"client\": {\"env\": {\"OWN\": \"$world.public_key_file\"}}," STEPS);
    s.setting.public_key_file = "/some/key.pem";
    stage_play(&s, "echo \"own ${OWN-none}\"; " HELLO("\"usage\",\"flush\"") SERVE, false);
    OWN(text) char *said = read_file(&s, "client.out");
    CHECK(said != NULL && strstr(said, "own /some/key.pem\n") != NULL);
    CHECK_INT(stage_count(&s, "\"why\":\"done\""), 1);
    stage_clear(&s);
}

static void none_to_be_given(void)
{
    struct stage s;
    stage_init(&s, "\"client\": {\"env\": {\"OWN\": \"$world.public_key_file\"}}," STEPS);
    stage_play(&s, HELLO("\"usage\",\"flush\"") SERVE, false);
    CHECK_INT(stage_count(&s, "\"why\":\"unsupported\""), 1);
    CHECK_INT(stage_count(&s, "registers nothing"), 1);
    CHECK_INT(stage_count(&s, "\"what\":\"start\""), 0);
    stage_clear(&s);
}

static void without_one(void)
{
    struct stage s;
    stage_init(&s, STEPS);
    stage_play(&s, TELL_KEY HELLO("\"usage\",\"flush\"") SERVE, false);
    OWN(text) char *pem = read_file(&s, "public_key.pem");
    OWN(text) char *said = read_file(&s, "client.out");
    OWN(text) char *ledger = read_file(&s, "ledger.json");
    OWN(text) char *trail = read_file(&s, "cloudtrail.json");
    CHECK(pem == NULL);
    CHECK(said != NULL && strstr(said, "key none\n") != NULL);
    CHECK_TEXT(ledger, "{\"entries\":[]}");
    CHECK_TEXT(trail, "{\"Records\":[]}\n");
    // The journal's last line has a digest of each file.
    CHECK_INT(stage_count(&s, "\"cloudtrail.json\":\""), 1);
    stage_clear(&s);
}

const struct unit_test BOOKS_TESTS[] = {
    {"with a key for registrations", with_a_key},
    {"with a key under a name of its own", with_a_key_under_a_name_of_its_own},
    {"none to be given", none_to_be_given},
    {"without one", without_one},
    {NULL, NULL},
};
