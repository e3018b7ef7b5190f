// SPDX-License-Identifier: Apache-2.0
// Renders the result model; each form is one row of format.def and one file.
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include "proxy/base/buf.h"
#include "proxy/base/diag.h"
#include "reports/result.h"

enum report_kind {
#define FORMAT(id, name, file, help) REPORT_##id,
#include "reports/format.def"
    REPORT_COUNT
};

struct report_options {
    bool colour;    // text: mark verdicts with terminal colours
    unsigned width; // text: columns to wrap at; 0 for 100
};

// options may be NULL.
typedef void report_render_fn(struct buf *out, const struct result_run *run,
                              const struct report_options *options);

struct report_format {
    const char *name; // "junit", as the command line has it
    const char *file; // "junit.xml", in the directory of the run
    report_render_fn *render;
    const char *help; // one line
};

const struct report_format *report_get(enum report_kind kind);
// NULL when there is no format of that name.
const struct report_format *report_find(struct span name);

// Renders into the format's file in dir, replacing it as a whole. RC_IO with errno's sentence.
MUST_USE enum rc report_write(const struct report_format *format, const struct result_run *run,
                              const char *dir, const struct report_options *options,
                              struct diag *d);

// Reads results.json back: what the JSON format rendered, rendered again, gives the same bytes.
// Unknown, missing and ill-typed members are refused with their place.
MUST_USE enum rc results_read(struct result_run **out, struct span text, const char *file,
                              struct diag *d);

// Appends "cases/BMU-R02/journal.jsonl:41,52", where the check is shown to hold or not; nothing
// when no lines are known.
void report_add_shown(struct buf *out, const struct result_case *c,
                      const struct result_check *check);

#define FORMAT(id, name, file, help) report_render_fn report_render_##id;
#include "reports/format.def"

#endif
