// SPDX-License-Identifier: Apache-2.0
// cases: what there is to be played, from the files themselves.
#include <stdio.h>

#include "proxy/base/alloc.h"
#include "suites/command/catalogue.h"
#include "suites/command/command.h"
#include "suites/command/playable.h"

const struct option_row CASES_OPTIONS[] = {
    {"--profile", "NAME", "only the cases of that product type"},
    {"--run", "GLOB", "only cases whose id matches; may be repeated"},
    {"-v", NULL, "with the requirement, its basis and its sources"},
    {"--scenarios", "DIR", "another folder of scenario files"},
    {"--help", NULL, "print this"},
    {NULL, NULL, NULL},
};

static void tell(const struct scenario *s, bool is_loud)
{
    struct span suite = catalogue_suite(s);
    printf("%-22s %-18.*s %s\n", s->id, (int)suite.len, suite.at, s->title);
    if (!is_loud) {
        return;
    }
    printf("    %s\n    %s, %s%s; sources:", json_get_text(s->requirement, "text"),
           json_get_text(s->requirement, "level"), json_get_text(s->requirement, "basis"),
           s->money ? ", money" : "");
    const cJSON *source = NULL;
    cJSON_ArrayForEach(source, json_get(s->requirement, "sources"))
    {
        printf(" %s", json_text(source));
    }
    struct diag d = {0};
    char text[900] = "";
    if (case_is_playable(s, &d) != RC_OK) {
        diag_print(&d, text, sizeof text);
    }
    printf("\n%s%s%s", text[0] == '\0' ? "" : "    ", text, text[0] == '\0' ? "" : "\n");
}

static enum rc choose(struct catalogue *catalogue, const struct line *line, struct diag *d)
{
    static const char *const NONE[] = {NULL};
    if (line->rest[0] != NULL) {
        return diag_fail(d, RC_USAGE, "\"%s\" is no option, and there is nothing else to name",
                         line->rest[0]);
    }
    const char **wanted = line_all(line, "--run");
    enum rc rc =
        catalogue_read(catalogue, line_value(line, "--scenarios", catalogue_default_dir()), d);
    if (rc == RC_OK) {
        rc = catalogue_select(catalogue, line_value(line, "--profile", NULL), wanted, NONE, d);
    }
    x_free(wanted);
    return rc;
}

int cases_command(const struct line *line)
{
    struct catalogue catalogue = {0};
    struct diag d = {0};
    enum rc rc = choose(&catalogue, line, &d);
    for (size_t i = 0; rc == RC_OK && i < catalogue.count; i++) {
        tell(catalogue.cases[i], line_has(line, "-v"));
    }
    int code = rc == RC_OK ? EXIT_PASSED : line_fail(line, &d);
    if (rc == RC_OK) {
        printf("%zu cases\n", catalogue.count);
        code = catalogue.count == 0 ? EXIT_NOTHING : EXIT_PASSED;
    }
    catalogue_clear(&catalogue);
    return code;
}
