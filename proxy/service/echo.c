// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/echo.h"

#include <math.h>
#include <string.h>

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

// High bits where a byte of the word is zero (and perhaps in bytes above such a one).
static inline uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE(1)) & ~word & EACH_BYTE(0x80);
}

// Whether none of eight bytes is a control character, a quote, a backslash, DEL or beyond ASCII.
static inline bool is_plain_word(uint64_t word)
{
    uint64_t controls = (word - EACH_BYTE(0x20)) & ~word & EACH_BYTE(0x80);
    return (controls | zero_bytes(word ^ EACH_BYTE('"')) | zero_bytes(word ^ EACH_BYTE('\\')) |
            zero_bytes(word ^ EACH_BYTE(0x7f)) | (word & EACH_BYTE(0x80))) == 0;
}

// Copies eight bytes; false when they are not plain.
static inline bool copy_word(char *to, const char *from)
{
    uint64_t word = 0;
    memcpy(&word, from, 8);
    memcpy(to, &word, 8);
    return is_plain_word(word);
}

// Fewer than eight bytes: a word is made of them, from four to seven of two halves that may
// overlap.
static inline bool copy_short(char *to, struct span text)
{
    char word[8] = "aaaaaaaa";
    if (text.len >= 4) {
        memcpy(word, text.at, 4);
        memcpy(word + text.len - 4, text.at + text.len - 4, 4);
    } else {
        for (size_t i = 0; i < text.len; i++) {
            word[i] = text.at[i];
        }
    }
    return copy_word(to, word);
}

// Copies a plain text with its quotes, by words, of which the last two may overlap (a short text
// writes up to eight bytes beyond its end); gives the end, or NULL when the text is not plain.
static char *copy_plain(char *to, struct span text)
{
    bool plain = true;
    *to++ = '"';
    if (text.len < 8) {
        plain = copy_short(to, text);
    } else {
        for (size_t at = 0; at + 8 < text.len && plain; at += 8) {
            plain = copy_word(to + at, text.at + at);
        }
        plain = plain && copy_word(to + text.len - 8, text.at + text.len - 8);
    }
    to[text.len] = '"';
    return plain ? to + text.len + 1 : NULL;
}

#define COPY_ROOM 10 // the quotes, and what is copied beyond the end

void echo_text(struct buf *out, struct span text)
{
    char *room = buf_room(out, text.len + COPY_ROOM);
    char *end = copy_plain(room, text);
    if (end == NULL) {
        buf_add_json_string(out, text);
    } else {
        buf_grew(out, (size_t)(end - room));
    }
}

// Whole numbers directly: a timestamp in seconds, a quantity. 2^53 bounds what double holds
// exactly.
static void echo_value(struct buf *out, const cJSON *value)
{
    double number = value->valuedouble;
    if (cJSON_IsString(value)) {
        echo_text(out, json_span(value));
    } else if (cJSON_IsNumber(value) && fabs(number) < 9007199254740992.0 &&
               (double)(int64_t)number == number) {
        buf_add_i64(out, (int64_t)number);
    } else {
        json_print(out, value);
    }
}

// The comma or brace before a member, its name and the colon.
static void echo_name(struct buf *out, char before, struct span name)
{
    char *room = buf_room(out, name.len + COPY_ROOM + 2);
    room[0] = before;
    char *end = copy_plain(room + 1, name);
    if (end == NULL) {
        buf_add_char(out, before);
        buf_add_json_string(out, name);
        buf_add_char(out, ':');
    } else {
        *end++ = ':';
        buf_grew(out, (size_t)(end - room));
    }
}

void echo_record(struct buf *out, const cJSON *record)
{
    char before = '{';
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, record)
    {
        echo_name(out, before, span_of(member->string));
        echo_value(out, member);
        before = ',';
    }
    buf_add_text(out, before == '{' ? "{}" : "}");
}
