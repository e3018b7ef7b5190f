// SPDX-License-Identifier: Apache-2.0
// What each format renders, byte by byte. GOLDEN_WRITE=1 writes the files anew, and fails, so that
// it cannot stay set unnoticed.
#include "tests/unit/reports/reports_tests.h"

#include <stdlib.h>

#include "proxy/base/json.h"
#include "proxy/evidence/disk.h"

static void compare(const char *file, const char *rendered)
{
    OWN(text) char *path = disk_join(TEST_DATA "/golden", file);
    unit_row(file);
    if (getenv("GOLDEN_WRITE") != NULL) {
        CHECK_INT(disk_replace(path, span_of(rendered), NULL), RC_OK);
        CHECK_TEXT("golden files were written", NULL);
        return;
    }
    struct buf text = {0};
    CHECK_INT(file_read(&text, path, NULL), RC_OK);
    OWN(text) char *golden = buf_take_text(&text);
    CHECK_TEXT(rendered, golden);
    unit_row(NULL);
}

static void render_all(struct result_run *r, const char *prefix)
{
    for (int i = 0; i < REPORT_COUNT; i++) {
        struct buf name = {0};
        buf_addf(&name, "%s-%s", prefix, report_get((enum report_kind)i)->file);
        OWN(text) char *file = buf_take_text(&name);
        OWN(text) char *rendered = model_render(r, (enum report_kind)i, NULL);
        compare(file, rendered);
    }
    result_run_free(&r);
}

static void every_verdict(void)
{
    render_all(model_every_verdict(), "every-verdict");
}

static void hostile(void)
{
    render_all(model_hostile(), "hostile");
}

const struct unit_test GOLDEN_TESTS[] = {
    {"every verdict", every_verdict},
    {"hostile texts", hostile},
    {NULL, NULL},
};
