// SPDX-License-Identifier: Apache-2.0
// Files and directories as evidence needs them: written whole or not at all, read only when they
// are plain files.
#ifndef PROXY_EVIDENCE_DISK_H
#define PROXY_EVIDENCE_DISK_H

#include "proxy/base/buf.h"
#include "proxy/base/diag.h"
#include "proxy/base/digest.h"

// Beyond this no file of a run is read: whatever it is, we did not write it.
#define DISK_MAX_BYTES ((size_t)1 << 30)

struct disk_names {
    char **items; // sorted by bytes
    size_t count, capacity;
};

// "a/b", owned.
char *disk_join(const char *a, const char *b);
// Records "path: sentence of that errno" and gives RC_IO.
enum rc disk_fail(struct diag *d, const char *path, int why);

// Writes everything to fd, through short writes and interruptions. Gives 0, or the errno.
MUST_USE int disk_write(int fd, struct span bytes);
// Opens a new file for writing, mode 0600; it must not exist. The caller closes *fd.
MUST_USE enum rc disk_open_new(int *fd, const char *path, struct diag *d);
// Writes a new file; a file that could not be written whole is removed again.
MUST_USE enum rc disk_create(const char *path, struct span bytes, struct diag *d);
// Replaces path by way of path.new: a reader sees the old bytes or the new ones, nothing between.
MUST_USE enum rc disk_replace(const char *path, struct span bytes, struct diag *d);

// Appends a plain file's bytes; links, pipes and the like are refused.
MUST_USE enum rc disk_read(struct buf *out, const char *path, struct diag *d);
MUST_USE enum rc disk_digest(char out[SHA256_HEX], const char *path, struct diag *d);

// True for a directory itself, not for a link to one.
bool disk_is_directory(const char *path);
bool disk_exists(const char *path);
// Appends the names in a directory but for . and .. ; a link to a directory is followed.
MUST_USE enum rc disk_list(struct disk_names *out, const char *path, struct diag *d);
bool disk_names_has(const struct disk_names *names, const char *name);
void disk_names_clear(struct disk_names *names);

#endif
