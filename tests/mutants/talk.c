// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/talk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "proxy/base/own.h"

void pause_ms(unsigned ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0) {
    }
}

void talk_line(struct span line)
{
    (void)fwrite(line.at, 1, line.len, stdout);
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
}

void talk_hello(const struct variants *variants, bool registers)
{
    OWN_BUF struct buf line = {0};
    buf_add_text(&line, "{\"mp\":\"hello\",\"contract\":1,\"supports\":[\"usage\",\"flush\"");
    buf_add_text(&line, registers ? ",\"register\"" : ",\"resolve\"");
    bool verifies = registers && !variants->on[LEGAL_NO_VERIFICATION];
    buf_add_text(&line, verifies ? ",\"verify-signature\"" : "");
    if (!variants->on[LEGAL_BARE_CONTRACT]) {
        buf_add_text(&line, ",\"clock\",\"restart\",\"tags\",\"instances\",\"tls\"");
        buf_add_text(&line, variants->on[LEGAL_NO_PROXY] ? "" : ",\"proxy\"");
        buf_add_text(&line, registers ? "" : ",\"page\",\"users\",\"notice\"");
    }
    buf_add_text(&line, "]}");
    talk_line(buf_span(&line));
}

void talk_answer(const char *kind, int64_t step)
{
    OWN_BUF struct buf line = {0};
    buf_addf(&line, "{\"mp\":\"%s\",\"step\":%lld}", kind, (long long)step);
    talk_line(buf_span(&line));
}

static void print_word(const struct book *b, const struct book_usage *usage, const char *state)
{
    const struct book_record *r = &b->records[usage->record];
    OWN_BUF struct buf line = {0};
    buf_add_text(&line, "{\"mp\":\"usage\",\"id\":");
    buf_add_json_string(&line, span_of(usage->id));
    buf_addf(&line, ",\"state\":\"%s\"", state);
    if (r->record_id != NULL) {
        buf_add_text(&line, ",\"record\":");
        buf_add_json_string(&line, span_of(r->record_id));
    }
    if (r->reason != NULL) {
        buf_addf(&line, ",\"reason\":\"%s\"", r->reason);
    }
    buf_add_char(&line, '}');
    talk_line(buf_span(&line));
    if (b->variants->on[LEGAL_REPEATS_WORDS]) {
        talk_line(buf_span(&line));
    }
}

// The word for a record, as the variant has it.
static const char *spoken(const struct variants *v, enum word word)
{
    if (word == WORD_METERED && v->on[BUG_NEVER_FINAL]) {
        return "pending";
    }
    if (word == WORD_METERED && v->on[BUG_MALFORMED_WORD]) {
        return "sent";
    }
    // The contract lets unknown stand for pending: both will be repeated unchanged.
    if (word == WORD_PENDING && v->on[LEGAL_SAYS_UNKNOWN]) {
        return "unknown";
    }
    return word_name(word);
}

void talk_usage(const struct book *b, struct book_usage *usage)
{
    const struct variants *v = b->variants;
    const struct book_record *r = &b->records[usage->record];
    bool is_final = r->word == WORD_METERED || r->word == WORD_REJECTED;
    if (v->on[BUG_WORDLESS] || r->forgotten || (is_final && usage->said == r->word) ||
        (v->on[BUG_CLAIM_EARLY] && usage->said == WORD_METERED)) {
        return;
    }
    usage->said = r->word;
    print_word(b, usage, spoken(v, r->word));
    if (r->word == WORD_METERED && v->on[BUG_TAKES_BACK]) {
        print_word(b, usage, "pending");
    }
}

void talk_general_alert(const char *text)
{
    OWN_BUF struct buf line = {0};
    buf_add_text(&line, "{\"mp\":\"alert\",\"about\":[],\"text\":");
    buf_add_json_string(&line, span_of(text));
    buf_add_char(&line, '}');
    talk_line(buf_span(&line));
}

void talk_alert(const struct book *b, size_t record, const char *text)
{
    OWN_BUF struct buf line = {0};
    const char *comma = "";
    buf_add_text(&line, "{\"mp\":\"alert\",\"about\":[");
    for (size_t i = 0; i < b->usage_count; i++) {
        if (b->usages[i].record == record) {
            buf_add_text(&line, comma);
            buf_add_json_string(&line, span_of(b->usages[i].id));
            comma = ",";
        }
    }
    buf_add_text(&line, "],\"text\":");
    buf_add_json_string(&line, span_of(text));
    buf_add_char(&line, '}');
    talk_line(buf_span(&line));
}
