// SPDX-License-Identifier: Apache-2.0
#include "runs.h"

#include <stdio.h>
#include <string.h>

static bool read_run(struct runs *runs, const char *dir)
{
    struct diag d = {0};
    if (runs->count == MOST_RUNS || evidence_read(&runs->list[runs->count], dir, &d) != RC_OK) {
        (void)fprintf(stderr, "%s cannot be read: %s\n", dir, d.text);
        return false;
    }
    runs->count++;
    return true;
}

bool runs_read(struct runs *out, const char *list)
{
    char dir[1024];
    bool good = true;
    FILE *file = fopen(list, "r");
    if (file == NULL) {
        perror(list);
        return false;
    }
    while (good && fgets(dir, sizeof dir, file) != NULL) {
        dir[strcspn(dir, "\n")] = '\0';
        good = read_run(out, dir);
    }
    (void)fclose(file);
    return good;
}

void runs_clear(struct runs *runs)
{
    for (size_t i = 0; i < runs->count; i++) {
        evidence_free(&runs->list[i]);
    }
    runs->count = 0;
}

char verdict_letter(enum verdict verdict)
{
    static const char LETTERS[] = {
        [VERDICT_PASS] = 'P',         [VERDICT_INFO] = 'i',        [VERDICT_AVOIDED] = 'a',
        [VERDICT_WARN] = 'w',         [VERDICT_UNSUPPORTED] = 'u', [VERDICT_NOT_EXERCISED] = 'n',
        [VERDICT_INCONCLUSIVE] = 'c', [VERDICT_FAIL] = 'F',        [VERDICT_HARNESS_ERROR] = 'H',
        [VERDICT_COUNT] = '?'};
    return LETTERS[verdict];
}
