#include "content.h"

#include <stdlib.h>
#include <string.h>

enum sector_state { SYNCED = 0, UNSYNCED, FORGOTTEN };

/// Memory that is kept for the next time, although nothing needs it now: what is given back and
/// asked for again costs more than all that is written into it.
static const uint64_t spare_bytes = 32 << 20;

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

static uint64_t whole_sectors(uint64_t bytes) {
    return (bytes + CDISK_SECTOR_BYTES - 1) / CDISK_SECTOR_BYTES;
}

/// Where the last sector of a file of so many bytes ends.
static uint64_t sector_end(uint64_t bytes) { return whole_sectors(bytes) * CDISK_SECTOR_BYTES; }

// MARK: Chance

uint64_t chance_next(chance *chance) {
    uint64_t z = chance->state += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

uint64_t chance_below(chance *chance, uint64_t bound) {
    return bound == 0 ? 0 : chance_next(chance) % bound;
}

bool chance_coin(chance *chance) { return chance_next(chance) >> 63; }

// MARK: Memory

void *grown(void *memory, uint64_t *room, uint64_t needed, size_t element) {
    if (needed <= *room) return memory;
    uint64_t new_room = most(needed, *room * 2);
    uint8_t *new_memory = realloc(memory, new_room * element);
    // Nothing sensible can be simulated without memory.
    if (new_memory == NULL) abort();
    memset(new_memory + *room * element, 0, (new_room - *room) * element);
    *room = new_room;
    return new_memory;
}

/// Makes room without touching it: a WAL is large, and most of it is written once.
static void reserve(content *content, uint64_t size) {
    if (size <= content->capacity) return;
    uint64_t sectors = content->capacity / CDISK_SECTOR_BYTES;
    content->states = grown(content->states, &sectors, whole_sectors(size), 1);
    content->capacity = sectors * CDISK_SECTOR_BYTES;
    content->bytes = realloc(content->bytes, content->capacity);
    if (content->bytes == NULL) abort();
}

static void clear(content *content, uint64_t from, uint64_t to) {
    if (from < to) memset(content->bytes + from, 0, to - from);
}

static void touch(content *content, uint64_t offset, uint64_t end);

/// Lets the file end later, with zeros but for what is going to be written from `start` on.
static void extend(content *content, uint64_t start, uint64_t end) {
    reserve(content, end);
    if (end <= content->size) return;
    uint64_t known = sector_end(content->size);
    // What was cut off since the last sync still lies here.
    if (known < content->synced_size) touch(content, known, least(start, content->synced_size));
    clear(content, known, start);
    clear(content, most(known, end), sector_end(end));
    content->size = end;
}

static void forget_saved(content *content) {
    content->saved_count = 0;
    if (content->saved_room <= spare_bytes) return;
    free(content->saved);
    content->saved = NULL;
    content->saved_room = 0;
}

/// Gives back what a WAL leaves behind when it starts again.
static void shrink(content *content) {
    uint64_t sectors = whole_sectors(content->size), needed = sector_end(content->size);
    if (content->capacity <= 2 * needed + spare_bytes) return;
    uint8_t *bytes = realloc(content->bytes, most(needed, 1));
    uint8_t *states = realloc(content->states, most(sectors, 1));
    if (bytes == NULL || states == NULL) abort();
    content->bytes = bytes;
    content->states = states;
    content->capacity = needed;
}

void content_free(content *content) {
    free(content->bytes);
    free(content->states);
    free(content->unsynced);
    free(content->saved);
    *content = (struct content){0};
}

// MARK: Reading and writing

bool content_read(const content *content, void *into, uint64_t count, uint64_t offset) {
    uint64_t there = offset < content->size ? least(count, content->size - offset) : 0;
    if (there > 0) memcpy(into, content->bytes + offset, there);
    if (there < count) memset((uint8_t *)into + there, 0, count - there);
    return there == count;
}

/// Remembers what of these sectors is on disk, before they are written.
static void touch(content *content, uint64_t offset, uint64_t end) {
    uint64_t last = whole_sectors(end);
    for (uint64_t sector = offset / CDISK_SECTOR_BYTES; sector < last; sector++) {
        uint8_t state = content->states[sector];
        content->states[sector] = UNSYNCED;
        if (state != SYNCED) continue;
        uint64_t start = sector * CDISK_SECTOR_BYTES, saved = NOTHING_SAVED;
        if (start < content->synced_size) {
            saved = content->saved_count;
            content->saved_count += CDISK_SECTOR_BYTES;
            content->saved =
                grown(content->saved, &content->saved_room, content->saved_count, 1);
            memcpy(content->saved + saved, content->bytes + start, CDISK_SECTOR_BYTES);
        }
        uint64_t room = content->unsynced_room;
        content->unsynced = grown(
            content->unsynced, &room, content->unsynced_count + 1, sizeof(unsynced));
        content->unsynced_room = room;
        content->unsynced[content->unsynced_count++] = (unsynced){sector, saved};
    }
}

void content_write(content *content, const void *from, uint64_t count, uint64_t offset) {
    if (count == 0) return;
    uint64_t end = offset + count;
    reserve(content, end);
    touch(content, offset, end);
    extend(content, offset, end);
    memcpy(content->bytes + offset, from, count);
}

void content_resize(content *content, uint64_t size) {
    if (size >= content->size) {
        extend(content, size, size);
        return;
    }
    // What lies beyond the last sector stays in its place: it can't be read any more, and what is
    // written there before the next sync saves it first. A WAL that is cut is large.
    touch(content, size, least(content->size, sector_end(size)));
    clear(content, size, sector_end(size));
    content->size = size;
    content->cut = least(content->cut, size);
}

// MARK: Syncing

void content_sync(content *content) {
    size_t forgotten = 0;
    for (size_t i = 0; i < content->unsynced_count; i++) {
        unsynced entry = content->unsynced[i];
        if (content->states[entry.sector] == FORGOTTEN) {
            content->unsynced[forgotten++] = entry;
        } else {
            content->states[entry.sector] = SYNCED;
        }
    }
    content->unsynced_count = forgotten;
    content->synced_size = content->cut = content->size;
    if (forgotten > 0) return;
    forget_saved(content);
    shrink(content);
}

void content_fail_sync(content *content) {
    for (size_t i = 0; i < content->unsynced_count; i++) {
        content->states[content->unsynced[i].sector] = FORGOTTEN;
    }
}

// MARK: Crashing

/// Which sectors a crash keeps.
typedef struct survival {
    enum { NONE, ALL, FIRST, SOME, KINDS } kind;
    size_t first;
    uint64_t eighths;
    /// SIZE_MAX for none.
    size_t torn;
} survival;

static survival draw_survival(size_t count, chance *chance) {
    survival survival = {.kind = chance_below(chance, KINDS), .torn = SIZE_MAX};
    survival.first = chance_below(chance, count + 1);
    survival.eighths = 1 + chance_below(chance, 7);
    if (chance_coin(chance)) survival.torn = chance_below(chance, count);
    return survival;
}

static bool survives(const survival *survival, size_t i, chance *chance) {
    switch (survival->kind) {
        case ALL: return true;
        case FIRST: return i < survival->first;
        case SOME: return chance_below(chance, 8) < survival->eighths;
        default: return false;
    }
}

/// Lets only a part of the new bytes replace the old ones, or noise.
static void tear(uint8_t *new, const uint8_t *old, chance *chance) {
    uint64_t front = 1 + chance_below(chance, CDISK_SECTOR_BYTES - 1);
    bool is_noise = chance_below(chance, 4) == 0;
    // Bytes alone never decide how much is drawn: a WAL's salts may differ from run to run.
    struct chance noise = {chance_next(chance)};
    for (uint64_t i = front; i < CDISK_SECTOR_BYTES; i++) {
        if (new[i] != old[i]) new[i] = is_noise ? (uint8_t)chance_next(&noise) : old[i];
    }
}

/// The length after a crash that a cut, if there was one, has outlived.
static uint64_t draw_size(const content *content, const survival *survival, chance *chance) {
    if (survival->kind == NONE) return content->cut;
    if (survival->kind == ALL) return content->size;
    return content->cut + chance_below(chance, content->size - content->cut + 1);
}

void content_crash(content *content, chance *chance, cdisk_counters *counters) {
    survival survival = draw_survival(content->unsynced_count, chance);
    bool is_cut_lost = content->cut < content->synced_size && chance_coin(chance);
    uint64_t size =
        is_cut_lost ? content->synced_size : draw_size(content, &survival, chance);
    for (size_t i = 0; i < content->unsynced_count; i++) {
        unsynced entry = content->unsynced[i];
        uint64_t start = entry.sector * CDISK_SECTOR_BYTES;
        uint64_t end = start + CDISK_SECTOR_BYTES;
        uint8_t old[CDISK_SECTOR_BYTES] = {0};
        if (entry.saved != NOTHING_SAVED) {
            memcpy(old, content->saved + entry.saved, CDISK_SECTOR_BYTES);
        }
        // What was cut off is gone, however it grew again.
        if (!is_cut_lost && end > content->cut) {
            uint64_t from = content->cut > start ? content->cut - start : 0;
            memset(old + from, 0, CDISK_SECTOR_BYTES - from);
        }
        bool is_kept = survives(&survival, i, chance);
        if (is_cut_lost && end > content->cut) is_kept = false;
        if (content->states[entry.sector] == FORGOTTEN) is_kept = false;
        content->states[entry.sector] = SYNCED;
        if (is_kept && i == survival.torn) {
            tear(content->bytes + start, old, chance);
            counters->sectors_torn++;
        } else if (is_kept) {
            counters->sectors_kept++;
        } else {
            memcpy(content->bytes + start, old, CDISK_SECTOR_BYTES);
            counters->sectors_lost++;
        }
    }
    content->unsynced_count = 0;
    forget_saved(content);
    clear(content, size, sector_end(size));
    content->size = content->synced_size = content->cut = size;
}

void content_replace(content *content, const void *from, uint64_t count) {
    content_free(content);
    extend(content, 0, count);
    if (count > 0) memcpy(content->bytes, from, count);
    content->synced_size = content->cut = count;
}
