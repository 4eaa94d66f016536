/// The VFS of a disk: its folder, its time, its randomness.
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"

/// As SQLite's own for Unix.
static const int longest_path = 512;

/// Milliseconds from the Julian epoch to 1970.
static const uint64_t julian_offset = 210866760000000;

static cdisk *enter(sqlite3_vfs *vfs) {
    cdisk *disk = vfs->pAppData;
    pthread_mutex_lock(&disk->mutex);
    return disk;
}

static const char *without_slash(const char *path) { return path[0] == '/' ? path + 1 : path; }

/// The file to open, made where there is none and it may be; NULL where it can't be had.
static node *find_or_make(cdisk *disk, const char *path, int flags, bool *is_new) {
    name *name = path == NULL ? NULL : disk_find(disk, without_slash(path));
    if (name != NULL && name->now != NULL) {
        bool must_be_new = (flags & SQLITE_OPEN_CREATE) && (flags & SQLITE_OPEN_EXCLUSIVE);
        return must_be_new ? NULL : name->now;
    }
    if (!(flags & SQLITE_OPEN_CREATE)) return NULL;
    outcome outcome = disk_begin_folder(disk);
    if (outcome == FAILS) return NULL;
    node *node = node_make();
    // A file without a name, or to be deleted when it is closed, is never seen by another.
    if (path != NULL && !(flags & SQLITE_OPEN_DELETEONCLOSE)) {
        disk_link(disk, without_slash(path), node);
    }
    if (outcome == CUTS) {
        node->references++;
        disk_stop(disk);
        node_release(node);
        return NULL;
    }
    *is_new = true;
    return node;
}

static int vfs_open(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags) {
    static const int synced_with_folder =
        SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    handle *handle = (struct handle *)file;
    *handle = (struct handle){0};
    cdisk *disk = enter(vfs);
    bool is_new = false;
    node *node = disk->is_off ? NULL : find_or_make(disk, path, flags, &is_new);
    if (node != NULL) {
        node->references++;
        disk->handle_count++;
        handle->base.pMethods = &file_methods;
        handle->disk = disk;
        handle->node = node;
        handle->syncs_folder = is_new && (flags & synced_with_folder);
        if (out_flags != NULL) *out_flags = flags;
    }
    disk_leave(disk);
    return node == NULL ? SQLITE_CANTOPEN : SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder) {
    cdisk *disk = enter(vfs);
    int code = SQLITE_OK;
    name *name = disk_find(disk, without_slash(path));
    if (disk->is_off) {
        code = SQLITE_IOERR_DELETE;
    } else if (name == NULL || name->now == NULL) {
        code = SQLITE_IOERR_DELETE_NOENT;
    } else {
        outcome outcome = disk_begin_folder(disk);
        disk_unlink(disk, name);
        if (outcome == CUTS) {
            disk_stop(disk);
            code = SQLITE_IOERR_DELETE;
        } else if (sync_folder && !disk->is_lying) {
            disk_sync_folder(disk);
        }
    }
    disk_leave(disk);
    return code;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    cdisk *disk = enter(vfs);
    int code = disk->is_off ? SQLITE_IOERR_ACCESS : SQLITE_OK;
    name *name = disk_find(disk, without_slash(path));
    *result = name != NULL && name->now != NULL;
    // As SQLite does on Unix, which takes an empty journal for none.
    if (*result && flags == SQLITE_ACCESS_EXISTS) *result = name->now->content.size > 0;
    disk_leave(disk);
    return code;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int room, char *out) {
    (void)vfs;
    const char *name = without_slash(path);
    size_t length = strlen(name);
    if ((size_t)room < length + 2) return SQLITE_CANTOPEN;
    out[0] = '/';
    memcpy(out + 1, name, length + 1);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int count, char *out) {
    cdisk *disk = enter(vfs);
    for (int i = 0; i < count; i++) out[i] = (char)chance_next(&disk->sqlite_chance);
    disk_leave(disk);
    return count;
}

/// Nothing here takes time. Another thread may have what this one waits for.
static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    sched_yield();
    return microseconds;
}

static int vfs_current_time_int64(sqlite3_vfs *vfs, sqlite3_int64 *out) {
    cdisk *disk = enter(vfs);
    *out = (sqlite3_int64)(disk->milliseconds + julian_offset);
    disk_leave(disk);
    return SQLITE_OK;
}

static int vfs_current_time(sqlite3_vfs *vfs, double *out) {
    sqlite3_int64 milliseconds = 0;
    vfs_current_time_int64(vfs, &milliseconds);
    *out = (double)milliseconds / 86400000.0;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int room, char *out) {
    (void)vfs;
    if (room > 0) out[0] = 0;
    return 0;
}

void disk_fill_vfs(cdisk *disk) {
    disk->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(handle),
        .mxPathname = longest_path,
        .zName = disk->vfs_name,
        .pAppData = disk,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_current_time,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_current_time_int64,
    };
}
