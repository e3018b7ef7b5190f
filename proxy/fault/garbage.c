// SPDX-License-Identifier: Apache-2.0
// Garbage: seeded bytes in the place of the whole reply, so that the same seed plays the same.
#include "proxy/fault/stage.h"

#define USUAL_BYTES 64

enum rc garbage_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                     struct diag *d)
{
    const cJSON *bytes = json_get(args, "bytes");
    int64_t count = USUAL_BYTES;
    if (bytes != NULL && !json_int(bytes, 1, INT32_MAX, &count)) {
        return diag_fail(d, RC_RANGE, "bytes is a whole number from 1 to 2147483647");
    }
    stage->bytes = (size_t)count;
    stage->seed = draw_u64(draw, 4);
    return RC_OK;
}

bool garbage_rewrite(const struct fault_stage *stage, struct fault_reply *reply)
{
    struct draw draw = {.seed = stage->seed, .rule = SPAN("garbage"), .index = 1};
    buf_reset(reply->bytes);
    for (size_t i = 0; i < stage->bytes; i++) {
        uint64_t eight = draw_u64(&draw, i / 8);
        buf_add_char(reply->bytes, (char)(unsigned char)(eight >> i % 8 * 8));
    }
    // No status line, in no version of HTTP and for no lenient reader, begins with such a byte.
    reply->bytes->data[0] = (char)((unsigned char)reply->bytes->data[0] | 0x80);
    reply->head_bytes = 0;
    return false;
}
