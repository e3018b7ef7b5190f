// SPDX-License-Identifier: Apache-2.0
// One case played for real, with a shell script as its client, and the evidence that it left.
#ifndef TESTS_UNIT_PLAY_STAGE_H
#define TESTS_UNIT_PLAY_STAGE_H

#include "proxy/evidence/reader.h"
#include "suites/play/campaign.h"
#include "tests/unit/unit.h"

extern const struct unit_test ALONE_TESTS[];
extern const struct unit_test BOOKS_TESTS[];
extern const struct unit_test SUPPORTS_TESTS[];
extern const struct unit_test HOUR_TESTS[];
extern const struct unit_test ENDING_TESTS[];
extern const struct unit_test PAGE_TESTS[];
extern const struct unit_test NOTICE_TESTS[];
extern const struct unit_test ATTACHED_TESTS[];
extern const struct unit_test MARKET_TESTS[];
extern const struct unit_test INSTANCES_TESTS[];
extern const struct unit_test TRIPWIRE_TESTS[];

// The script says this first; what is asked of it follows on its stdin, one line a step.
#define HELLO(words)                                                                               \
    "read line; echo '{\"mp\":\"hello\",\"contract\":1,\"supports\":[" words "]}'; "
// Answers the step that was just read.
#define DONE "echo \"{\\\"mp\\\":\\\"done\\\",\\\"step\\\":$((n=n+1))}\"; "
// Takes every step and answers it, until stdin is closed.
#define SERVE "while read line; do " DONE "done; "

struct stage {
    char dir[128]; // of everything; "run" in it holds the evidence
    struct scenario_file *file;
    struct play_setting setting;
    struct clock clock;
    const char *shell;              // sh, unless the test says bash
    unsigned begun, ended;          // how often progress was told
    struct evidence_run *evidence;  // of stage_play
    const struct evidence_case *it; // the only case of it
};

// members: of the case beside the usual ones, such as "\"steps\": […]", each followed by a comma.
void stage_init(struct stage *s, const char *members);
// The same, where members hold the rules, what is expected and what shows that it was exercised.
void stage_init_whole(struct stage *s, const char *members);
// Plays it with `SHELL -c script`; told: whether the client is told the time.
void stage_play(struct stage *s, const char *script, bool told);
void stage_clear(struct stage *s);

// How many lines of the journal hold the text, and the first of them that does (NULL: none).
size_t stage_count(const struct stage *s, const char *text);
const struct event *stage_find(const struct stage *s, enum event_kind kind, const char *key,
                               const char *value);

#endif
