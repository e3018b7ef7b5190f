// SPDX-License-Identifier: Apache-2.0
// The processes that descend from one, as /proc shows them.
#ifndef SUITES_CLIENT_TREE_H
#define SUITES_CLIENT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "proxy/base/rc.h"
#include "proxy/base/span.h"

struct process {
    pid_t pid, parent, group;
    char state; // as in proc(5): R S D T t Z X
    bool is_ours;
};

struct tree {
    struct process *at; // the descendants, by pid
    size_t count;
};

// Reads the text of /proc/PID/stat; false when it has another form.
bool process_parse(struct process *out, struct span text);
// A zombie has ended and only waits for its parent.
bool process_has_ended(const struct process *p);

// All descendants of root, without root. RC_IO when /proc cannot be read.
MUST_USE enum rc tree_scan(struct tree *out, pid_t root);
void tree_clear(struct tree *t);

// Whether every thread of the process is stopped, or it has ended.
bool process_is_stopped(pid_t pid);

#endif
