// SPDX-License-Identifier: Apache-2.0
// Whatever is asked of the control interface, every route answers with an object of JSON, or waits,
// and the lane can be begun anew. The first byte picks the route, the first line is its query, the
// rest its body.
#include <stdlib.h>

#include "tests/unit/control/counter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool held)
{
    if (!held) {
        abort();
    }
}

static const struct route *pick(uint8_t byte)
{
    const struct route *rows = route_rows();
    size_t count = 0;
    while (rows[count].method != NULL) {
        count++;
    }
    return &rows[byte % count];
}

static void call(struct counter *c, const struct route *route, struct span text)
{
    struct reply reply = {0};
    cJSON *tree = NULL;
    struct call one = {
        .route = route, .query = span_cut(&text, '\n'), .from = "fuzz", .agent = SPAN("fuzz")};
    one.body = text;
    desk_answer(&c->desk, &one, &reply);
    demand((one.wait != NULL) == (reply.status == 0) && one.tree == NULL);
    if (one.wait != NULL) {
        demand(wait_look(one.wait, &c->desk, 1 << 20) != WAIT_MORE);
        wait_tell(one.wait, &c->desk, 0, &reply);
        wait_free(&one.wait);
    }
    demand(reply.status >= 200 && reply.status < 500);
    demand(json_read(&tree, NULL, buf_span(&reply.body), NULL, NULL) == RC_OK);
    demand(cJSON_IsObject(tree) && (reply.status < 400) == (json_get(tree, "error") == NULL));
    cJSON_Delete(tree);
    reply_clear(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct counter c;
    if (size == 0) {
        return 0;
    }
    counter_open(&c, true, 4096);
    (void)counter_load(&c,
                       "[{\"name\": \"r\", \"when\": {\"phase\": \"connect\"}, \"armed\": false, "
                       "\"then\": [{\"refuse\": {}}]}]");
    counter_tell(&c, EVENT_REQUEST, ",\"x\":1,\"method\":\"POST\",\"operation\":\"MeterUsage\"");
    struct span text = {.at = (const char *)data + 1, .len = size - 1};
    call(&c, pick(data[0]), text);
    demand(counter_call(&c, "POST", "/v1/reset", "{}") == 200);
    counter_close(&c);
    return 0;
}
