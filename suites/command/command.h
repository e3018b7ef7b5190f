// SPDX-License-Identifier: Apache-2.0
// The commands of meterprover: a table row and a file each.
#ifndef SUITES_COMMAND_COMMAND_H
#define SUITES_COMMAND_COMMAND_H

#include "proxy/base/options.h"

// README.md, "What it prints, what it keeps".
enum exit_code {
    EXIT_PASSED = 0,
    EXIT_FAILED = 1,
    EXIT_OPEN = 2, // inconclusive, not exercised, or a mandatory case unsupported
    EXIT_HARNESS = 3,
    EXIT_NOTHING = 5, // nothing was selected
    EXIT_USAGE = 64
};

#define COMMAND_MAX_GIVEN 256

// One option as it was given.
struct given {
    const struct option_row *row;
    const char *value; // "" for a flag
};

// A command line, read.
struct line {
    const struct command *command;
    struct given given[COMMAND_MAX_GIVEN];
    size_t count;
    char **rest; // what follows the options; ends with NULL
};

struct command {
    const char *name;
    const char *arguments; // "[OPTION…] -- COMMAND [ARG…]"
    const char *help;
    const struct option_row *options; // ends with a row without name
    int (*run)(const struct line *line);
};

// In the order of the help; the last has no name.
extern const struct command COMMANDS[];

// The last value of that option, or otherwise.
const char *line_value(const struct line *line, const char *option, const char *otherwise);
bool line_has(const struct line *line, const char *option);
// A whole number, or otherwise; RC_USAGE with a sentence when it is none or over max.
MUST_USE enum rc line_number(uint64_t *out, const struct line *line, const char *option,
                             uint64_t otherwise, uint64_t max, struct diag *d);
// Every value of that option, in order: owned array, ends with NULL, values borrowed. x_free.
const char **line_all(const struct line *line, const char *option);
// Prints the diagnostic to stderr and gives the exit code that fits it.
int line_fail(const struct line *line, const struct diag *d);

int doctor_command(const struct line *line);
int test_command(const struct line *line);
int judge_command(const struct line *line);
int show_command(const struct line *line);
int cases_command(const struct line *line);
int check_command(const struct line *line);

extern const struct option_row DOCTOR_OPTIONS[], TEST_OPTIONS[], JUDGE_OPTIONS[], SHOW_OPTIONS[],
    CASES_OPTIONS[], CHECK_OPTIONS[];

#endif
