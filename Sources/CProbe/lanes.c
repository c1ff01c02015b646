#define _GNU_SOURCE
#include "lane.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Atomic uint32_t atelier_what = atelier_records;
__thread atelier_lane *atelier_own_lane;
static __thread int has_no_lane;
static _Atomic(atelier_lane *) lanes;
static _Atomic uint32_t lane_count;
static pthread_key_t ending;
static pthread_once_t once = PTHREAD_ONCE_INIT;

uint64_t atelier_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t atelier_thread_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint32_t atelier_measure(uint32_t wanted, uint32_t unwanted) {
    uint32_t before = atomic_fetch_and_explicit(&atelier_what, ~unwanted, memory_order_relaxed);
    atomic_fetch_or_explicit(&atelier_what, wanted, memory_order_relaxed);
    return before;
}

uint32_t atelier_measured(void) { return load(&atelier_what); }

// Names -------------------------------------------------------------------------------------------------------------

enum { name_count = 2048 };
static _Atomic(char *) names[name_count];

uint32_t atelier_name(const char *text, size_t length) {
    uint64_t hash = 14695981039346656037u;  // FNV-1a
    for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)text[i]) * 1099511628211u;
    char *copy = NULL;
    for (uint32_t i = 0; i < name_count; i++) {
        uint32_t place = (uint32_t)(hash + i) % name_count;
        if (place == 0) continue;
        char *there = atomic_load_explicit(&names[place], memory_order_acquire);
        if (!there) {
            if (!copy) {
                copy = malloc(length + 1);
                if (!copy) return 0;
                memcpy(copy, text, length);
                copy[length] = 0;
            }
            if (atomic_compare_exchange_strong_explicit(&names[place], &there, copy, memory_order_acq_rel, memory_order_acquire)) return place;
        }
        if (strlen(there) == length && memcmp(there, text, length) == 0) {
            free(copy);
            return place;
        }
    }
    free(copy);
    return 0;
}

const char *atelier_name_text(uint32_t name) {
    char *text = name < name_count ? atomic_load_explicit(&names[name], memory_order_acquire) : NULL;
    return text ? text : "other";
}

// Lanes -------------------------------------------------------------------------------------------------------------

static void give_back(void *lane) {
    atelier_own_lane = NULL;
    has_no_lane = 1;
    store(&((atelier_lane *)lane)->depth, 0);
    atomic_store_explicit(&((atelier_lane *)lane)->thread, 0, memory_order_release);
}

static void prepare(void) { pthread_key_create(&ending, give_back); }

// Where the stack of this thread ends; 0 when nobody says.
static uintptr_t stack_end(void) {
    if (getpid() == (pid_t)syscall(SYS_gettid)) {
#if defined(__GLIBC__)
        extern void *__libc_stack_end __attribute__((weak));
        if (&__libc_stack_end) return (uintptr_t)__libc_stack_end;
#endif
        return 0;
    }
    pthread_attr_t attributes;
    void *start = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
    pthread_attr_getstack(&attributes, &start, &size);
    pthread_attr_destroy(&attributes);
    return (uintptr_t)start + size;
}

static atelier_lane *take_lane(void) {
    if (has_no_lane) return NULL;
    int saved = errno;
    pthread_once(&once, prepare);
    uint32_t thread = (uint32_t)syscall(SYS_gettid);
    atelier_lane *lane = atomic_load_explicit(&lanes, memory_order_acquire);
    for (; lane; lane = lane->next) {
        uint32_t free = 0;
        if (atomic_compare_exchange_strong_explicit(&lane->thread, &free, thread, memory_order_acq_rel, memory_order_relaxed)) break;
    }
    if (!lane) {
        lane = mmap(NULL, sizeof *lane, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (lane == MAP_FAILED) {
            has_no_lane = 1;
            errno = saved;
            return NULL;
        }
        store(&lane->thread, thread);
        lane->number = atomic_fetch_add_explicit(&lane_count, 1, memory_order_relaxed);
        atelier_lane *first = atomic_load_explicit(&lanes, memory_order_relaxed);
        do lane->next = first;
        while (!atomic_compare_exchange_weak_explicit(&lanes, &first, lane, memory_order_release, memory_order_relaxed));
    }
    store(&lane->name, 0);
    store(&lane->stack_end, stack_end());
    store(&lane->asked, 0);
    lane->sampled = atelier_thread_time();
    pthread_setspecific(ending, lane);
    atelier_own_lane = lane;
    errno = saved;
    return lane;
}

static inline atelier_lane *own_lane(void) { return atelier_own_lane ? atelier_own_lane : take_lane(); }

void atelier_lane_call(uint32_t name) {
    atelier_lane *lane = own_lane();
    if (lane) store(&lane->name, name);
}

atelier_lane *atelier_lane_first(void) { return atomic_load_explicit(&lanes, memory_order_acquire); }
atelier_lane *atelier_lane_next(atelier_lane *lane) { return lane->next; }
uint32_t atelier_lane_number(atelier_lane *lane) { return lane->number; }
uint32_t atelier_lane_name(atelier_lane *lane) { return load(&lane->name); }
int atelier_lane_is_used(atelier_lane *lane) { return load(&lane->thread) != 0; }

// Spans -------------------------------------------------------------------------------------------------------------

atelier_token atelier_span_begin(uint32_t name) {
    uint32_t what = load(&atelier_what);
    atelier_token none = {0};
    if (!(what & atelier_records)) return none;
    atelier_lane *lane = own_lane();
    if (!lane) return none;
    uint32_t depth = load(&lane->depth);
    atelier_token token = {lane, depth, ++lane->serial};
    // Of the caller, whose functions keep frame pointers as ours do.
    uintptr_t caller = *(const uintptr_t *)__builtin_frame_address(0);
    if (depth < atelier_span_depth) {
        atelier_open *open = &lane->open[depth];
        open->serial = token.serial;
        open->frame = caller;
        open->timed = (what & atelier_times) != 0;
        open->processor = open->timed ? atelier_thread_time() : 0;
        open->allocated = load(&lane->allocated);
        open->live = load(&lane->live);
        open->high = load(&lane->high);
        store(&lane->high, open->live);
        store(&open->name, name);
        store(&open->start, atelier_now());
        store(&lane->changes, load(&lane->changes) + 1);
    }
    // A signal that comes now sees the span complete, or not at all.
    atomic_store_explicit(&lane->depth, depth + 1, memory_order_release);
    return token;
}

static void finish(atelier_lane *lane, uint32_t depth, uint64_t bytes, uint64_t waited) {
    atelier_open *open = &lane->open[depth];
    uint64_t now = atelier_now(), number = load(&lane->head);
    uint64_t processor = open->timed ? atelier_thread_time() - open->processor : 0;
    int64_t high = load(&lane->high), peak = high - open->live;
    if (open->high > high) store(&lane->high, open->high);
    // Whoever sees one of these words sees that the spans before are published, and by that what it must not use.
    atomic_thread_fence(memory_order_release);
    _Atomic uint64_t *words = lane->spans[number % atelier_span_count];
    store(&words[0], load(&open->name) | (uint64_t)depth << 32 | (uint64_t)open->timed << 63);
    store(&words[1], load(&open->start));
    store(&words[2], now);
    store(&words[3], processor);
    store(&words[4], waited);
    store(&words[5], bytes);
    store(&words[6], load(&lane->allocated) - open->allocated);
    store(&words[7], peak > 0 ? (uint64_t)peak : 0);
    atomic_store_explicit(&lane->head, number + 1, memory_order_release);
    store(&lane->changes, load(&lane->changes) + 1);
}

static void leave(atelier_lane *lane, uint32_t depth, uint64_t bytes, uint64_t waited) {
    uint32_t top = load(&lane->depth);
    for (uint32_t inner = top; inner > depth; inner--) {
        atomic_store_explicit(&lane->depth, inner - 1, memory_order_release);
        if (inner <= atelier_span_depth) finish(lane, inner - 1, inner - 1 == depth ? bytes : 0, inner - 1 == depth ? waited : 0);
    }
}

void atelier_span_end(atelier_token token, uint64_t bytes, uint64_t waited) {
    atelier_lane *lane = token.lane;
    if (!lane || lane != atelier_own_lane || load(&lane->depth) <= token.depth) return;
    if (token.depth < atelier_span_depth && lane->open[token.depth].serial != token.serial) return;
    leave(lane, token.depth, bytes, waited);
}

void atelier_span_leave(void) {
    if (atelier_own_lane && load(&atelier_own_lane->depth) > 0) leave(atelier_own_lane, 0, 0, 0);
}

// Reading -----------------------------------------------------------------------------------------------------------

static uint64_t copy(
    _Atomic uint64_t *head, const _Atomic uint64_t *ring, size_t count, size_t size, uint64_t *from, uint64_t *words, size_t room
) {
    uint64_t end = atomic_load_explicit(head, memory_order_acquire), start = *from;
    // The oldest may be being overwritten.
    if (end - start >= count) start = end - count + 1;
    if (end - start > room) end = start + room;
    for (uint64_t number = start; number < end; number++)
        for (size_t word = 0; word < size; word++) words[(number - start) * size + word] = load(&ring[number % count * size + word]);
    atomic_thread_fence(memory_order_acquire);
    uint64_t now = load(head), kept = now >= count ? now - count + 1 : 0;
    if (kept > end) kept = end;
    if (kept > start) {
        memmove(words, words + (kept - start) * size, (end - kept) * size * sizeof *words);
        start = kept;
    }
    *from = start;
    return end;
}

uint64_t atelier_lane_spans(atelier_lane *lane, uint64_t *from, uint64_t *words, size_t room) {
    return copy(&lane->head, &lane->spans[0][0], atelier_span_count, atelier_span_words, from, words, room);
}

uint64_t atelier_lane_samples(atelier_lane *lane, uint64_t *from, uint64_t *words, size_t room) {
    return copy(&lane->sample_head, &lane->samples[0][0], atelier_sample_count, atelier_sample_words, from, words, room);
}

int atelier_lane_open(atelier_lane *lane, uint64_t *names, uint64_t *starts) {
    for (int attempt = 0; attempt < 100; attempt++) {
        uint64_t before = atomic_load_explicit(&lane->changes, memory_order_acquire);
        uint32_t depth = atomic_load_explicit(&lane->depth, memory_order_acquire);
        if (depth > atelier_span_depth) depth = atelier_span_depth;
        for (uint32_t place = 0; place < depth; place++) {
            names[place] = load(&lane->open[place].name);
            starts[place] = load(&lane->open[place].start);
        }
        atomic_thread_fence(memory_order_acquire);
        if (load(&lane->changes) == before) return (int)depth;
    }
    return -1;
}
