// SPDX-License-Identifier: Apache-2.0
// What doctor and test share: the setting of a run from the command line, and playing cases into a
// directory of evidence.
#ifndef SUITES_COMMAND_RUN_H
#define SUITES_COMMAND_RUN_H

#include "suites/command/attach.h"
#include "suites/command/catalogue.h"
#include "suites/command/command.h"
#include "suites/play/campaign.h"

#define RUN_OPTION_ROWS                                                                            \
    {"--contract", "NAME",                                                                         \
     "how the program is spoken to: script, exec (no steps; it does its own work and ends; "       \
     "judged by the wire), or attach (it runs already) (script)"},                                 \
        ATTACH_OPTION_ROWS,                                                                        \
        {"--profile", "NAME",                                                                      \
         "the product type: saas, saas-agreements, ami, container-hourly, container-metered or "   \
         "agentcore (saas)"},                                                                      \
        {"--world", "FILE", "our symbols mapped to your product codes, dimensions and customers"}, \
        {"--env", "K=V", "set a variable in the client's environment; may be repeated"},           \
        {"--pass", "K", "pass that variable of yours on to the client; may be repeated"},          \
        {"--seed", "S", "draw everything random from this number (a fresh one, printed)"},         \
        {"--timeout-multiplier", "X", "stretch every case's deadline, as 1.5 (1)"},                \
        {"--no-deadline", NULL, "let cases take as long as they like, for a debugger"},            \
        {"--out", "DIR", "where the evidence and the reports go (meterprover-out)"},               \
        {"--scenarios", "DIR", "another folder of scenario files"},                                \
    {                                                                                              \
        "--help", NULL, "print this"                                                               \
    }

struct run {
    const struct line *line;
    struct play_setting setting;
    cJSON *world_base, *world_map;
    cJSON *mandatory; // ids of cases; NULL: the profile has no file
    const char **add_env, **pass_env;
    struct attach_line attach;
    char *scratch;
    struct authority *authority; // where a case is played over TLS
    struct tls_context *tls;
    struct destinations *destinations;
    struct rsa_key *key; // of registrations; NULL: the profile has none
    char *public_key_file;
    bool interrupted;
    bool has_evidence; // the directory was taken: what lies there is of this run
};

// Reads the command line; the client's command must be there. run_clear releases, and removes the
// scratch directory.
MUST_USE enum rc run_init(struct run *run, const struct line *line, struct diag *d);
void run_clear(struct run *run);

// Says what a program that runs already must have been started with; nothing for others.
void run_tell_environment(const struct run *run);

// What the client can do, learnt from one friendly exchange played into dir, and how that went.
struct probe {
    bool said_hello, was_reached;
    bool supports_clock, supports_usage;
    bool has_trouble; // text says what is in the way
    char text[4096];
};
MUST_USE enum rc run_probe(struct run *run, const char *dir, struct probe *probe, struct diag *d);

// Plays the cases into dir, which gets run.json and the evidence. Failures to write are RC_IO: the
// evidence is then not to be trusted, and the verdict is HARNESS ERROR.
MUST_USE enum rc run_cases(struct run *run, const char *dir, const struct scenario *const *cases,
                           size_t count, unsigned jobs, const struct campaign_progress *progress,
                           struct diag *d);

#endif
