// SPDX-License-Identifier: Apache-2.0
// idle_close lets the reply pass; the connection is closed after it, when it was idle for so long.
#include "proxy/fault/stage.h"

enum rc idle_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                  struct diag *d)
{
    (void)draw;
    return duration_parse(&stage->us, json_span(json_get(args, "after")), d);
}
