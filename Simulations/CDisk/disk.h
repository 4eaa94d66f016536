/// What a disk is made of, for the parts of this target.
#ifndef DISK_H
#define DISK_H

#include <pthread.h>
#include <sqlite3.h>

#include "CDisk.h"
#include "content.h"

typedef struct handle handle;

/// A file, by whatever name or none.
typedef struct node {
    content content;
    /// Handles, and names in the folder as it is and as it was synced. At zero it is gone.
    uint64_t references;

    // Locks of the database file. The owner has RESERVED, PENDING or EXCLUSIVE.
    uint64_t sharers;
    handle *owner;

    // Memory that the connections of a WAL database share.
    void **regions;
    uint64_t region_count, region_room;
    uint64_t mappings;
    uint64_t shm_sharers[SQLITE_SHM_NLOCK];
    handle *shm_owners[SQLITE_SHM_NLOCK];
} node;

/// A name in the folder. A node that is NULL: there is no such file.
typedef struct name {
    char *text;
    node *now, *synced;
} name;

typedef struct fault {
    /// 1: the next operation fails. 0: none.
    uint64_t after;
    bool persists;
} fault;

struct cdisk {
    sqlite3_vfs vfs;
    char vfs_name[32];
    /// Held by each operation from its begin to its end.
    pthread_mutex_t mutex;
    name *names;
    uint64_t name_count, name_room;
    uint64_t handle_count;
    bool is_off, is_lying, is_released;
    uint64_t cut_after;
    fault faults[3];
    uint64_t capacity;
    uint64_t milliseconds;
    /// For crashes, and for SQLite's xRandomness.
    chance chance, sqlite_chance;
    cdisk_counters counters;
};

struct handle {
    sqlite3_file base;
    cdisk *disk;
    node *node;
    /// SQLITE_LOCK_NONE to SQLITE_LOCK_EXCLUSIVE.
    int lock;
    /// Bits of the shared memory's locks.
    uint32_t shm_shared, shm_exclusive;
    bool is_mapped;
    /// Whether the first sync is one of the folder too, as SQLite does for journals and WALs.
    bool syncs_folder;
};

// Each of these is called with the mutex held.

/// The name, or NULL if the folder never had it.
name *disk_find(const cdisk *disk, const char *text);
/// Gives the name a file.
void disk_link(cdisk *disk, const char *text, node *node);
void disk_unlink(cdisk *disk, name *name);
/// The folder as it is outlives a crash.
void disk_sync_folder(cdisk *disk);
void disk_stop(cdisk *disk);
/// Frees a disk that was released and has no open file. Unlocks it in any case.
void disk_leave(cdisk *disk);

node *node_make(void);
void node_release(node *node);

/// How an operation ends: as it should, with an error, or with the power cut in the middle of it.
typedef enum outcome { SUCCEEDS, FAILS, CUTS } outcome;

/// Counts an operation and draws its outcome.
outcome disk_begin(cdisk *disk, cdisk_operation operation);
/// The same for files made and deleted, which no fault but the power's end befalls.
outcome disk_begin_folder(cdisk *disk);

void disk_fill_vfs(cdisk *disk);

extern const sqlite3_io_methods file_methods;

int file_lock(sqlite3_file *file, int level);
int file_unlock(sqlite3_file *file, int level);
int file_check_reserved_lock(sqlite3_file *file, int *result);
int file_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory);
int file_shm_lock(sqlite3_file *file, int offset, int count, int flags);
void file_shm_barrier(sqlite3_file *file);
int file_shm_unmap(sqlite3_file *file, int is_delete);

#endif
