#ifndef CFILE_SHIM_H
#define CFILE_SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

/// What tells one file from a copy of it: device, inode and birth time (0 where unknown).
typedef struct {
    uint64_t device, inode, bornSeconds, bornNanoseconds;
} cfile_identity;

/// Returns 0, or -1 when the file can't be looked at.
static inline int cfile_identify(const char *path, cfile_identity *out) {
    struct statx s;
    if (statx(AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &s) != 0) return -1;
    out->device = ((uint64_t)s.stx_dev_major << 32) | s.stx_dev_minor;
    out->inode = s.stx_ino;
    out->bornSeconds = (s.stx_mask & STATX_BTIME) ? (uint64_t)s.stx_btime.tv_sec : 0;
    out->bornNanoseconds = (s.stx_mask & STATX_BTIME) ? s.stx_btime.tv_nsec : 0;
    return 0;
}

#endif
