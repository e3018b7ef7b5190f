// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/play.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites/client/tree.h"
#include "tests/unit/unit.h"

#define GUARD_US 30000000

extern char **environ;

static char room[] = "/tmp/unit-client-XXXXXX";
static bool has_room;

static void remove_room(void)
{
    DIR *dir = opendir(room);
    for (const struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
        (void)unlinkat(dirfd(dir), e->d_name, 0);
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    (void)rmdir(room);
}

const char *play_path(char out[256], const char *name)
{
    if (!has_room) {
        has_room = mkdtemp(room) != NULL && atexit(remove_room) == 0;
    }
    (void)snprintf(out, 256, "%s/%s", room, name);
    return out;
}

size_t count_descendants(void)
{
    struct tree tree = {0};
    if (tree_scan(&tree, getpid()) != RC_OK) {
        return 9999;
    }
    size_t living = 0;
    for (size_t i = 0; i < tree.count; i++) {
        living += !process_has_ended(&tree.at[i]);
    }
    tree_clear(&tree);
    return living;
}

size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    for (const struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
        count += e->d_name[0] != '.';
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return count;
}

static void on_guard(void *arg)
{
    struct play *p = arg;
    p->timed_out = true;
    loop_stop(p->loop);
}

static void log_text(struct play *p, const char *what, struct span text)
{
    buf_add_text(&p->log, what);
    buf_add_char(&p->log, ' ');
    buf_add(&p->log, span_slice(text, 0, 120));
    buf_add_char(&p->log, '\n');
}

static void on_answer(void *arg, struct span line, const struct answer *answer)
{
    struct play *p = arg;
    p->answers++;
    if (p->answers <= 100) { // a chatterer's log would be all there is
        const char *text = json_get_text(answer->tree, "text");
        log_text(p, answer_name(answer->kind), text != NULL ? span_of(text) : line);
    }
    if (p->on_answer != NULL) {
        p->on_answer(p, answer);
    }
}

static void on_malformed(void *arg, struct span text, const char *expected)
{
    log_text(arg, "malformed", text);
    log_text(arg, "expected", span_of(expected));
}

static void on_half_line(void *arg, struct span text)
{
    log_text(arg, "half", text);
}

static void on_flood(void *arg, uint64_t bytes)
{
    struct play *p = arg;
    buf_addf(&p->log, "flood %llu\n", (unsigned long long)bytes);
}

static void on_stdin_closed(void *arg)
{
    log_text(arg, "stdin", SPAN("closed"));
}

static void on_exit_told(void *arg, const struct client_exit *how)
{
    struct play *p = arg;
    char text[80];
    client_exit_text(how, text, sizeof text);
    log_text(p, "exit", span_of(text));
    p->how = *how;
    p->has_exited = true;
    loop_stop(p->loop);
}

void play_init(struct play *p, const char *part)
{
    *p = (struct play){.descriptors = count_descriptors()};
    p->loop = loop_new(); // only now: it opens some
    p->argv[0] = "/proc/self/exe";
    p->argv[1] = "--puppet";
    p->argv[2] = part;
    p->options = (struct client_options){
        .loop = p->loop,
        .argv = p->argv,
        .env = (const char *const *)environ,
        .observer = {on_answer, on_malformed, on_half_line, on_flood, on_stdin_closed, on_exit_told,
                     p},
    };
    loop_timer_init(&p->guard, p->loop, on_guard, p);
}

bool play_start(struct play *p)
{
    struct diag d = {0};
    enum rc code = client_start(&p->client, &p->options, &d);
    CHECK_TEXT(d.text, "");
    return CHECK_INT(code, RC_OK);
}

void play_wait(struct play *p)
{
    loop_timer_start(&p->guard, GUARD_US);
    CHECK_INT(loop_run(p->loop), RC_OK);
    loop_timer_stop(&p->guard);
    CHECK(!p->timed_out);
}

void play_run(struct play *p)
{
    do {
        play_wait(p);
    } while (!p->has_exited && !p->timed_out);
}

void play_end(struct play *p)
{
    client_free(&p->client);
    CHECK_INT(count_descendants(), 0);
    loop_timer_stop(&p->guard);
    loop_free(&p->loop);
    buf_clear(&p->log);
    CHECK_INT(count_descriptors(), p->descriptors);
    int status = 0;
    CHECK_INT(waitpid(-1, &status, WNOHANG), -1); // not even a zombie
}

const char *play_log(struct play *p)
{
    buf_add_char(&p->log, '\0');
    p->log.len--;
    return p->log.data;
}

bool play_logged(struct play *p, const char *text)
{
    return strstr(play_log(p), text) != NULL;
}
