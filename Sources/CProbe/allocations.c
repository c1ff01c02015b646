#define _GNU_SOURCE
#include "lane.h"
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(name) 0
#endif

// Allocations are counted by putting functions of ours into the tables through which the program and its libraries call the C
// library's. Nothing of it is there, and nothing costs anything, until somebody asks.

static void *(*_Atomic true_malloc)(size_t);
static void *(*_Atomic true_calloc)(size_t, size_t);
static void *(*_Atomic true_realloc)(void *, size_t);
static int (*_Atomic true_posix_memalign)(void **, size_t, size_t);
static void *(*_Atomic true_aligned_alloc)(size_t, size_t);
static void (*_Atomic true_free)(void *);

static inline void took(void *memory) {
    atelier_lane *lane = atelier_own_lane;
    if (!memory || !lane || !(load(&atelier_what) & atelier_allocates)) return;
    size_t size = malloc_usable_size(memory);
    int64_t live = load(&lane->live) + (int64_t)size;
    store(&lane->allocated, load(&lane->allocated) + size);
    store(&lane->live, live);
    if (live > load(&lane->high)) store(&lane->high, live);
}

static inline void gave(void *memory) {
    atelier_lane *lane = atelier_own_lane;
    if (!memory || !lane || !(load(&atelier_what) & atelier_allocates)) return;
    store(&lane->live, load(&lane->live) - (int64_t)malloc_usable_size(memory));
}

static void *counted_malloc(size_t size) {
    void *memory = load(&true_malloc)(size);
    took(memory);
    return memory;
}

static void *counted_calloc(size_t count, size_t size) {
    void *memory = load(&true_calloc)(count, size);
    took(memory);
    return memory;
}

static void *counted_realloc(void *memory, size_t size) {
    gave(memory);
    void *grown = load(&true_realloc)(memory, size);
    // What could not grow is still there.
    took(grown ? grown : size ? memory : NULL);
    return grown;
}

static int counted_posix_memalign(void **memory, size_t alignment, size_t size) {
    int error = load(&true_posix_memalign)(memory, alignment, size);
    if (error == 0) took(*memory);
    return error;
}

static void *counted_aligned_alloc(size_t alignment, size_t size) {
    void *memory = load(&true_aligned_alloc)(alignment, size);
    took(memory);
    return memory;
}

static void counted_free(void *memory) {
    gave(memory);
    load(&true_free)(memory);
}

static const struct { const char *name; void *function; } replacements[] = {
    {"malloc", counted_malloc}, {"calloc", counted_calloc}, {"realloc", counted_realloc}, {"free", counted_free},
    {"posix_memalign", counted_posix_memalign}, {"aligned_alloc", counted_aligned_alloc},
};

#if defined(__x86_64__)
enum { slot_type = R_X86_64_JUMP_SLOT, data_type = R_X86_64_GLOB_DAT };
#elif defined(__aarch64__)
enum { slot_type = R_AARCH64_JUMP_SLOT, data_type = R_AARCH64_GLOB_DAT };
#else
enum { slot_type = -1, data_type = -1 };
#endif

static void replace(uintptr_t *slot, void *function) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)slot & ~(page - 1);
    // The loader made the table read-only when it was complete. It stays writable: another entry may lie on the same page.
    if (mprotect((void *)start, page, PROT_READ | PROT_WRITE) != 0) return;
    __atomic_store_n(slot, (uintptr_t)function, __ATOMIC_RELAXED);
}

static int replace_in(const struct link_map *library) {
    const ElfW(Sym) *symbols = NULL;
    const char *strings = NULL;
    const ElfW(Rela) *tables[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    for (const ElfW(Dyn) *dynamic = library->l_ld; dynamic->d_tag != DT_NULL; dynamic++) {
        uintptr_t value = dynamic->d_un.d_ptr;
        // The loader of glibc has made addresses of offsets; others leave offsets.
        uintptr_t address = value < library->l_addr ? value + library->l_addr : value;
        if (dynamic->d_tag == DT_SYMTAB) symbols = (const void *)address;
        if (dynamic->d_tag == DT_STRTAB) strings = (const void *)address;
        if (dynamic->d_tag == DT_JMPREL) tables[0] = (const void *)address;
        if (dynamic->d_tag == DT_PLTRELSZ) sizes[0] = value;
        if (dynamic->d_tag == DT_RELA) tables[1] = (const void *)address;
        if (dynamic->d_tag == DT_RELASZ) sizes[1] = value;
    }
    if (!symbols || !strings) return 0;
    int count = 0;
    for (int table = 0; table < 2; table++) {
        for (size_t i = 0; tables[table] && i < sizes[table] / sizeof(ElfW(Rela)); i++) {
            const ElfW(Rela) *entry = &tables[table][i];
            int type = (int)ELF64_R_TYPE(entry->r_info);
            if (type != slot_type && type != data_type) continue;
            const char *name = strings + symbols[ELF64_R_SYM(entry->r_info)].st_name;
            for (size_t which = 0; which < sizeof replacements / sizeof *replacements; which++) {
                if (strcmp(name, replacements[which].name) != 0) continue;
                replace((uintptr_t *)(library->l_addr + entry->r_offset), replacements[which].function);
                count++;
            }
        }
    }
    return count;
}

// Names of the program (empty) and its libraries, one behind the other.
struct names { char *bytes; size_t count, room; };

static int add_name(struct dl_phdr_info *info, size_t size, void *list) {
    (void)size;
    struct names *names = list;
    // The C library itself and the loader keep theirs.
    if (strstr(info->dlpi_name, "/libc.so") || strstr(info->dlpi_name, "/ld-") || strstr(info->dlpi_name, "vdso")) return 0;
    size_t length = strlen(info->dlpi_name) + 1;
    if (names->count + length > names->room) {
        size_t room = 2 * names->room + length + 4096;
        char *bytes = realloc(names->bytes, room);
        if (!bytes) return 1;
        names->bytes = bytes;
        names->room = room;
    }
    memcpy(names->bytes + names->count, info->dlpi_name, length);
    names->count += length;
    return 0;
}

int atelier_allocations_count(void) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__) || __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
    return 0;  // a sanitizer has an allocator of its own
#endif
    if (!load(&true_malloc)) {
        store(&true_calloc, dlsym(RTLD_DEFAULT, "calloc"));
        store(&true_realloc, dlsym(RTLD_DEFAULT, "realloc"));
        store(&true_posix_memalign, dlsym(RTLD_DEFAULT, "posix_memalign"));
        store(&true_aligned_alloc, dlsym(RTLD_DEFAULT, "aligned_alloc"));
        store(&true_free, dlsym(RTLD_DEFAULT, "free"));
        store(&true_malloc, dlsym(RTLD_DEFAULT, "malloc"));
        if (!load(&true_malloc) || !load(&true_calloc) || !load(&true_realloc) || !load(&true_posix_memalign)
            || !load(&true_aligned_alloc) || !load(&true_free)) {
            store(&true_malloc, NULL);
            return 0;
        }
    }
    struct names names = {NULL, 0, 0};
    dl_iterate_phdr(add_name, &names);
    int count = 0;
    for (size_t i = 0; i < names.count; i += strlen(names.bytes + i) + 1) {
        const char *name = names.bytes + i;
        // A library that another thread is opening or closing is in the list while its tables are written. Whoever asks for it by name
        // waits for the loader, and then has it whole, and for as long as it is held, or not at all.
        void *library = dlopen(*name ? name : NULL, RTLD_NOLOAD | RTLD_LAZY);
        if (!library) continue;
        count += replace_in(library);
        dlclose(library);
    }
    free(names.bytes);
    return count;
}
