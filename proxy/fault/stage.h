// SPDX-License-Identifier: Apache-2.0
// How one kind of wire action is made and what it says; a table row and a file each.
#ifndef PROXY_FAULT_STAGE_H
#define PROXY_FAULT_STAGE_H

#include "proxy/fault/fault.h"

struct fault_stage {
    const struct fault_type *type;
    // delay: how long; drip: from piece to piece; idle_close: after how long
    int64_t us;
    // drip: of a piece; rate_limit, slow_read: in a second; garbage: in all
    size_t bytes;
    int64_t by;    // wrong_length: is added to Content-Length
    uint64_t seed; // garbage
    // cuts
    enum fault_at at;
    enum fault_end end;
    size_t after_bytes;
    bool counts_body; // after_bytes counts from the body's first byte
};

struct fault_type {
    enum action_verb verb;
    enum fault_end end; // how a cut of this verb ends, or a reply that was rewritten
    // NULL: it takes nothing.
    enum rc (*init)(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                    struct diag *d);
    // Changes the reply's bytes; gives false when nothing of the reply is left. NULL: it changes
    // none.
    bool (*rewrite)(const struct fault_stage *stage, struct fault_reply *reply);
    // Starts from "everything may pass" and takes away. NULL: everything may pass.
    void (*ask)(const struct fault_stage *stage, const struct fault_view *view,
                struct fault_say *say);
};

// Until that moment (elapsed time) no more than limit bytes may pass.
void fault_hold(struct fault_say *say, size_t limit, int64_t wake_us);

enum rc delay_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                   struct diag *d);
void delay_ask(const struct fault_stage *stage, const struct fault_view *view,
               struct fault_say *say);
enum rc cut_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                 struct diag *d);
enum rc truncate_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                      struct diag *d);
void cut_ask(const struct fault_stage *stage, const struct fault_view *view, struct fault_say *say);
// After its last byte the connection ends as the verb says, whatever the reply promised.
void end_ask(const struct fault_stage *stage, const struct fault_view *view, struct fault_say *say);
enum rc rate_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                  struct diag *d);
void rate_ask(const struct fault_stage *stage, const struct fault_view *view,
              struct fault_say *say);
// What may be read of a request so long after its head.
void intake_limit(const struct fault_stage *stage, int64_t paced_us, struct fault_intake *intake);
enum rc drip_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                  struct diag *d);
void drip_ask(const struct fault_stage *stage, const struct fault_view *view,
              struct fault_say *say);
enum rc length_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                    struct diag *d);
bool length_rewrite(const struct fault_stage *stage, struct fault_reply *reply);
bool chunk_rewrite(const struct fault_stage *stage, struct fault_reply *reply);
enum rc garbage_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                     struct diag *d);
bool garbage_rewrite(const struct fault_stage *stage, struct fault_reply *reply);
enum rc idle_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                  struct diag *d);

// Puts that line (with its CRLF) in the place of the head's Content-Length; a head without one gets
// it as its last field.
void reply_set_framing(struct fault_reply *reply, struct span line);

#endif
