// SPDX-License-Identifier: Apache-2.0
// The tables of tests of reports, and the results that they render.
#ifndef TESTS_UNIT_REPORTS_REPORTS_TESTS_H
#define TESTS_UNIT_REPORTS_REPORTS_TESTS_H

#include "proxy/base/own.h"
#include "reports/report.h"
#include "tests/unit/unit.h"

extern const struct unit_test GOLDEN_TESTS[];
extern const struct unit_test JSON_TESTS[];
extern const struct unit_test RESULT_TESTS[];
extern const struct unit_test TABLE_TESTS[];
extern const struct unit_test TEXT_TESTS[];
extern const struct unit_test XML_TESTS[];

// A run with a case of every verdict.
struct result_run *model_every_verdict(void);
// A run whose every text is hostile: markup, control characters, escape sequences, broken UTF-8.
struct result_run *model_hostile(void);
#define MODEL_HOSTILE                                                                              \
    "<&\"'>]]>\x01\x1b[31m\n\t\xff\xc3\xa9\xe2\x80\xae\xef\xbf\xbe\xf0\x9f\x92\xb8"

// One case of that verdict with one check of it, appended to the run.
struct result_case *model_case(struct result_run *r, const char *id, enum verdict verdict);
char *model_render(const struct result_run *r, enum report_kind kind,
                   const struct report_options *options);

#endif
