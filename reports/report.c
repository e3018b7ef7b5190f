// SPDX-License-Identifier: Apache-2.0
#include "reports/report.h"

#include "proxy/base/own.h"
#include "proxy/evidence/disk.h"
#include "proxy/evidence/layout.h"

static const struct report_format FORMATS[] = {
#define FORMAT(id, text, path, sentence)                                                           \
    [REPORT_##                                                                                     \
        id] = {.name = (text), .file = (path), .render = report_render_##id, .help = (sentence)},
#include "reports/format.def"
};
_Static_assert(sizeof FORMATS / sizeof FORMATS[0] == REPORT_COUNT, "every format has a row");

const struct report_format *report_get(enum report_kind kind)
{
    return &FORMATS[kind];
}

const struct report_format *report_find(struct span name)
{
    for (size_t i = 0; i < REPORT_COUNT; i++) {
        if (span_is(name, FORMATS[i].name)) {
            return &FORMATS[i];
        }
    }
    return NULL;
}

enum rc report_write(const struct report_format *format, const struct result_run *run,
                     const char *dir, const struct report_options *options, struct diag *d)
{
    OWN_BUF struct buf text = {0};
    OWN(text) char *path = disk_join(dir, format->file);
    format->render(&text, run, options);
    return disk_replace(path, buf_span(&text), d);
}

void report_add_shown(struct buf *out, const struct result_case *c,
                      const struct result_check *check)
{
    char dir[LAYOUT_ID_MAX + 1];
    if (check->line_count == 0 || !layout_id_is_good(span_of(c->id))) {
        return;
    }
    layout_case_dir(dir, span_of(c->id));
    buf_addf(out, LAYOUT_CASES "/%s/" LAYOUT_JOURNAL, dir);
    for (size_t i = 0; i < check->line_count; i++) {
        buf_addf(out, "%c%u", i == 0 ? ':' : ',', check->lines[i]);
    }
}
