/// What the outside asks of a disk.
#include <string.h>

#include "disk.h"

static cdisk *enter(const cdisk *disk) {
    cdisk *entered = (cdisk *)disk;
    pthread_mutex_lock(&entered->mutex);
    return entered;
}

/// Runs a statement with the mutex held.
#define LOCKED(statement) do { cdisk *locked = enter(disk); statement; disk_leave(locked); } while (0)

const char *cdisk_vfs_name(const cdisk *disk) { return disk->vfs_name; }

void cdisk_set_time(cdisk *disk, uint64_t milliseconds) {
    LOCKED(disk->milliseconds = milliseconds);
}

// MARK: Power

void cdisk_cut_power(cdisk *disk) { LOCKED(disk_stop(disk)); }

void cdisk_cut_power_after(cdisk *disk, uint64_t changes) {
    LOCKED(disk->cut_after = changes);
}

bool cdisk_is_off(const cdisk *disk) {
    bool result;
    LOCKED(result = locked->is_off);
    return result;
}

bool cdisk_restart(cdisk *disk) {
    bool is_possible;
    LOCKED({
        is_possible = disk->handle_count == 0;
        if (is_possible) disk->is_off = false;
    });
    return is_possible;
}

uint64_t cdisk_open_files(const cdisk *disk) {
    uint64_t count;
    LOCKED(count = locked->handle_count);
    return count;
}

void cdisk_sync_folder(cdisk *disk) {
    LOCKED(if (!disk->is_off && !disk->is_lying) disk_sync_folder(disk));
}

// MARK: Faults

void cdisk_fail(cdisk *disk, cdisk_operation operation, uint64_t after, bool persists) {
    fault fault = {.after = after, .persists = persists};
    LOCKED(disk->faults[operation] = fault);
}

void cdisk_set_capacity(cdisk *disk, uint64_t bytes) { LOCKED(disk->capacity = bytes); }

void cdisk_set_lying(cdisk *disk, bool lies) { LOCKED(disk->is_lying = lies); }

static content *find_content(const cdisk *disk, const char *text) {
    name *name = disk_find(disk, text);
    return name == NULL || name->now == NULL ? NULL : &name->now->content;
}

bool cdisk_flip(cdisk *disk, const char *name, uint64_t offset, uint32_t bit) {
    bool is_there;
    LOCKED({
        content *content = find_content(disk, name);
        is_there = content != NULL && offset < content->size;
        if (is_there) content->bytes[offset] ^= (uint8_t)(1u << (bit & 7));
    });
    return is_there;
}

// MARK: What is there

uint64_t cdisk_file_count(const cdisk *disk) {
    uint64_t count = 0;
    LOCKED({
        for (uint64_t i = 0; i < locked->name_count; i++) count += locked->names[i].now != NULL;
    });
    return count;
}

const char *cdisk_file_name(const cdisk *disk, uint64_t number) {
    const char *text = NULL;
    LOCKED({
        for (uint64_t i = 0; i < locked->name_count && text == NULL; i++) {
            if (locked->names[i].now != NULL && number-- == 0) text = locked->names[i].text;
        }
    });
    return text;
}

int64_t cdisk_file_size(const cdisk *disk, const char *name) {
    int64_t size;
    LOCKED({
        const content *content = find_content(locked, name);
        size = content == NULL ? -1 : (int64_t)content->size;
    });
    return size;
}

void cdisk_read_file(cdisk *disk, const char *name, void *into) {
    LOCKED({
        const content *content = find_content(disk, name);
        if (content != NULL && content->size > 0) memcpy(into, content->bytes, content->size);
    });
}

void cdisk_put_file(cdisk *disk, const char *name, const void *bytes, uint64_t count) {
    LOCKED({
        node *node = node_make();
        content_replace(&node->content, bytes, count);
        disk_link(disk, name, node);
        struct name *linked = disk_find(disk, name);
        if (linked->synced != NULL) node_release(linked->synced);
        linked->synced = node;
        node->references++;
    });
}

void cdisk_remove_files(cdisk *disk) {
    LOCKED({
        for (uint64_t i = 0; i < disk->name_count; i++) {
            if (disk->names[i].now != NULL) node_release(disk->names[i].now);
            disk->names[i].now = NULL;
        }
        disk_sync_folder(disk);
    });
}

cdisk_counters cdisk_count(const cdisk *disk) {
    cdisk_counters counters;
    LOCKED(counters = locked->counters);
    return counters;
}

uint64_t cdisk_unsynced_sectors(const cdisk *disk) {
    uint64_t count = 0;
    LOCKED({
        for (uint64_t i = 0; i < locked->name_count; i++) {
            const node *node = locked->names[i].now;
            if (node != NULL) count += node->content.unsynced_count;
        }
    });
    return count;
}

void cdisk_seed_sqlite(uint32_t seed) {
    // SQLite takes 0 for no seed.
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, seed == 0 ? 1 : (int)seed, NULL);
}
