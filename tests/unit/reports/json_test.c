// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/reports/reports_tests.h"

#include <string.h>

#include "proxy/base/json.h"
#include "reports/fields.h"

static void comes_back(struct result_run *r)
{
    struct result_run *again = NULL;
    struct diag d = {0};
    OWN(text) char *text = model_render(r, REPORT_JSON, NULL);
    CHECK_INT(results_read(&again, span_of(text), "results.json", &d), RC_OK);
    CHECK_TEXT(d.text, "");
    if (again != NULL) {
        OWN(text) char *second = model_render(again, REPORT_JSON, NULL);
        CHECK_TEXT(second, text);
    }
    result_run_free(&again);
    result_run_free(&r);
}

static void round_trips(void)
{
    comes_back(model_every_verdict());
    comes_back(model_hostile());
    comes_back(result_run_new());
}

static void reads_every_member(void)
{
    struct result_run *r = model_every_verdict();
    struct result_run *again = NULL;
    OWN(text) char *text = model_render(r, REPORT_JSON, NULL);
    if (!CHECK_INT(results_read(&again, span_of(text), NULL, NULL), RC_OK)) {
        return;
    }
    CHECK(again->seed == UINT64_MAX && !again->interrupted && again->problem == NULL);
    CHECK_TEXT(again->client, "./adapter --region us-east-1");
    CHECK_INT(again->count, r->count);
    const struct result_case *c = &again->cases[VERDICT_FAIL];
    CHECK_TEXT(c->sources[1], "guide:retry");
    CHECK(c->money && !c->mandatory && again->cases[again->count - 1].mandatory);
    CHECK_INT(c->duration_us, 1234567);
    CHECK(c->checks[0].is_invariant && c->checks[2].advice && c->checks[1].money);
    CHECK_INT(c->checks[1].lines[1], 52);
    CHECK_INT(c->checks[1].line, 31);
    CHECK_INT(c->checks[1].column, 5);
    result_run_free(&r);
    result_run_free(&again);
}

// One place of good results changed: each must be refused, with a sentence that names the member.
static void refusals(void)
{
    static const struct {
        const char *from, *to;
        enum rc rc;
        const char *text;
    } ROWS[] = {
        {"\"results\": 1", "\"results\": 2", RC_UNSUPPORTED,
         "\"results\" must be 1: this is the format that is read"},
        {"\"seed\": \"18446744073709551615\"", "\"seed\": \"18446744073709551616\"", RC_TYPE,
         "\"seed\" must be a string of decimal digits"},
        {"\"seed\": \"18446744073709551615\"", "\"seed\": 7", RC_TYPE,
         "\"seed\" must be a string of decimal digits"},
        {"\"interrupted\": false", "\"interrupted\": 0", RC_TYPE,
         "\"interrupted\" must be true or false"},
        {"\"interrupted\": false", "\"interrupted\": true", RC_OK, ""},
        {"\"profile\": \"saas\",", "", RC_MISSING, "\"profile\" is missing"},
        {"\"profile\": \"saas\"", "\"profile\": []", RC_TYPE,
         "\"profile\" must be a string or null"},
        {"\"profile\"", "\"host\": 1, \"profile\"", RC_UNKNOWN,
         "\"host\" is not a member of results format 1"},
        {"\"id\": \"NET-00\"", "\"id\": null", RC_TYPE, "\"id\" must be a string"},
        {"\"verdict\": \"PASS\"", "\"verdict\": \"pass\"", RC_TYPE,
         "\"verdict\" must be a verdict"},
        {"\"sources\": []", "\"sources\": [1]", RC_TYPE, "\"sources\" must be an array of strings"},
        {"\"sources\": []", "\"sources\": {}", RC_TYPE, "\"sources\" must be an array of strings"},
        {"\"lines\": []", "\"lines\": [1, -1]", RC_TYPE,
         "\"lines\" must be an array of whole numbers"},
        {"\"duration_us\": 1234567", "\"duration_us\": 0.5", RC_TYPE,
         "\"duration_us\" must be a whole number from 0"},
        {"\"line\": 0", "\"line\": 4294967296", RC_TYPE, "\"line\" must be a whole number from 0"},
        {"\"checks\"", "\"cheques\"", RC_UNKNOWN,
         "\"cheques\" is not a member of results format 1"},
        {"\"checks\": [", "\"checks\": [1, ", RC_TYPE, "an object is expected here"},
        {"\"cases\": [", "\"cases\": [7, ", RC_TYPE, "an object is expected here"},
        {"\"FAIL\": 1", "\"FAIL\": 0", RC_CONFLICT, "\"counts\" are not the counts of these cases"},
        {"\"verdict\": \"HARNESS ERROR\"", "\"verdict\": \"PASS\"", RC_CONFLICT,
         "\"verdict\" is not the verdict of these cases"},
    };
    struct result_run *r = model_every_verdict();
    OWN(text) char *good = model_render(r, REPORT_JSON, NULL);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct buf changed = {0};
        struct diag d = {0};
        struct result_run *read = NULL;
        const char *hit = strstr(good, ROWS[i].from);
        unit_row(ROWS[i].to);
        if (!CHECK(hit != NULL)) {
            continue;
        }
        buf_add(&changed, (struct span){.at = good, .len = (size_t)(hit - good)});
        buf_add_text(&changed, ROWS[i].to);
        buf_add_text(&changed, hit + strlen(ROWS[i].from));
        CHECK_INT(results_read(&read, buf_span(&changed), "results.json", &d), ROWS[i].rc);
        CHECK_TEXT(d.text, ROWS[i].text);
        CHECK_INT(d.place.line > 0, ROWS[i].rc != RC_OK);
        CHECK_INT(read != NULL, ROWS[i].rc == RC_OK);
        result_run_free(&read);
        buf_clear(&changed);
    }
    unit_row(NULL);
    result_run_free(&r);
}

// The same run twice, and a run read back, give the same bytes; nothing of this machine is in them.
static void deterministic(void)
{
    struct result_run *a = model_every_verdict();
    struct result_run *b = model_every_verdict();
    OWN(text) char *first = model_render(a, REPORT_JSON, NULL);
    OWN(text) char *second = model_render(b, REPORT_JSON, &(struct report_options){.colour = true});
    CHECK_TEXT(first, second);
    result_run_free(&a);
    result_run_free(&b);
}

static void has_the_keys(const cJSON *schema, const struct field *fields, int more)
{
    const cJSON *properties = json_get(schema, "properties");
    int count = 0;
    for (const struct field *f = fields; f->key != NULL; f++, count++) {
        unit_row(f->key);
        CHECK(json_get(properties, f->key) != NULL);
        CHECK(json_array_has(json_get(schema, "required"), f->key));
    }
    unit_row(NULL);
    CHECK_INT(cJSON_GetArraySize(properties), count + more);
    CHECK_INT(cJSON_GetArraySize(json_get(schema, "required")), count + more);
    CHECK(cJSON_IsFalse(json_get(schema, "additionalProperties")));
}

static void the_schema_has_the_tables(void)
{
    OWN(json) cJSON *schema = NULL;
    struct diag d = {0};
    CHECK_INT(
        json_read_file(&schema, NULL, METERPROVER_SOURCE_DIR "/reports/results.schema.json", &d),
        RC_OK);
    const cJSON *defs = json_get(schema, "$defs");
    has_the_keys(schema, FIELDS_OF_RUN, 4); // results verdict counts cases
    has_the_keys(json_get(defs, "case"), FIELDS_OF_CASE, 1);
    has_the_keys(json_get(defs, "check"), FIELDS_OF_CHECK, 0);
    const cJSON *verdicts = json_get(json_get(defs, "verdict"), "enum");
    const cJSON *counts = json_get(json_get(schema, "properties"), "counts");
    CHECK_INT(cJSON_GetArraySize(verdicts), VERDICT_COUNT);
    CHECK_INT(cJSON_GetArraySize(json_get(counts, "properties")), VERDICT_COUNT);
    for (int i = 0; i < VERDICT_COUNT; i++) {
        CHECK(json_array_has(verdicts, verdict_name((enum verdict)i)));
        CHECK(json_array_has(json_get(counts, "required"), verdict_name((enum verdict)i)));
    }
}

const struct unit_test JSON_TESTS[] = {
    {"round trips", round_trips},
    {"reads every member", reads_every_member},
    {"refusals", refusals},
    {"deterministic", deterministic},
    {"the schema has the tables", the_schema_has_the_tables},
    {NULL, NULL},
};
