// SPDX-License-Identifier: Apache-2.0
#include "proxy/evidence/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

#define PIECE_BYTES ((size_t)1 << 16)

char *disk_join(const char *a, const char *b)
{
    struct buf path = {0};
    buf_add_text(&path, a);
    buf_add_char(&path, '/');
    buf_add_text(&path, b);
    return buf_take_text(&path);
}

enum rc disk_fail(struct diag *d, const char *path, int why)
{
    return diag_fail_at(d, RC_IO, path, (struct place){0}, "%s", strerror(why));
}

int disk_write(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t done = write(fd, bytes.at, bytes.len);
        if (done > 0) {
            bytes = span_slice(bytes, (size_t)done, bytes.len);
        } else if (done == 0) {
            return EIO; // never for a plain file; without this line the loop would not end
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

enum rc disk_open_new(int *fd, const char *path, struct diag *d)
{
    *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *fd < 0 ? disk_fail(d, path, errno) : RC_OK;
}

// Closes fd too: some file systems report a full disk only then.
static int write_and_close(int fd, struct span bytes, bool sync)
{
    int why = disk_write(fd, bytes);
    if (why == 0 && sync && fsync(fd) != 0) {
        why = errno;
    }
    if (close(fd) != 0 && why == 0) {
        why = errno;
    }
    return why;
}

static enum rc create(const char *path, struct span bytes, bool sync, struct diag *d)
{
    int fd = -1;
    enum rc rc = disk_open_new(&fd, path, d);
    if (rc != RC_OK) {
        return rc;
    }
    int why = write_and_close(fd, bytes, sync);
    if (why != 0) {
        (void)unlink(path);
        return disk_fail(d, path, why);
    }
    return RC_OK;
}

enum rc disk_create(const char *path, struct span bytes, struct diag *d)
{
    return create(path, bytes, false, d);
}

enum rc disk_replace(const char *path, struct span bytes, struct diag *d)
{
    struct buf name = {0};
    buf_addf(&name, "%s.new", path);
    OWN(text) char *fresh = buf_take_text(&name);
    (void)unlink(fresh); // left by a run that was killed just here
    // Synced before the rename: else a power cut can leave the new name with no bytes.
    enum rc rc = create(fresh, bytes, true, d);
    if (rc != RC_OK) {
        return rc;
    }
    if (rename(fresh, path) != 0) {
        int why = errno;
        (void)unlink(fresh);
        return disk_fail(d, path, why);
    }
    return RC_OK;
}

// O_NONBLOCK: a pipe laid in a file's place must not stop us.
static enum rc open_plain(int *fd, const char *path, struct diag *d)
{
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (*fd < 0) {
        return errno == ELOOP ? diag_fail_at(d, RC_IO, path, (struct place){0}, "this is a link")
                              : disk_fail(d, path, errno);
    }
    const char *problem = NULL;
    if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        problem = "this is not a plain file";
    } else if ((uintmax_t)st.st_size > DISK_MAX_BYTES) {
        problem = "this file is larger than 1 GiB";
    }
    if (problem == NULL) {
        return RC_OK;
    }
    (void)close(*fd);
    return diag_fail_at(d, RC_IO, path, (struct place){0}, "%s", problem);
}

// Reads the next piece; *got is 0 at the end of the file.
static int read_piece(int fd, char *into, size_t *got)
{
    for (;;) {
        ssize_t n = read(fd, into, PIECE_BYTES);
        if (n >= 0) {
            *got = (size_t)n;
            return 0;
        }
        if (errno != EINTR) {
            return errno;
        }
    }
}

// Gives every piece of a plain file to take.
static enum rc read_all(const char *path, void (*take)(void *arg, struct span piece), void *arg,
                        struct diag *d)
{
    int fd = -1;
    enum rc rc = open_plain(&fd, path, d);
    if (rc != RC_OK) {
        return rc;
    }
    OWN(text) char *piece = x_alloc(PIECE_BYTES);
    size_t got = 0;
    int why = 0;
    while ((why = read_piece(fd, piece, &got)) == 0 && got > 0) {
        take(arg, (struct span){.at = piece, .len = got});
    }
    (void)close(fd);
    return why == 0 ? RC_OK : disk_fail(d, path, why);
}

static void take_bytes(void *arg, struct span piece)
{
    buf_add(arg, piece);
}

static void take_digest(void *arg, struct span piece)
{
    sha256_stream_add(arg, piece);
}

enum rc disk_read(struct buf *out, const char *path, struct diag *d)
{
    return read_all(path, take_bytes, out, d);
}

enum rc disk_digest(char out[SHA256_HEX], const char *path, struct diag *d)
{
    struct sha256_stream *s = sha256_stream_new();
    enum rc rc = read_all(path, take_digest, s, d);
    sha256_stream_hex(s, out);
    sha256_stream_free(&s);
    return rc;
}

bool disk_is_directory(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool disk_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *first = a;
    const char *const *second = b;
    return strcmp(*first, *second);
}

enum rc disk_list(struct disk_names *out, const char *path, struct diag *d)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return disk_fail(d, path, errno);
    }
    const struct dirent *entry = NULL;
    errno = 0;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            X_GROW(out->items, out->count, out->capacity);
            out->items[out->count++] = x_strdup(entry->d_name);
        }
        errno = 0;
    }
    int why = errno; // readdir tells its end from its failure by errno alone
    (void)closedir(dir);
    if (out->count > 1) {
        qsort(out->items, out->count, sizeof *out->items, compare_names);
    }
    return why == 0 ? RC_OK : disk_fail(d, path, why);
}

bool disk_names_has(const struct disk_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

void disk_names_clear(struct disk_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        x_free(names->items[i]);
    }
    x_free(names->items);
    *names = (struct disk_names){0};
}
