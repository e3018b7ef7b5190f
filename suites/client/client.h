// SPDX-License-Identifier: Apache-2.0
// The client under test: start it, talk to it, watch it end, leave nothing of it behind.
//
// It is a process of ours (client_start), or a program that runs already (attach.h); both are
// spoken to in the same lines and through the same functions.
//
// Each process runs below a small supervisor process of its own, which adopts every descendant,
// reports how the client ended and ends what it left. If this process dies, even by SIGKILL, the
// supervisor ends everything too. Linux only (subreaper, /proc).
#ifndef SUITES_CLIENT_CLIENT_H
#define SUITES_CLIENT_CLIENT_H

#include <sys/types.h>

#include "proxy/base/buf.h"
#include "proxy/base/diag.h"
#include "suites/client/protocol.h"

struct client;
struct loop;

enum client_stream { CLIENT_STDOUT, CLIENT_STDERR };

enum client_ending {
    CLIENT_EXITED,   // by itself or after SIGTERM, with an exit code
    CLIENT_SIGNALED, // by a signal
    CLIENT_LOST, // its supervisor was ended from outside, or could not end it; no status is known
    CLIENT_DETACHED,   // one that ran already was let go, and runs on
    CLIENT_UNREACHABLE // one that ran already cannot be spoken to: see why
};

struct client_exit {
    enum client_ending how;
    int code;   // for CLIENT_EXITED
    int signal; // for CLIENT_SIGNALED
    bool core_dumped;
    unsigned descendants; // processes that outlived the client, or were ended with it, and had to
                          // be killed
    bool contained;       // nothing of it is left; false only together with CLIENT_LOST
    enum rc record;       // RC_OK, or why the output files are not complete
    char why[512];        // a sentence, for CLIENT_UNREACHABLE
    bool is_ours;         // for CLIENT_UNREACHABLE: a command of ours failed, not the program
};

// Every function may be NULL. All are called from the loop or from client_read_now, never from
// another function of this header; all of these may be called inside them, client_free too.
struct client_observer {
    // A line of stdout that is a well-formed answer. line (without newline) and answer are
    // borrowed.
    void (*on_answer)(void *arg, struct span line, const struct answer *answer);
    // A line that looks like an answer but is none; expected is a sentence with the right form.
    // text is the line, cut at max_line_bytes.
    void (*on_malformed)(void *arg, struct span text, const char *expected);
    // The stream ended without a newline after text, which is not delivered as an answer.
    void (*on_half_line)(void *arg, struct span text);
    // More than max_output_bytes came; nothing more is delivered or kept, and the client is being
    // ended. Once.
    void (*on_flood)(void *arg, uint64_t bytes);
    // Something could not be written because the client has closed its stdin. Once.
    void (*on_stdin_closed)(void *arg);
    // The last call: the client and all of its descendants are gone and all it said was delivered.
    void (*on_exit)(void *arg, const struct client_exit *how);
    void *arg;
};

struct client_options {
    struct loop *loop;
    const char *const *argv;         // ends with NULL; argv[0] is looked up in PATH of this process
    const char *const *env;          // ends with NULL; see environment.h
    const char *dir;                 // where it runs; NULL: here
    const char *out_path, *err_path; // appended to, created when absent; NULL: not kept
    bool spares_descendants;         // what it leaves behind when it ends by itself lives on
    size_t max_line_bytes;           // 0: 1 MiB
    uint64_t max_output_bytes;       // of stdout and stderr together; 0: 64 MiB
    size_t max_unread_bytes;         // what may wait for the client to read it; 0: 16 MiB
    int64_t term_us;                 // between SIGTERM and SIGKILL in client_end; 0: 1 s
    // Renders output as it may be kept (secrets replaced) into out; NULL: as it is. text is whole
    // lines with their newlines, or what the stream ended with, or a piece of an overlong line.
    void (*scrub)(void *arg, enum client_stream stream, struct span text, struct buf *out);
    struct client_observer observer; // its arg goes to scrub too
};

// Starts the client. What options points to is copied, but for loop and the observer's arg. Returns
// after the program was executed, or with a sentence why it could not be: RC_MISSING (no such
// program or directory), RC_IO, RC_LIMIT (no descriptor, process or argument space is left). Blocks
// for the time of a fork and an exec. Must be called before this process has threads.
MUST_USE enum rc client_start(struct client **out, const struct client_options *options,
                              struct diag *d);

// Sends a line (without newline). Never blocks: what the client does not read waits. RC_LIMIT when
// more than max_unread_bytes would wait, RC_CLOSED when stdin was closed by either side.
MUST_USE enum rc client_send(struct client *c, struct span line);
// Bytes that the client has not taken yet.
size_t client_unread_bytes(struct client *c);
// Delivers every line that the client had written to stdout before this call. Before each commit
// and each reply. Does nothing when called inside on_answer and the like; the rest is then
// delivered by the outer call. If the observer frees the client, it is gone when this returns.
void client_read_now(struct client *c);

// Sends the signal to the client and all its descendants, and returns when it was sent. SIGSTOP and
// SIGKILL also reach what is born meanwhile. RC_CLOSED when the client has ended; RC_AGAIN when the
// supervisor did not answer in time (then at least the client's own process group was sent the
// signal).
MUST_USE enum rc client_signal(struct client *c, int number);
// Stops every thread of the client and its descendants and waits until they have, for at most
// wait_us (0: 100 ms). RC_AGAIN when some had not stopped by then; RC_CLOSED when the client has
// ended.
MUST_USE enum rc client_stop(struct client *c, int64_t wait_us);

// Ends the client: closes stdin once all was read, waits grace_us for it to exit by itself, sends
// SIGTERM, waits term_us, then SIGKILL. With grace_us 0 SIGTERM goes at once; with grace_us below 0
// SIGKILL. A later call can only shorten what is left. on_exit follows.
void client_end(struct client *c, int64_t grace_us);
// Ends whatever is left (by SIGKILL, waiting for it), without further calls to the observer, and
// frees. Accepts NULL in *c and nulls it.
void client_free(struct client **c);

bool client_is_running(struct client *c); // until on_exit
pid_t client_pid(struct client *c);
// "exited with code 3", "ended by SIGSEGV (core dumped)", ...; always terminated.
void client_exit_text(const struct client_exit *how, char *out, size_t size);

#endif
