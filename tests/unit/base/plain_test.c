// SPDX-License-Identifier: Apache-2.0
// Eight bytes at once say the same as each of them alone, whatever stands beside them.
#include "tests/unit/base/base_tests.h"

#include "proxy/base/plain.h"

static size_t run_of_bytes(const char *text, size_t len)
{
    size_t run = 0;
    while (run < len && plain_is_byte(text[run])) {
        run++;
    }
    return run;
}

// Every pair of bytes at every place, as a carry goes no farther than to the next byte.
static void words_say_what_bytes_say(void)
{
    size_t wrong = 0;
    for (unsigned pair = 0; pair < 65536; pair++) {
        for (size_t at = 0; at + 2 <= 8; at++) {
            char text[] = "aZ09 ~#]plain \"";
            uint64_t word = 0;
            text[at] = (char)(pair & 0xff);
            text[at + 1] = (char)(pair >> 8);
            memcpy(&word, text, sizeof word);
            size_t run = run_of_bytes(text, sizeof text - 1);
            struct span all = {.at = text, .len = sizeof text - 1};
            wrong += plain_is_word(word) != (run >= 8) || plain_run(all) != run ? 1 : 0;
        }
    }
    CHECK_INT(wrong, 0);
}

static void runs_end(void)
{
    CHECK_INT(plain_run((struct span){0}), 0);
    CHECK_INT(plain_run(SPAN("abc")), 3);
    CHECK_INT(plain_run(SPAN("abcdefgh")), 8);
    CHECK_INT(plain_run(SPAN("abcdefghi\\")), 9);
    CHECK_INT(plain_run(SPAN("\xc3\xa9")), 0);
}

const struct unit_test PLAIN_TESTS[] = {
    {"words say what bytes say", words_say_what_bytes_say},
    {"runs end", runs_end},
    {NULL, NULL},
};
