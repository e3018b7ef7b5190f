// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/recording/recording_tests.h"

#define TARGET "AWSMPMeteringService.ResolveCustomer"
#define POST "{\"method\":\"POST\",\"path\":\"/\",\"operation\":\"ResolveCustomer\""

void contents(void)
{
    static const struct {
        const char *name, *path, *target, *body, *expected;
    } ROWS[] = {
        {"an operation", "/", TARGET, "{\"a\": 1}", POST ",\"body\":{\"a\":1}}"},
        {"another service's", "/", "Other.Op", "",
         "{\"method\":\"POST\",\"path\":\"/\",\"operation\":\"Other.Op\"}"},
        {"none", "/", "", "[1]", "{\"method\":\"POST\",\"path\":\"/\",\"body\":[1]}"},
        {"a query", "/a?b=c&d", "", "", "{\"method\":\"POST\",\"path\":\"/a?b=c&d\"}"},
        {"a signature in it", "/?a=b&X-Amz-Signature=s&c=d&x-amz-security-token=t", "", "",
         "{\"method\":\"POST\",\"path\":\"/?a=b&c=d\"}"},
        {"nothing else in it", "/?X-Amz-Date=1", "", "", "{\"method\":\"POST\",\"path\":\"/\"}"},
        {"a token", "/", TARGET, "{\"RegistrationToken\":\"abc\"}",
         POST
         ",\"body\":{\"RegistrationToken\":\"[sha256:ba7816bf8f01cfea414140de5dae2223b00361a396"
         "177a9cb410ff61f20015ad]\"}}"},
        {"a token that is none", "/", TARGET, "{\"x\":[{\"RegistrationToken\":123}]}",
         POST
         ",\"body\":{\"x\":[{\"RegistrationToken\":\"[sha256:a665a45920422f9d417e4867efdc4fb8a0"
         "4a1f3fff1fa07e998e86f7f7a27ae3]\"}]}}"},
        {"no JSON", "/", TARGET, "abc",
         POST ",\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        OWN_BUF struct buf text = {0};
        struct asked asked = {.method = SPAN("POST"),
                              .path = span_of(ROWS[i].path),
                              .target = span_of(ROWS[i].target),
                              .body = span_of(ROWS[i].body)};
        OWN(json) cJSON *content = content_of(&asked);
        json_print(&text, content);
        OWN(text) char *printed = buf_take_text(&text);
        CHECK_TEXT(printed, ROWS[i].expected);
    }
    unit_row(NULL);
}
