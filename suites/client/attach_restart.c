// SPDX-License-Identifier: Apache-2.0
#include "suites/client/attach_restart.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"

#define LOG_TAIL 300

static void fail(struct attach_restart *r, const char *how)
{
    OWN_BUF struct buf log = {0};
    char why[sizeof(struct client_exit){0}.why];
    struct span tail = {0};
    if (file_read(&log, r->options->restart_log, NULL) == RC_OK) {
        tail = span_slice(buf_span(&log), log.len > LOG_TAIL ? log.len - LOG_TAIL : 0, log.len);
    }
    (void)snprintf(why, sizeof why, "the restart command %s%s%.*s", how, tail.len > 0 ? ": " : "",
                   (int)tail.len, tail.len > 0 ? tail.at : "");
    r->over(r->arg, why);
}

static void on_exit_command(void *arg, const struct client_exit *how)
{
    struct attach_restart *r = arg;
    char text[128];
    client_exit_text(how, text, sizeof text);
    r->is_under_way = false;
    if (how->how == CLIENT_EXITED && how->code == 0) {
        r->over(r->arg, NULL);
    } else {
        fail(r, text);
    }
}

// The program that is started again outlives the command, and writes to what it was given: neither
// may be a pipe of ours.
static void write_command(struct buf *out, const struct attach_options *o, int signal)
{
    buf_addf(out, "METERPROVER_SIGNAL=%s; export METERPROVER_SIGNAL\n", sigabbrev_np(signal));
    buf_addf(out, "exec </dev/null >>'%s' 2>&1\n%s%c", o->restart_log, o->ways->restart, '\0');
}

void attach_restart_begin(struct attach_restart *r, const struct attach_options *options,
                          int signal, attach_restart_fn *over, void *arg)
{
    OWN_BUF struct buf command = {0};
    struct diag d = {0};
    write_command(&command, options, signal);
    *r =
        (struct attach_restart){.options = options, .is_under_way = true, .over = over, .arg = arg};
    const char *const argv[] = {"/bin/sh", "-c", command.data, NULL};
    struct client_options how = {.loop = options->loop,
                                 .argv = argv,
                                 .env = options->env,
                                 .spares_descendants = true,
                                 .observer = {.on_exit = on_exit_command, .arg = r}};
    if (client_start(&r->command, &how, &d) == RC_OK) {
        client_end(r->command, ATTACH_COMMAND_US);
    } else {
        r->is_under_way = false;
        fail(r, d.text);
    }
}

void attach_restart_clear(struct attach_restart *r)
{
    client_free(&r->command);
}
