// SPDX-License-Identifier: Apache-2.0
// meterprover: proves programs that meter usage to AWS Marketplace.
#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"
#include "suites/command/command.h"

const struct command COMMANDS[] = {
    {"doctor", "[OPTION…] -- COMMAND [ARG…]",
     "one friendly exchange with your program; says what is in the way", DOCTOR_OPTIONS,
     doctor_command},
    {"test", "[OPTION…] -- COMMAND [ARG…]", "plays the cases of a profile and judges them",
     TEST_OPTIONS, test_command},
    {"judge", "[OPTION…] DIR", "judges the evidence in DIR again and writes its reports",
     JUDGE_OPTIONS, judge_command},
    {"show", "[OPTION…] DIR CASE", "tells one case of a run step by step", SHOW_OPTIONS,
     show_command},
    {"cases", "[OPTION…]", "lists the cases, the words they are made of and what they trace to",
     CASES_OPTIONS, cases_command},
    {"check", "[OPTION…] FILE…",
     "reads scenario files, and recordings, and says what is wrong with them", CHECK_OPTIONS,
     check_command},
    {NULL, NULL, NULL, NULL, NULL},
};

static void print_overview(FILE *out)
{
    (void)fprintf(out, "meterprover " METERPROVER_VERSION
                       ": proves programs that meter usage to AWS Marketplace\n\n"
                       "usage: meterprover COMMAND [OPTION…]\n\n");
    for (const struct command *c = COMMANDS; c->name != NULL; c++) {
        (void)fprintf(out, "  %-8s %s\n", c->name, c->help);
    }
    (void)fprintf(
        out, "\nmeterprover COMMAND --help tells the options of each.\n"
             "Exit codes: 0 passed, 1 the client failed a check, 2 inconclusive or not exercised,\n"
             "3 meterprover itself failed, 5 nothing was selected, 64 usage.\n");
}

static void print_help(const struct command *c)
{
    OWN_BUF struct buf text = {0};
    options_help(c->options, &text);
    printf("meterprover %s: %s\n\nusage: meterprover %s %s\n\n%.*s", c->name, c->help, c->name,
           c->arguments, (int)text.len, text.data);
}

static enum rc note(void *arg, const struct option_row *row, const char *value, struct diag *d)
{
    struct line *line = arg;
    if (line->count == COMMAND_MAX_GIVEN) {
        return diag_fail(d, RC_USAGE, "more than %d options were given", COMMAND_MAX_GIVEN);
    }
    line->given[line->count++] = (struct given){.row = row, .value = value == NULL ? "" : value};
    return RC_OK;
}

static const struct command *find(const char *name)
{
    for (const struct command *c = COMMANDS; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            return c;
        }
    }
    return NULL;
}

static int unknown(const char *name)
{
    const char *names[sizeof COMMANDS / sizeof COMMANDS[0]] = {NULL};
    for (size_t i = 0; COMMANDS[i].name != NULL; i++) {
        names[i] = COMMANDS[i].name;
    }
    const char *near = nearest_name(name, names);
    (void)fprintf(stderr, "meterprover: there is no command \"%s\"%s%s%s\n", name,
                  near == NULL ? "" : "; is \"", near == NULL ? "" : near,
                  near == NULL ? "" : "\" meant?");
    print_overview(stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_overview(stdout);
        return EXIT_PASSED;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("meterprover " METERPROVER_VERSION "\n");
        return EXIT_PASSED;
    }
    const struct command *command = find(argv[1]);
    if (command == NULL) {
        return unknown(argv[1]);
    }
    struct line line = {.command = command};
    struct diag d = {0};
    int rest = 0;
    if (options_read(command->options, argc - 2, argv + 2, note, &line, &rest, &d) != RC_OK) {
        return line_fail(&line, &d);
    }
    if (line_has(&line, "--help")) {
        print_help(command);
        return EXIT_PASSED;
    }
    line.rest = argv + 2 + rest;
    return command->run(&line);
}
