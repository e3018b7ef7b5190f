// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/base_tests.h"

#include <string.h>

#include "proxy/base/options.h"
#include "proxy/base/own.h"

static const struct option_row ROWS[] = {
    {"--seed", "S", "the number from which everything random is drawn"},
    {"--listen", "ADDR", "where to listen"},
    {"-v", NULL, "say more"},
    {NULL, NULL, NULL},
};

static enum rc note(void *arg, const struct option_row *row, const char *value, struct diag *d)
{
    (void)d;
    buf_addf(arg, "%s=%s;", row->name, value == NULL ? "" : value);
    return RC_OK;
}

// Cuts the line into words in place.
static int split(char *line, char **argv)
{
    int argc = 0;
    for (char *word = line; word != NULL;) {
        argv[argc++] = word;
        char *space = strchr(word, ' ');
        if (space != NULL) {
            *space++ = '\0';
        }
        word = space;
    }
    return argc;
}

static void reads(void)
{
    static const struct {
        const char *line, *seen, *sentence;
        int rest;
    } CASES[] = {
        {"--seed 7 -v --listen=a:1 -- cmd -v", "--seed=7;-v=;--listen=a:1;", NULL, 5},
        {"cmd --seed 7", "", NULL, 0},
        {"--seed", "", "--seed needs a value: --seed S", 0},
        {"--seed -- x", "", "--seed needs a value: --seed S", 0},
        {"-v=1", "", "-v takes no value", 0},
        {"--sed 7", "", "there is no option --sed; is --seed meant?", 0},
        {"--quite-other", "", "there is no option --quite-other", 0},
        {"--seed= -v", "--seed=;-v=;", NULL, 2},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        unit_row(CASES[i].line);
        OWN(text) char *line = x_strdup(CASES[i].line);
        char *argv[16];
        int argc = split(line, argv);
        struct buf seen = {0};
        struct diag d = {0};
        int rest = -1;
        enum rc rc = options_read(ROWS, argc, argv, note, &seen, &rest, &d);
        OWN(text) char *text = buf_take_text(&seen);
        CHECK_TEXT(text, CASES[i].seen);
        CHECK_INT(rc, CASES[i].sentence == NULL ? RC_OK : RC_USAGE);
        CHECK_TEXT(d.text, CASES[i].sentence == NULL ? "" : CASES[i].sentence);
        if (rc == RC_OK) {
            CHECK_INT(rest, CASES[i].rest);
        }
    }
    unit_row(NULL);
}

static void helps(void)
{
    struct buf out = {0};
    options_help(ROWS, &out);
    OWN(text) char *text = buf_take_text(&out);
    CHECK_TEXT(text, "  --seed S                the number from which everything random is drawn\n"
                     "  --listen ADDR           where to listen\n"
                     "  -v                      say more\n");
}

const struct unit_test OPTIONS_TESTS[] = {
    {"reads a command line by its table", reads},
    {"prints the table", helps},
    {NULL, NULL},
};
