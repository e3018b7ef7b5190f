// SPDX-License-Identifier: Apache-2.0
#include "serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mutation.h"

#define MOST_MEMORY ((rlim_t)8 << 30)
#define PATIENCE 20 // a child that does nothing may live so many times as long as one that works

static void live(int (*work)(void *arg), void *arg, int mutation, unsigned seconds,
                 const char *reached)
{
    const struct rlimit memory = {.rlim_cur = MOST_MEMORY, .rlim_max = MOST_MEMORY};
    const struct rlimit time = {.rlim_cur = seconds, .rlim_max = seconds};
    const struct rlimit core = {.rlim_cur = 0, .rlim_max = 0};
    (void)setrlimit(RLIMIT_AS, &memory);
    (void)setrlimit(RLIMIT_CORE, &core);
    (void)setrlimit(RLIMIT_CPU, &time);
    (void)alarm(PATIENCE * seconds);
    mp_choose(mutation);
    int code = work(arg);
    if (mutation == 0 && reached != NULL) {
        mp_write_reached(reached);
    }
    (void)fflush(stdout);
    _exit(code);
}

int serve(int (*work)(void *arg), void *arg, unsigned seconds, const char *reached)
{
    char line[32];
    while (fgets(line, sizeof line, stdin) != NULL) {
        int mutation = (int)strtol(line, NULL, 10);
        int status = 0;
        (void)fflush(stdout);
        pid_t child = fork();
        if (child < 0) {
            perror("fork");
            return 3;
        }
        if (child == 0) {
            live(work, arg, mutation, seconds, reached);
        }
        if (waitpid(child, &status, 0) != child) {
            perror("waitpid");
            return 3;
        }
        if (WIFSIGNALED(status)) {
            (void)printf("= %d signal %d\n", mutation, WTERMSIG(status));
        } else {
            (void)printf("= %d exit %d\n", mutation, WEXITSTATUS(status));
        }
        (void)fflush(stdout);
    }
    return 0;
}
