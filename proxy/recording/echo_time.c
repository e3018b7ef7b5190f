// SPDX-License-Identifier: Apache-2.0
// BatchMeterUsage repeats each record in its reply, and clients may tell by its Timestamp which one
// a result speaks of: replayed hours later it has to be the one that was sent now.
#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "proxy/recording/replay.h"

struct echo {
    const cJSON *recorded, *seen; // UsageRecords
    bool *used;                   // one for each recorded record
    bool has_changed;
};

// Whether record has all that was sent; a service may add to it.
static bool repeats(const cJSON *record, const cJSON *sent)
{
    for (const cJSON *item = sent->child; item != NULL; item = item->next) {
        if (!cJSON_Compare(item, json_get(record, item->string), 1)) {
            return false;
        }
    }
    return sent->child != NULL;
}

static void set_time(struct echo *e, const cJSON *record)
{
    cJSON *time = cJSON_GetObjectItemCaseSensitive(record, "Timestamp");
    const cJSON *seen = e->seen->child;
    size_t at = 0;
    for (const cJSON *was = e->recorded->child; was != NULL && seen != NULL; was = was->next) {
        const cJSON *now = json_get(seen, "Timestamp");
        if (!e->used[at] && cJSON_IsNumber(time) && cJSON_IsNumber(now) && repeats(record, was)) {
            e->used[at] = true;
            e->has_changed = true;
            (void)cJSON_SetNumberValue(time, now->valuedouble);
            return;
        }
        seen = seen->next;
        at++;
    }
}

static void set_times(struct echo *e, const cJSON *reply)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_get(reply, "Results"))
    {
        set_time(e, json_get(item, "UsageRecord"));
    }
    cJSON_ArrayForEach(item, json_get(reply, "UnprocessedRecords"))
    {
        set_time(e, item);
    }
}

bool replay_echo_times(struct buf *out, struct span body, const cJSON *recorded, const cJSON *seen)
{
    OWN(json) cJSON *reply = NULL;
    struct echo e = {.recorded = json_get(json_get(recorded, "body"), "UsageRecords"),
                     .seen = json_get(json_get(seen, "body"), "UsageRecords")};
    if (e.recorded == NULL || e.seen == NULL ||
        json_read(&reply, NULL, body, NULL, NULL) != RC_OK) {
        return false;
    }
    e.used = x_alloc(((size_t)cJSON_GetArraySize(e.recorded) + 1) * sizeof *e.used);
    set_times(&e, reply);
    x_free(e.used);
    if (e.has_changed) {
        json_print(out, reply);
    }
    return e.has_changed;
}
