/// Locks of the database file, and the memory that the connections of a WAL database share.
///
/// After power is cut no lock is given any more, so that what still runs gets no answer even of
/// what it has in memory; locks can be given back, so that it can be closed.
#include <stdatomic.h>
#include <stdlib.h>

#include "disk.h"

static handle *enter(sqlite3_file *file) {
    handle *handle = (struct handle *)file;
    pthread_mutex_lock(&handle->disk->mutex);
    return handle;
}

static int leave(const handle *handle, int code) {
    disk_leave(handle->disk);
    return code;
}

// MARK: The database file

static int raise_lock(handle *handle, int level) {
    node *node = handle->node;
    if (node->owner != NULL && node->owner != handle) {
        bool is_in_the_way = level > SQLITE_LOCK_SHARED || node->owner->lock > SQLITE_LOCK_RESERVED;
        if (is_in_the_way) return SQLITE_BUSY;
    }
    if (level == SQLITE_LOCK_SHARED) {
        node->sharers++;
        handle->lock = level;
        return SQLITE_OK;
    }
    node->owner = handle;
    if (level == SQLITE_LOCK_EXCLUSIVE && node->sharers > 1) {
        handle->lock = SQLITE_LOCK_PENDING;
        return SQLITE_BUSY;
    }
    handle->lock = level;
    return SQLITE_OK;
}

int file_lock(sqlite3_file *file, int level) {
    handle *handle = enter(file);
    if (handle->disk->is_off) return leave(handle, SQLITE_IOERR_LOCK);
    if (handle->lock >= level) return leave(handle, SQLITE_OK);
    return leave(handle, raise_lock(handle, level));
}

int file_unlock(sqlite3_file *file, int level) {
    handle *handle = enter(file);
    if (handle->lock <= level) return leave(handle, SQLITE_OK);
    if (handle->node->owner == handle) handle->node->owner = NULL;
    if (level == SQLITE_LOCK_NONE) handle->node->sharers--;
    handle->lock = level;
    return leave(handle, SQLITE_OK);
}

int file_check_reserved_lock(sqlite3_file *file, int *result) {
    handle *handle = enter(file);
    *result = handle->node->owner != NULL;
    return leave(handle, handle->disk->is_off ? SQLITE_IOERR_CHECKRESERVEDLOCK : SQLITE_OK);
}

// MARK: Shared memory

int file_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
    handle *handle = enter(file);
    node *node = handle->node;
    *memory = NULL;
    if (handle->disk->is_off) return leave(handle, SQLITE_IOERR_SHMMAP);
    if (!handle->is_mapped) {
        handle->is_mapped = true;
        node->mappings++;
    }
    uint64_t needed = (uint64_t)region + 1;
    if (needed > node->region_count) {
        if (!extend) return leave(handle, SQLITE_OK);
        node->regions =
            grown(node->regions, &node->region_room, needed, sizeof *node->regions);
        while (node->region_count < needed) {
            void *made = calloc(1, (size_t)size);
            if (made == NULL) abort();
            node->regions[node->region_count++] = made;
        }
    }
    *memory = node->regions[region];
    return leave(handle, SQLITE_OK);
}

static void give_back(handle *handle, uint32_t bits) {
    for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
        if (bits & handle->shm_shared & 1u << i) handle->node->shm_sharers[i]--;
        if (bits & handle->shm_exclusive & 1u << i) handle->node->shm_owners[i] = NULL;
    }
    handle->shm_shared &= ~bits;
    handle->shm_exclusive &= ~bits;
}

int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    handle *handle = enter(file);
    node *node = handle->node;
    uint32_t bits = ((1u << count) - 1) << offset;
    if (flags & SQLITE_SHM_UNLOCK) {
        give_back(handle, bits);
        return leave(handle, SQLITE_OK);
    }
    if (handle->disk->is_off) return leave(handle, SQLITE_IOERR_SHMLOCK);
    bool is_exclusive = flags & SQLITE_SHM_EXCLUSIVE;
    for (int i = offset; i < offset + count; i++) {
        struct handle *owner = node->shm_owners[i];
        uint64_t others = node->shm_sharers[i] - (handle->shm_shared >> i & 1);
        if ((owner != NULL && owner != handle) || (is_exclusive && others > 0)) {
            return leave(handle, SQLITE_BUSY);
        }
    }
    if (is_exclusive) {
        for (int i = offset; i < offset + count; i++) node->shm_owners[i] = handle;
        handle->shm_exclusive |= bits;
    } else {
        for (int i = offset; i < offset + count; i++) {
            if (!(handle->shm_shared >> i & 1)) node->shm_sharers[i]++;
        }
        handle->shm_shared |= bits;
    }
    return leave(handle, SQLITE_OK);
}

void file_shm_barrier(sqlite3_file *file) {
    (void)file;
    atomic_thread_fence(memory_order_seq_cst);
}

int file_shm_unmap(sqlite3_file *file, int is_delete) {
    (void)is_delete;
    handle *handle = enter(file);
    node *node = handle->node;
    if (!handle->is_mapped) return leave(handle, SQLITE_OK);
    give_back(handle, UINT32_MAX);
    handle->is_mapped = false;
    if (--node->mappings == 0) {
        // The next to open the database recovers from the WAL alone.
        for (uint64_t i = 0; i < node->region_count; i++) free(node->regions[i]);
        node->region_count = 0;
    }
    return leave(handle, SQLITE_OK);
}
