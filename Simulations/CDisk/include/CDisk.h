/// A disk in memory, as an SQLite VFS of its own, that knows what was synced.
///
/// What is written is volatile until it is synced, sector by sector, as on a real disk. When power
/// is cut, chance, from the disk's seed and from nothing else, decides what of the volatile part
/// remains. The same operations on a disk of the same seed leave the same bytes.
///
/// The file `a.sqlite` of a disk is opened as `file:/a.sqlite?vfs=NAME`, with the name that
/// cdisk_vfs_name gives. Several connections of one process may use a disk at once, from several
/// threads; determinism is theirs who use it from one.
///
/// What a crash leaves, file by file:
/// - Bytes that were synced stay as they are, and so do bytes of a sector beside those written
///   (SQLite's powersafe overwrite, which it assumes of real disks too).
/// - Of the unsynced sectors none, all, the first so many, or any subset remains; in every second
///   crash one of them is torn: its front new and its end old, or noise where the two differ.
/// - A file that grew ends anywhere between where it ended when it was synced and where it was
///   written to. A file that was cut has been cut or has not, as in a journaling file system; where
///   it has not, nothing remains of what was written later beyond the cut.
/// - A file that was made or deleted, where its folder was not synced since, is there or is not.
#ifndef CDISK_H
#define CDISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cdisk cdisk;

/// Bytes that a disk writes as one.
enum { CDISK_SECTOR_BYTES = 512 };

/// What can be made to fail.
typedef enum cdisk_operation {
    CDISK_READ = 0,
    CDISK_WRITE = 1,  ///< also shortening a file
    CDISK_SYNC = 2,
} cdisk_operation;

typedef struct cdisk_counters {
    uint64_t reads, writes, syncs;
    uint64_t bytes_read, bytes_written;
    /// Operations that change the disk: writes, syncs, shortenings, files made and deleted.
    uint64_t changes;
    /// Sectors that crashes kept, lost and tore.
    uint64_t sectors_kept, sectors_lost, sectors_torn;
} cdisk_counters;

/// Makes an empty disk and registers its VFS under a name that no other disk of this process has.
/// NULL where SQLite is built without URI file names, or refuses.
cdisk *cdisk_make(uint64_t seed);

/// Takes the disk away, now or as soon as no file of it is open. It must not be used afterwards.
void cdisk_release(cdisk *disk);

/// The name of the VFS, which lives as long as the disk.
const char *cdisk_vfs_name(const cdisk *disk);

/// The time that SQLite is told, in milliseconds since 1970.
void cdisk_set_time(cdisk *disk, uint64_t milliseconds);

// Power.

/// The machine stops: what is unsynced is resolved, and every operation fails until a restart.
void cdisk_cut_power(cdisk *disk);

/// Power is cut in the middle of the n-th change from now, 1 being the next; 0 takes that back.
/// Of a write then a part is done, of anything else all or nothing, and none is confirmed.
void cdisk_cut_power_after(cdisk *disk, uint64_t changes);

bool cdisk_is_off(const cdisk *disk);

/// Power is back. False, and nothing done, while a file is open: what ran has stopped first.
bool cdisk_restart(cdisk *disk);

uint64_t cdisk_open_files(const cdisk *disk);

/// Makes sure of the files that were made and deleted, unless the disk is off or lies.
void cdisk_sync_folder(cdisk *disk);

// Faults.

/// The n-th operation of that kind from now fails, 1 being the next, and all after it if it
/// persists; 0 heals. A failed sync leaves what was unsynced lost to later syncs too, until it is
/// written again, as on Linux (Rebello et al., Can Applications Recover from fsync Failures?,
/// USENIX ATC 2020).
void cdisk_fail(cdisk *disk, cdisk_operation operation, uint64_t after, bool persists);

/// Bytes that all files together may have; 0 for no limit. Beyond it a write is SQLITE_FULL.
void cdisk_set_capacity(cdisk *disk, uint64_t bytes);

/// A lying disk confirms a sync and does nothing.
void cdisk_set_lying(cdisk *disk, bool lies);

/// Turns one bit of a file over, as rot does: synced or not. False beyond the file's end.
bool cdisk_flip(cdisk *disk, const char *name, uint64_t offset, uint32_t bit);

// What is there. Names have no slash in front.

uint64_t cdisk_file_count(const cdisk *disk);

/// The name of a file, by number in the order in which they were made; NULL beyond the last.
const char *cdisk_file_name(const cdisk *disk, uint64_t number);

/// Bytes of a file as written; -1 where there is no such file.
int64_t cdisk_file_size(const cdisk *disk, const char *name);

/// Copies a file as written into as many bytes as it has.
void cdisk_read_file(cdisk *disk, const char *name, void *into);

/// Makes a file, or replaces one that nobody has open, with synced bytes.
void cdisk_put_file(cdisk *disk, const char *name, const void *bytes, uint64_t count);

/// Deletes all files, as if they had never been. None may be open.
void cdisk_remove_files(cdisk *disk);

cdisk_counters cdisk_count(const cdisk *disk);

/// Sectors that a crash could lose now.
uint64_t cdisk_unsynced_sectors(const cdisk *disk);

/// Starts anew the generator that all of SQLite in this process draws from, a WAL's salts for
/// instance. Only a process with one thread in SQLite then has the same bytes each time.
void cdisk_seed_sqlite(uint32_t seed);

#endif
