// SPDX-License-Identifier: Apache-2.0
// Recordings come from other people: whatever stands there is refused with a sentence, or every
// exchange of it answers what it says was asked, once.
#include <stdlib.h>

#include "proxy/base/alloc.h"
#include "proxy/recording/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void echo(const struct recorded *e)
{
    struct buf out = {0};
    for (size_t i = 0; i < e->action_count; i++) {
        struct span body = json_span(json_get(e->actions[i].args, "body"));
        (void)replay_echo_times(&out, body, e->when, e->when);
    }
    buf_clear(&out);
}

// With its own moment and its own content an exchange is found, or one before it that asks the
// same.
static void ask(struct replay *r, const struct recorded *e)
{
    struct replay_choice choice;
    replay_choose(r, e->when, e->at_us, &choice);
    if (choice.hit == NULL) {
        abort();
    }
    replay_choice_clear(&choice);
    replay_choose(r, e->tree, e->at_us, &choice); // something else
    replay_choice_clear(&choice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct recording *recording = NULL;
    struct span text = {.at = (const char *)data, .len = size};
    struct diag d = {.code = RC_OK};
    if (recording_read(&recording, text, "f", &d) != RC_OK) {
        if (d.text[0] == '\0') {
            abort();
        }
        return 0;
    }
    size_t count = recording->count;
    struct replay *r = replay_new(recording, REPLAY_EXACT);
    for (size_t i = 0; i < count; i++) {
        echo(&recording->items[i]);
        ask(r, &recording->items[i]);
    }
    replay_free(&r);
    return 0;
}
