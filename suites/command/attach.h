// SPDX-License-Identifier: Apache-2.0
// The options of the attach contract.
#ifndef SUITES_COMMAND_ATTACH_H
#define SUITES_COMMAND_ATTACH_H

#include "suites/command/command.h"
#include "suites/play/attached.h"

#define ATTACH_OPTION_ROWS                                                                         \
    {"--listen", "ADDR",                                                                           \
     "attach: the endpoint of every case, at which your program is pointed (127.0.0.1:9123)"},     \
        {"--trigger", "COMMAND", "attach: gets each line on stdin, prints the answers"},           \
        {"--trigger-url", "URL", "attach: gets each line as a POST, replies with the answers"},    \
        {"--registration-url", "URL",                                                              \
         "attach: your registration page; we are the buyer's browser"},                            \
        {"--notice-url", "URL", "attach: where SNS or EventBridge deliver notices to you"},        \
    {                                                                                              \
        "--restart-cmd", "COMMAND",                                                                \
            "attach: ends your program by $METERPROVER_SIGNAL and starts it again"                 \
    }

// An attachment with what its ways point to, read from the command line.
struct attach_line {
    struct attachment attachment;
    struct url trigger_url, registration_url, notice_url;
    const char **argv; // the ways as they were given, as run.json names the client; ends with NULL
};

// Whether any of the options was given (which one: *name); they mean nothing to other contracts.
bool attach_is_given(const struct line *line, const char **name);
// RC_USAGE with a sentence and a remedy when they cannot be followed. Looks the hosts up.
MUST_USE enum rc attach_read(struct attach_line *out, const struct line *line, struct diag *d);
void attach_clear(struct attach_line *a);

// Gives the world the access key by which every attached program signs.
MUST_USE enum rc attach_fix_world(cJSON *world, struct diag *d);
// What the program must be started with, as lines of a shell.
void attach_print_environment(const struct attach_line *a, const cJSON *world, struct buf *out);

#endif
