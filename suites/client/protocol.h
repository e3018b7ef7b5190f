// SPDX-License-Identifier: Apache-2.0
// The lines of the script contract: rendered for the client, read from it. Pure.
#ifndef SUITES_CLIENT_PROTOCOL_H
#define SUITES_CLIENT_PROTOCOL_H

#include "proxy/base/buf.h"
#include "proxy/base/json.h"

#define PROTOCOL_CONTRACT 1
// The exit code by which a client says that it does not support what is asked.
#define PROTOCOL_EXIT_UNSUPPORTED 89

// {"hello":1,"case":…,"now":…}, without newline.
void protocol_hello(struct buf *out, struct span case_id, int64_t now_us);
// {"step":n,"verb":args,"now":…}, without newline. args is JSON; newlines in it become blanks.
void protocol_step(struct buf *out, unsigned n, const char *verb, struct span args, int64_t now_us);

enum answer_kind {
#define ANSWER(id, name, form) ANSWER_##id,
#include "suites/client/answer.def"
    ANSWER_COUNT
};

// What an answer says of a usage, a token or a registration.
enum answer_state {
#define ANSWER_STATE(id, name, kind) ANSWER_STATE_##id,
#include "suites/client/answer.def"
    ANSWER_STATE_COUNT,
    ANSWER_STATE_NONE = ANSWER_STATE_COUNT // for kinds without a state
};

const char *answer_name(enum answer_kind kind);         // "usage"
const char *answer_state_name(enum answer_state state); // "metered"; "" for none
const char *answer_form(enum answer_kind kind);         // the form as it is quoted in findings

// One answer, checked: every member that its kind requires is there and has its type.
struct answer {
    enum answer_kind kind;
    enum answer_state state;
    unsigned step;     // 0 for kinds without step
    const char *id;    // of a usage; NULL for other kinds
    const cJSON *tree; // the whole object; other members are read from it
};

enum answer_reading {
    ANSWER_IS,       // out holds the answer
    ANSWER_IS_LOG,   // a line of the client's own
    ANSWER_IS_BROKEN // looks like an answer, but is none; *why says what was expected
};

#define ANSWER_WHY 640

// Reads one line of stdout. A line is an answer when it is a JSON object with a key "mp"; it only
// looks like one when it begins with { and has "mp" in it, but is not JSON or lacks what its kind
// needs. *tree is owned by the caller and set only with ANSWER_IS.
enum answer_reading protocol_read(struct answer *out, cJSON **tree, struct span line,
                                  char why[ANSWER_WHY]);

// Whether the client's hello says that it supports that word.
bool answer_supports(const struct answer *hello, const char *word);

#endif
