#include "disk.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Numbers the disks of this process.
static atomic_uint_fast64_t made;

// MARK: Files and names

node *node_make(void) {
    node *node = calloc(1, sizeof *node);
    if (node == NULL) abort();
    return node;
}

void node_release(node *node) {
    if (--node->references > 0) return;
    content_free(&node->content);
    for (uint64_t i = 0; i < node->region_count; i++) free(node->regions[i]);
    free(node->regions);
    free(node);
}

static void set_node(node **place, node *node) {
    if (node != NULL) node->references++;
    if (*place != NULL) node_release(*place);
    *place = node;
}

name *disk_find(const cdisk *disk, const char *text) {
    for (uint64_t i = 0; i < disk->name_count; i++) {
        if (strcmp(disk->names[i].text, text) == 0) return &disk->names[i];
    }
    return NULL;
}

void disk_link(cdisk *disk, const char *text, node *node) {
    name *found = disk_find(disk, text);
    if (found == NULL) {
        disk->names =
            grown(disk->names, &disk->name_room, disk->name_count + 1, sizeof *disk->names);
        found = &disk->names[disk->name_count++];
        *found = (name){.text = strdup(text)};
        if (found->text == NULL) abort();
    }
    set_node(&found->now, node);
}

/// Drops names that stand for nothing.
static void tidy(cdisk *disk) {
    uint64_t kept = 0;
    for (uint64_t i = 0; i < disk->name_count; i++) {
        if (disk->names[i].now != NULL || disk->names[i].synced != NULL) {
            disk->names[kept++] = disk->names[i];
        } else {
            free(disk->names[i].text);
        }
    }
    disk->name_count = kept;
}

void disk_unlink(cdisk *disk, name *name) {
    set_node(&name->now, NULL);
    tidy(disk);
}

void disk_sync_folder(cdisk *disk) {
    for (uint64_t i = 0; i < disk->name_count; i++) {
        set_node(&disk->names[i].synced, disk->names[i].now);
    }
    tidy(disk);
}

// MARK: Life

/// Leaves off SQLite's accounts of its memory, which nobody reads: they take a lock of the whole
/// process at each allocation. Refused, and no matter, where SQLite was in use before.
static void leave_accounts_off(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

cdisk *cdisk_make(uint64_t seed) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, leave_accounts_off);
    if (sqlite3_initialize() != SQLITE_OK || !sqlite3_compileoption_used("USE_URI")) return NULL;
    cdisk *disk = calloc(1, sizeof *disk);
    if (disk == NULL) abort();
    disk->chance.state = seed;
    disk->sqlite_chance.state = chance_next(&disk->chance);
    snprintf(disk->vfs_name, sizeof disk->vfs_name, "disk%llu", (unsigned long long)made++);
    pthread_mutex_init(&disk->mutex, NULL);
    disk_fill_vfs(disk);
    if (sqlite3_vfs_register(&disk->vfs, 0) == SQLITE_OK) return disk;
    free(disk);
    return NULL;
}

static void disk_free(cdisk *disk) {
    for (uint64_t i = 0; i < disk->name_count; i++) {
        set_node(&disk->names[i].now, NULL);
        set_node(&disk->names[i].synced, NULL);
        free(disk->names[i].text);
    }
    free(disk->names);
    pthread_mutex_destroy(&disk->mutex);
    free(disk);
}

void disk_leave(cdisk *disk) {
    bool is_over = disk->is_released && disk->handle_count == 0;
    pthread_mutex_unlock(&disk->mutex);
    if (is_over) disk_free(disk);
}

void cdisk_release(cdisk *disk) {
    sqlite3_vfs_unregister(&disk->vfs);
    pthread_mutex_lock(&disk->mutex);
    disk->is_released = true;
    disk_leave(disk);
}

// MARK: Power

void disk_stop(cdisk *disk) {
    if (disk->is_off) return;
    disk->is_off = true;
    disk->cut_after = 0;
    for (uint64_t i = 0; i < disk->name_count; i++) {
        name *name = &disk->names[i];
        if (name->now != name->synced) {
            if (chance_coin(&disk->chance)) {
                set_node(&name->synced, name->now);
            } else {
                set_node(&name->now, name->synced);
            }
        }
        if (name->now != NULL) {
            content_crash(&name->now->content, &disk->chance, &disk->counters);
        }
    }
    tidy(disk);
}

outcome disk_begin_folder(cdisk *disk) {
    if (disk->is_off) return FAILS;
    disk->counters.changes++;
    return disk->cut_after > 0 && --disk->cut_after == 0 ? CUTS : SUCCEEDS;
}

outcome disk_begin(cdisk *disk, cdisk_operation operation) {
    if (disk->is_off) return FAILS;
    if (operation != CDISK_READ && disk_begin_folder(disk) == CUTS) return CUTS;
    fault *fault = &disk->faults[operation];
    if (fault->after == 0 || (fault->after > 1 && --fault->after > 0)) return SUCCEEDS;
    if (!fault->persists) fault->after = 0;
    return FAILS;
}
