/// The content of one file: its bytes as written, and what a crash could undo.
#ifndef CONTENT_H
#define CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CDisk.h"

/// SplitMix64: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators (2014).
typedef struct chance {
    uint64_t state;
} chance;

uint64_t chance_next(chance *chance);
/// 0 up to, not including, the bound.
uint64_t chance_below(chance *chance, uint64_t bound);
bool chance_coin(chance *chance);

/// A sector written since the last sync.
typedef struct unsynced {
    uint64_t sector;
    /// Where its synced bytes are among the saved ones; NOTHING_SAVED where they are zeros.
    uint64_t saved;
} unsynced;

#define NOTHING_SAVED UINT64_MAX

typedef struct content {
    /// As written, and zeros to the end of the last sector; beyond it, up to the synced size, what was
    /// cut off since the last sync. The capacity is a multiple of the sector.
    uint8_t *bytes;
    uint64_t size, capacity;
    /// How long the file is for sure, and how short it was at its shortest since the last sync.
    uint64_t synced_size, cut;
    /// One of sector_state for each sector of the capacity.
    uint8_t *states;
    /// In the order in which they were first written.
    unsynced *unsynced;
    size_t unsynced_count, unsynced_room;
    /// Synced bytes of unsynced sectors.
    uint8_t *saved;
    uint64_t saved_count, saved_room;
} content;

void content_free(content *content);

/// Copies bytes out; those beyond the end are zeros. False where there were such.
bool content_read(const content *content, void *into, uint64_t count, uint64_t offset);
void content_write(content *content, const void *from, uint64_t count, uint64_t offset);
void content_resize(content *content, uint64_t size);

/// All that was written is on disk, but for what an earlier sync failed to write.
void content_sync(content *content);
/// What is unsynced stays so for good, unless it is written again.
void content_fail_sync(content *content);
/// Settles what remains of the unsynced sectors; all that is left is synced.
void content_crash(content *content, chance *chance, cdisk_counters *counters);
/// Takes the bytes as synced.
void content_replace(content *content, const void *from, uint64_t count);

/// Memory of at least so many elements, at most twice as many as needed; the new part is zero.
void *grown(void *memory, uint64_t *room, uint64_t needed, size_t element);

#endif
