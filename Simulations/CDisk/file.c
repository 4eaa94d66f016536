/// An open file: reading, writing, syncing.
#include <string.h>

#include "disk.h"

/// What SQLite's own VFS says of an ordinary disk on Linux, so that it writes here as it does there.
static const int stated_sector_bytes = 4096;

static handle *enter(sqlite3_file *file) {
    handle *handle = (struct handle *)file;
    pthread_mutex_lock(&handle->disk->mutex);
    return handle;
}

static int leave(const handle *handle, int code) {
    disk_leave(handle->disk);
    return code;
}

static int file_close(sqlite3_file *file) {
    file_shm_unmap(file, 0);
    file_unlock(file, SQLITE_LOCK_NONE);
    handle *handle = enter(file);
    node_release(handle->node);
    handle->disk->handle_count--;
    return leave(handle, SQLITE_OK);
}

static int file_read(sqlite3_file *file, void *into, int count, sqlite3_int64 offset) {
    handle *handle = enter(file);
    cdisk *disk = handle->disk;
    if (disk_begin(disk, CDISK_READ) != SUCCEEDS) return leave(handle, SQLITE_IOERR_READ);
    disk->counters.reads++;
    disk->counters.bytes_read += (uint64_t)count;
    bool is_whole =
        content_read(&handle->node->content, into, (uint64_t)count, (uint64_t)offset);
    return leave(handle, is_whole ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
}

/// Whether a file may end there.
static bool has_room(const cdisk *disk, const node *grows, uint64_t end) {
    if (disk->capacity == 0 || end <= grows->content.size) return true;
    uint64_t used = end - grows->content.size;
    for (uint64_t i = 0; i < disk->name_count; i++) {
        if (disk->names[i].now != NULL) used += disk->names[i].now->content.size;
    }
    return used <= disk->capacity;
}

static int file_write(sqlite3_file *file, const void *from, int count, sqlite3_int64 offset) {
    handle *handle = enter(file);
    cdisk *disk = handle->disk;
    content *content = &handle->node->content;
    outcome outcome = disk_begin(disk, CDISK_WRITE);
    if (outcome == FAILS) return leave(handle, SQLITE_IOERR_WRITE);
    if (outcome == CUTS) {
        uint64_t part = chance_below(&disk->chance, (uint64_t)count + 1);
        content_write(content, from, part, (uint64_t)offset);
        disk_stop(disk);
        return leave(handle, SQLITE_IOERR_WRITE);
    }
    if (!has_room(disk, handle->node, (uint64_t)offset + (uint64_t)count)) {
        return leave(handle, SQLITE_FULL);
    }
    disk->counters.writes++;
    disk->counters.bytes_written += (uint64_t)count;
    content_write(content, from, (uint64_t)count, (uint64_t)offset);
    return leave(handle, SQLITE_OK);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    handle *handle = enter(file);
    outcome outcome = disk_begin(handle->disk, CDISK_WRITE);
    if (outcome == FAILS) return leave(handle, SQLITE_IOERR_TRUNCATE);
    if (outcome == SUCCEEDS && !has_room(handle->disk, handle->node, (uint64_t)size)) {
        return leave(handle, SQLITE_FULL);
    }
    content_resize(&handle->node->content, (uint64_t)size);
    if (outcome == SUCCEEDS) return leave(handle, SQLITE_OK);
    disk_stop(handle->disk);
    return leave(handle, SQLITE_IOERR_TRUNCATE);
}

static int file_sync(sqlite3_file *file, int flags) {
    (void)flags;
    handle *handle = enter(file);
    cdisk *disk = handle->disk;
    outcome outcome = disk_begin(disk, CDISK_SYNC);
    if (outcome == FAILS) {
        if (!disk->is_off) content_fail_sync(&handle->node->content);
        return leave(handle, SQLITE_IOERR_FSYNC);
    }
    disk->counters.syncs++;
    // Power that is cut during a sync may find it done, though nobody was told.
    bool takes_place = outcome == SUCCEEDS || chance_coin(&disk->chance);
    if (takes_place && !disk->is_lying) {
        content_sync(&handle->node->content);
        if (handle->syncs_folder) disk_sync_folder(disk);
        handle->syncs_folder = false;
    }
    if (outcome == SUCCEEDS) return leave(handle, SQLITE_OK);
    disk_stop(disk);
    return leave(handle, SQLITE_IOERR_FSYNC);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    handle *handle = enter(file);
    *size = (sqlite3_int64)handle->node->content.size;
    return leave(handle, handle->disk->is_off ? SQLITE_IOERR_FSTAT : SQLITE_OK);
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
    (void)file;
    switch (operation) {
        case SQLITE_FCNTL_POWERSAFE_OVERWRITE:
            if (*(int *)argument < 0) *(int *)argument = 1;
            return SQLITE_OK;
        case SQLITE_FCNTL_HAS_MOVED: *(int *)argument = 0; return SQLITE_OK;
        default: return SQLITE_NOTFOUND;
    }
}

static int file_sector_size(sqlite3_file *file) {
    (void)file;
    return stated_sector_bytes;
}

static int file_characteristics(sqlite3_file *file) {
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};
