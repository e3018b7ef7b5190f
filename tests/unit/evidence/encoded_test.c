// SPDX-License-Identifier: Apache-2.0
// Secrets in base64: alone, and within what surrounds them, at each of the three places.
#include "tests/unit/evidence/evidence_tests.h"

#include "proxy/evidence/encoded.h"

#define KEY "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

static void found(void)
{
    static const struct {
        const char *name, *text;
        bool is_found;
    } ROWS[] = {
        {"alone", "d0phbHJYVXRuRkVNSS9LN01ERU5HK2JQeFJmaUNZRVhBTVBMRUtFWQ==", true},
        {"after one byte", "OndKYWxyWFV0bkZFTUkvSzdNREVORytiUHhSZmlDWUVYQU1QTEVLRVk=", true},
        {"after two bytes", "QTp3SmFsclhVdG5GRU1JL0s3TURFTkcrYlB4UmZpQ1lFWEFNUExFS0VZ", true},
        {"after three bytes, with more behind",
         "Basic eDE6d0phbHJYVXRuRkVNSS9LN01ERU5HK2JQeFJmaUNZRVhBTVBMRUtFWTpt end", true},
        {"another key", "eEphbHJYVXRuRkVNSS9LN01ERU5HK2JQeFJmaUNZRVhBTVBMRUtFWQ==", false},
        {"as it is", KEY, false},
    };
    struct secrets *s = secrets_new();
    secrets_add_encoded(s, "k1", span_of(KEY));
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        CHECK((secrets_find(s, span_of(ROWS[i].text)) != NULL) == ROWS[i].is_found);
    }
    unit_row(NULL);
    secrets_free(&s);
}

static void both_alphabets(void)
{
    struct secrets *s = secrets_new();
    secrets_add_encoded(s, "k1", SPAN("~~~?\?\?>>>~~~"));
    CHECK(secrets_find(s, SPAN("x fn5+Pz8/Pj4+fn5+ y")) != NULL);
    CHECK(secrets_find(s, SPAN("x fn5-Pz8_Pj4-fn5- y")) != NULL);
    secrets_free(&s);
}

static void too_short(void)
{
    struct secrets *s = secrets_new();
    secrets_add_encoded(s, "k1", SPAN("seven!!"));
    CHECK(secrets_find(s, SPAN("c2V2ZW4hIQ==")) == NULL);
    secrets_free(&s);
}

const struct unit_test ENCODED_TESTS[] = {{"found in base64", found},
                                          {"both alphabets", both_alphabets},
                                          {"short secrets", too_short},
                                          {NULL, NULL}};
