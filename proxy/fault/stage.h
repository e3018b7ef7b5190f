// SPDX-License-Identifier: Apache-2.0
// How one kind of wire action is made and what it says; a table row and a file each.
#ifndef PROXY_FAULT_STAGE_H
#define PROXY_FAULT_STAGE_H

#include "proxy/fault/fault.h"

struct fault_stage {
    const struct fault_type *type;
    // delay
    int64_t delay_us;
    // cuts
    enum fault_at at;
    enum fault_end end;
    size_t after_bytes;
    bool counts_body; // after_bytes counts from the body's first byte
};

struct fault_type {
    enum action_verb verb;
    enum fault_end end; // how a cut of this verb ends
    enum rc (*init)(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                    struct diag *d);
    // Starts from "everything may pass" and takes away.
    void (*ask)(const struct fault_stage *stage, const struct fault_view *view,
                struct fault_say *say);
};

enum rc delay_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                   struct diag *d);
void delay_ask(const struct fault_stage *stage, const struct fault_view *view,
               struct fault_say *say);
enum rc cut_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                 struct diag *d);
enum rc truncate_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                      struct diag *d);
void cut_ask(const struct fault_stage *stage, const struct fault_view *view, struct fault_say *say);

#endif
