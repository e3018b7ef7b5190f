// SPDX-License-Identifier: Apache-2.0
#include "proxy/evidence/layout.h"

#include <assert.h>
#include <string.h>

static const char *const RUN_FILES[] = {
    "run.json",  "run.json.new", "results.json",     "report.txt",
    "junit.xml", "report.html",  "certificate.json", "summary.md",
};

static const char *const CASE_FILES[] = {
    "scenario.json",  "journal.jsonl", "ledger.json", "cloudtrail.json",
    "public_key.pem", "client.out",    "client.err",
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_made_of(struct span text, const char *more)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!is_word(c) && (c == '\0' || strchr(more, c) == NULL)) {
            return false;
        }
    }
    return text.len > 0 && text.len <= LAYOUT_ID_MAX && text.at[0] != '.';
}

bool layout_id_is_good(struct span id)
{
    return is_made_of(id, ".-+:@=,/");
}

void layout_case_dir(char out[LAYOUT_ID_MAX + 1], struct span id)
{
    assert(layout_id_is_good(id));
    for (size_t i = 0; i < id.len; i++) {
        out[i] = id.at[i];
        if (out[i] == '/') {
            out[i] = '~';
        }
    }
    out[id.len] = '\0';
}

bool layout_file_is_good(struct span name)
{
    return is_made_of(name, ".-");
}

static bool is_in(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0) {
            return true;
        }
    }
    return false;
}

bool layout_is_run_file(const char *name)
{
    return is_in(RUN_FILES, sizeof RUN_FILES / sizeof RUN_FILES[0], name);
}

bool layout_is_case_file(const char *name)
{
    return is_in(CASE_FILES, sizeof CASE_FILES / sizeof CASE_FILES[0], name);
}
