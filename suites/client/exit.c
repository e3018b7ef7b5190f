// SPDX-License-Identifier: Apache-2.0
#include "suites/client/client.h"

#include <stdio.h>
#include <string.h>

void client_exit_text(const struct client_exit *how, char *out, size_t size)
{
    const char *name = how->how == CLIENT_SIGNALED ? sigabbrev_np(how->signal) : NULL;
    switch (how->how) {
    case CLIENT_EXITED:
        (void)snprintf(out, size, "exited with code %d", how->code);
        return;
    case CLIENT_SIGNALED:
        if (name != NULL) {
            (void)snprintf(out, size, "ended by SIG%s%s", name,
                           how->core_dumped ? " (core dumped)" : "");
        } else {
            (void)snprintf(out, size, "ended by signal %d", how->signal);
        }
        return;
    case CLIENT_LOST:
        (void)snprintf(out, size, "lost: its supervisor was ended, or could not end it");
        return;
    case CLIENT_DETACHED:
        (void)snprintf(out, size, "was let go, and runs on");
        return;
    case CLIENT_UNREACHABLE:
        (void)snprintf(out, size, "cannot be spoken to: %s", how->why);
        return;
    }
}
