// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scenario/scenario_tests.h"

#include "proxy/base/own.h"

static const char *or_usual(const char *text, const char *usual)
{
    return text == NULL ? usual : text;
}

char *case_text(const struct case_parts *parts)
{
    struct buf out = {0};
    buf_addf(&out,
             "{\"scenario\": 1, \"id\": \"%s\", \"title\": \"t\", \"operation\": \"%s\",\n"
             "\"profiles\": %s, %s\n"
             "\"requirement\": {\"text\": \"t\", \"level\": \"must\", \"basis\": \"derived\", "
             "\"sources\": [\"s\"]},\n"
             "\"steps\": %s,\n\"rules\": %s,\n\"expect\": %s}\n",
             or_usual(parts->id, "T-1"), or_usual(parts->operation, "BatchMeterUsage"),
             or_usual(parts->profiles, "[\"saas\"]"), or_usual(parts->more, ""),
             or_usual(parts->steps, "[{\"usage\": {\"id\": \"u1\", \"customer\": \"acme\", "
                                    "\"dimension\": \"requests\", \"quantity\": 7}}]"),
             or_usual(parts->rules, "[{\"name\": \"r\", \"when\": {}, \"then\": [{\"error\": "
                                    "\"ThrottlingException\"}]}]"),
             or_usual(parts->expect, "[{\"id\": \"billed\", \"ledger\": {\"complete\": true}}]"));
    return buf_take_text(&out);
}

struct scenario_file *case_file(const struct case_parts *parts)
{
    OWN(text) char *text = case_text(parts);
    struct scenario_file *file = NULL;
    struct diag d = {0};
    if (scenario_read(&file, span_of(text), "t.json", NULL, &d) != RC_OK) {
        char line[900];
        diag_print(&d, line, sizeof line);
        CHECK_TEXT(line, "accepted");
    }
    return file;
}

char *case_sentences(const struct case_parts *parts)
{
    OWN(text) char *text = case_text(parts);
    struct scenario_file *file = NULL;
    struct buf all = {0};
    enum rc rc = scenario_read(&file, span_of(text), "t.json", &all, NULL);
    CHECK((rc == RC_OK) == (file != NULL) && (rc == RC_OK) == (all.len == 0));
    scenario_file_free(&file);
    return buf_take_text(&all);
}
