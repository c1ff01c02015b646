#define _GNU_SOURCE  // sched_getaffinity
#include "atelier_blake3.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if !defined(__LITTLE_ENDIAN__) && (!defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
#error "words are read straight from memory: little-endian processors only"
#endif

// The compression function (the paper, section 2.2) ---------------------------------------------------------------

enum { chunk_bytes = 1024, block_bytes = 64, cv_bytes = 32 };
enum { chunk_start = 1, chunk_end = 2, parent = 4, root = 8 };

// Flags of the blocks of one node: on all, on the first and on the last.
typedef struct { uint32_t all, first, last; } flags_of_node;
static const flags_of_node chunk_flags = {0, chunk_start, chunk_end}, parent_flags = {parent, 0, 0};

static const uint32_t initial[8] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

// Works on words and on vectors of words alike.
#define ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#define MIX(a, b, c, d, x, y)                                                                                          \
    do {                                                                                                               \
        a = a + b + (x), d = ROTATE(d ^ a, 16), c = c + d, b = ROTATE(b ^ c, 12);                                      \
        a = a + b + (y), d = ROTATE(d ^ a, 8), c = c + d, b = ROTATE(b ^ c, 7);                                        \
    } while (0)
#define ROUND(v, m, i0, i1, i2, i3, i4, i5, i6, i7, i8, i9, i10, i11, i12, i13, i14, i15)                              \
    do {                                                                                                               \
        MIX(v[0], v[4], v[8], v[12], m[i0], m[i1]);                                                                    \
        MIX(v[1], v[5], v[9], v[13], m[i2], m[i3]);                                                                    \
        MIX(v[2], v[6], v[10], v[14], m[i4], m[i5]);                                                                   \
        MIX(v[3], v[7], v[11], v[15], m[i6], m[i7]);                                                                   \
        MIX(v[0], v[5], v[10], v[15], m[i8], m[i9]);                                                                   \
        MIX(v[1], v[6], v[11], v[12], m[i10], m[i11]);                                                                 \
        MIX(v[2], v[7], v[8], v[13], m[i12], m[i13]);                                                                  \
        MIX(v[3], v[4], v[9], v[14], m[i14], m[i15]);                                                                  \
    } while (0)
// Each row is the one before it under the permutation of the paper's table 2.
#define SEVEN_ROUNDS(v, m)                                                                                             \
    do {                                                                                                               \
        ROUND(v, m, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);                                             \
        ROUND(v, m, 2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8);                                             \
        ROUND(v, m, 3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1);                                             \
        ROUND(v, m, 10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6);                                             \
        ROUND(v, m, 12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4);                                             \
        ROUND(v, m, 9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7);                                             \
        ROUND(v, m, 11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13);                                             \
    } while (0)

// One block of at most 64 bytes (zeros behind them); `h` becomes the next chaining value.
static void compress(uint32_t h[8], const uint8_t block[block_bytes], uint64_t counter, uint32_t length, uint32_t flags) {
    uint32_t m[16];
    memcpy(m, block, sizeof m);
    uint32_t v[16] = {h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], initial[0], initial[1], initial[2], initial[3],
                      (uint32_t)counter, (uint32_t)(counter >> 32), length, flags};
    SEVEN_ROUNDS(v, m);
    for (int i = 0; i < 8; i++) h[i] = v[i] ^ v[i + 8];
}

// Nodes -----------------------------------------------------------------------------------------------------------

// Chaining value of a chunk of 0 to 1024 bytes; `also` is 0 or `root`, for the last block.
static void hash_chunk(const uint8_t *input, size_t length, uint64_t counter, uint32_t also, uint8_t out[cv_bytes]) {
    uint32_t h[8], flags = chunk_start;
    memcpy(h, initial, sizeof h);
    while (length > block_bytes) {
        compress(h, input, counter, block_bytes, flags);
        input += block_bytes, length -= block_bytes, flags = 0;
    }
    uint8_t last[block_bytes] = {0};
    if (length) memcpy(last, input, length);
    compress(h, last, counter, (uint32_t)length, flags | chunk_end | also);
    memcpy(out, h, cv_bytes);
}

// Chaining value over two chaining values in a row; `out` may be where they lie.
static void hash_parent(const uint8_t children[2 * cv_bytes], uint32_t also, uint8_t out[cv_bytes]) {
    uint32_t h[8];
    memcpy(h, initial, sizeof h);
    compress(h, children, 0, block_bytes, parent | also);
    memcpy(out, h, cv_bytes);
}

// SIMD levels -----------------------------------------------------------------------------------------------------

typedef uint32_t vec4_words __attribute__((vector_size(16), aligned(1)));
typedef uint32_t vec8 __attribute__((vector_size(32)));
#define load4(p) (*(const vec4_words *)(p))

#if defined(__x86_64__)
#define HAS_4_LANES 1
#define HAS_WIDE_LANES 1
#define LANES 4
#define TARGET __attribute__((target("sse4.1")))
#define NAME(x) sse41_##x
#include "kernel.h"
#undef LANES
#undef TARGET
#undef NAME
#define LANES 8
#define TARGET __attribute__((target("avx2")))
#define NAME(x) avx2_##x
#include "kernel.h"
#undef LANES
#undef TARGET
#undef NAME
#define LANES 16
#define TARGET __attribute__((target("avx512f,avx512vl,avx2")))
#define NAME(x) avx512_##x
#include "kernel.h"
#undef LANES
#undef TARGET
#undef NAME
#define hash_4_lanes sse41_hash
#elif defined(__aarch64__)
#define HAS_4_LANES 1
#define LANES 4
#define TARGET
#define NAME(x) neon_##x
#include "kernel.h"
#undef LANES
#undef TARGET
#undef NAME
#define hash_4_lanes neon_hash
#endif

static atomic_int chosen_level = -1;

int atelier_blake3_best_level(void) {
#if HAS_WIDE_LANES
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) return atelier_blake3_16_lanes;
    if (__builtin_cpu_supports("avx2")) return atelier_blake3_8_lanes;
    return __builtin_cpu_supports("sse4.1") ? atelier_blake3_4_lanes : atelier_blake3_scalar;
#elif HAS_4_LANES
    return atelier_blake3_4_lanes;
#else
    return atelier_blake3_scalar;
#endif
}

void atelier_blake3_use_level(int level) {
    int best = atelier_blake3_best_level();
    atomic_store_explicit(&chosen_level, level < best ? level : best, memory_order_relaxed);
}

static int current_level(void) {
    int level = atomic_load_explicit(&chosen_level, memory_order_relaxed);
    if (level < 0) {
        level = atelier_blake3_best_level();
        atomic_store_explicit(&chosen_level, level, memory_order_relaxed);
    }
    return level;
}

// Chaining values of `count` whole chunks, or of `count` parents (pairs of chaining values), as wide as it goes.
static void hash_chunks(const uint8_t *input, size_t count, uint64_t counter, uint8_t *out) {
    int level = current_level();
#define RUN(lanes, kernel)                                                                                             \
    for (; count >= lanes; count -= lanes, counter += lanes, input += lanes * chunk_bytes, out += lanes * cv_bytes)    \
    kernel(input, chunk_bytes, chunk_bytes / block_bytes, counter, 1, chunk_flags, out)
#if HAS_WIDE_LANES
    if (level >= atelier_blake3_16_lanes) RUN(16, avx512_hash);
    if (level >= atelier_blake3_8_lanes) RUN(8, avx2_hash);
#endif
#if HAS_4_LANES
    if (level >= atelier_blake3_4_lanes) RUN(4, hash_4_lanes);
#endif
#undef RUN
    for (; count; count--, counter++, input += chunk_bytes, out += cv_bytes) hash_chunk(input, chunk_bytes, counter, 0, out);
}

// `out` may be where the input lies: a kernel has read its lanes before it writes, and the output trails the input.
static void hash_parents(const uint8_t *input, size_t count, uint8_t *out) {
    int level = current_level();
#define RUN(lanes, kernel)                                                                                             \
    for (; count >= lanes; count -= lanes, input += lanes * block_bytes, out += lanes * cv_bytes)                      \
    kernel(input, block_bytes, 1, 0, 0, parent_flags, out)
#if HAS_WIDE_LANES
    if (level >= atelier_blake3_16_lanes) RUN(16, avx512_hash);
    if (level >= atelier_blake3_8_lanes) RUN(8, avx2_hash);
#endif
#if HAS_4_LANES
    if (level >= atelier_blake3_4_lanes) RUN(4, hash_4_lanes);
#endif
#undef RUN
    for (; count; count--, input += block_bytes, out += cv_bytes) hash_parent(input, 0, out);
}

// Subtrees --------------------------------------------------------------------------------------------------------

// A piece is what one thread hashes at a time; a batch is what one call to `hash_subtree` may hold.
enum {
    piece_chunks = 128,
    piece_bytes = piece_chunks * chunk_bytes,
    batch_pieces = 512,
    batch_chunks = piece_chunks * batch_pieces,
    threads_from_chunks = 1024,
    most_threads = 64,
};

// Joins `count` (a power of two) chaining values level by level until `until` of them are left at the front.
static void join(uint8_t *values, size_t count, size_t until) {
    for (; count > until; count /= 2) hash_parents(values, count / 2, values);
}

// A batch and who works on it. The caller waits for pieces, not for threads: on a busy machine a helper may come to run
// when nothing is left to do, and joining it made 4 MiB take 4 ms instead of 1 (load 7 on 4 processors). So the last
// holder frees the batch, and the input is not touched once every piece is finished.
typedef struct {
    const uint8_t *input;
    uint64_t counter;
    size_t count;
    atomic_size_t next, finished;
    atomic_uint holders;
    pthread_mutex_t lock;
    pthread_cond_t all_finished;
    uint8_t values[batch_pieces * cv_bytes];
} batch;

static void hash_piece(const uint8_t *input, uint64_t counter, uint8_t *out) {
    uint8_t values[piece_chunks * cv_bytes];
    hash_chunks(input, piece_chunks, counter, values);
    join(values, piece_chunks, 1);
    memcpy(out, values, cv_bytes);
}

static void hash_pieces(batch *work) {
    for (size_t i; (i = atomic_fetch_add(&work->next, 1)) < work->count;) {
        hash_piece(work->input + i * piece_bytes, work->counter + i * piece_chunks, work->values + i * cv_bytes);
        if (atomic_fetch_add(&work->finished, 1) + 1 == work->count) {
            pthread_mutex_lock(&work->lock);
            pthread_cond_signal(&work->all_finished);
            pthread_mutex_unlock(&work->lock);
        }
    }
}

static void release(batch *work) {
    if (atomic_fetch_sub(&work->holders, 1) > 1) return;
    pthread_cond_destroy(&work->all_finished);
    pthread_mutex_destroy(&work->lock);
    free(work);
}

static void *help(void *work) {
    hash_pieces(work);
    release(work);
    return 0;
}

// Chaining values of `count` pieces by up to `threads` threads; false, and nothing done, when there is no memory for it.
static int hash_by_threads(const uint8_t *input, size_t count, uint64_t counter, unsigned threads, uint8_t *out) {
    batch *work = malloc(sizeof *work);
    if (!work) return 0;
    work->input = input, work->counter = counter, work->count = count;
    atomic_init(&work->next, 0), atomic_init(&work->finished, 0), atomic_init(&work->holders, 1);
    pthread_mutex_init(&work->lock, 0), pthread_cond_init(&work->all_finished, 0);
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (unsigned helper = 1; helper < threads; helper++) {
        pthread_t thread;
        atomic_fetch_add(&work->holders, 1);
        if (pthread_create(&thread, &detached, help, work)) {
            atomic_fetch_sub(&work->holders, 1);
            break;  // fewer do as well
        }
    }
    pthread_attr_destroy(&detached);
    hash_pieces(work);
    pthread_mutex_lock(&work->lock);
    while (atomic_load(&work->finished) < count) pthread_cond_wait(&work->all_finished, &work->lock);
    pthread_mutex_unlock(&work->lock);
    memcpy(out, work->values, count * cv_bytes);
    release(work);
    return 1;
}

static unsigned usable_processors(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return (unsigned)CPU_COUNT(&set);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

// The two chaining values under the top of a subtree of `chunks` (a power of two, 2 to batch_chunks) whole chunks.
// They stay apart because only what follows tells whether their parent is the root.
static void hash_subtree(const uint8_t *input, size_t chunks, uint64_t counter, unsigned threads, uint8_t out[2 * cv_bytes]) {
    uint8_t values[batch_pieces * cv_bytes];
    size_t count = chunks;
    if (chunks <= piece_chunks) {
        hash_chunks(input, chunks, counter, values);
    } else {
        count = chunks / piece_chunks;
        if (chunks < threads_from_chunks) threads = 1;
        if (threads == 0) threads = usable_processors();
        if (threads > most_threads) threads = most_threads;
        // Starting a helper costs what hashing 100 to 200 KB does, so each gets 512 KiB at least.
        if (threads > count / 4) threads = (unsigned)(count / 4);
        if (threads < 2 || !hash_by_threads(input, count, counter, threads, values)) {
            for (size_t i = 0; i < count; i++) {
                hash_piece(input + i * piece_bytes, counter + i * piece_chunks, values + i * cv_bytes);
            }
        }
    }
    join(values, count, 2);
    memcpy(out, values, 2 * cv_bytes);
}

// Streaming -------------------------------------------------------------------------------------------------------

// `chunk` holds the input that may still turn out to be the last chunk; `stack` holds the chaining values of finished
// subtrees, largest first. Nothing past `depth` and `buffered` is read, so nothing there needs a first value.
struct atelier_blake3_hasher {
    uint64_t chunks;    // finished chunks so far
    uint32_t buffered;  // bytes in `chunk`
    uint32_t depth;     // chaining values on `stack`
    uint8_t chunk[chunk_bytes];
    uint8_t stack[56 * cv_bytes];  // 2^64 bytes are a tree of 54 levels; one more for a pair not yet joined
};

static void initialize(atelier_blake3_hasher *hasher) { hasher->chunks = 0, hasher->buffered = 0, hasher->depth = 0; }

atelier_blake3_hasher *atelier_blake3_create(void) {
    atelier_blake3_hasher *hasher = malloc(sizeof *hasher);
    if (hasher) initialize(hasher);
    return hasher;
}

void atelier_blake3_destroy(atelier_blake3_hasher *hasher) { free(hasher); }

// Joins finished subtrees of equal size. Only called when more input is known to follow, so none of them is the root;
// then there is one entry per set bit of the number of chunks.
static void settle(atelier_blake3_hasher *hasher) {
    for (; hasher->depth > (uint32_t)__builtin_popcountll(hasher->chunks); hasher->depth--) {
        uint8_t *pair = hasher->stack + (hasher->depth - 2) * cv_bytes;
        hash_parent(pair, 0, pair);
    }
}

static void push(atelier_blake3_hasher *hasher, const uint8_t value[cv_bytes], uint64_t chunks) {
    settle(hasher);
    memcpy(hasher->stack + hasher->depth++ * cv_bytes, value, cv_bytes);
    hasher->chunks += chunks;
}

void atelier_blake3_update(atelier_blake3_hasher *hasher, const void *bytes, size_t length, unsigned threads) {
    const uint8_t *input = bytes;
    uint8_t values[2 * cv_bytes];
    if (hasher->buffered) {
        size_t room = chunk_bytes - hasher->buffered, taken = length < room ? length : room;
        if (taken) memcpy(hasher->chunk + hasher->buffered, input, taken);
        hasher->buffered += (uint32_t)taken, input += taken, length -= taken;
        if (length == 0) return;
        hash_chunk(hasher->chunk, chunk_bytes, hasher->chunks, 0, values);
        push(hasher, values, 1);
        hasher->buffered = 0;
    }
    while (length > chunk_bytes) {
        // The largest whole subtree that starts here: a power of two that divides the position.
        size_t chunks = length / chunk_bytes;
        if (chunks > batch_chunks) chunks = batch_chunks;
        chunks = (size_t)1 << (63 - __builtin_clzll(chunks));
        while (hasher->chunks & (chunks - 1)) chunks /= 2;
        if (chunks == 1) {
            hash_chunk(input, chunk_bytes, hasher->chunks, 0, values);
            push(hasher, values, 1);
        } else {
            hash_subtree(input, chunks, hasher->chunks, threads, values);
            push(hasher, values, chunks / 2);
            push(hasher, values + cv_bytes, chunks / 2);
        }
        input += chunks * chunk_bytes, length -= chunks * chunk_bytes;
    }
    if (length) memcpy(hasher->chunk, input, length);
    hasher->buffered = (uint32_t)length;
}

void atelier_blake3_finalize(atelier_blake3_hasher *hasher, uint8_t out[cv_bytes]) {
    uint32_t depth;
    uint8_t pair[2 * cv_bytes];
    if (hasher->buffered || hasher->depth == 0) {
        settle(hasher);
        depth = hasher->depth;
        hash_chunk(hasher->chunk, hasher->buffered, hasher->chunks, depth ? 0 : root, pair + cv_bytes);
    } else {
        depth = hasher->depth - 1;
        memcpy(pair + cv_bytes, hasher->stack + depth * cv_bytes, cv_bytes);
    }
    while (depth) {
        depth--;
        memcpy(pair, hasher->stack + depth * cv_bytes, cv_bytes);
        hash_parent(pair, depth ? 0 : root, pair + cv_bytes);
    }
    memcpy(out, pair + cv_bytes, cv_bytes);
}

void atelier_blake3_hash(const void *input, size_t length, unsigned threads, uint8_t out[cv_bytes]) {
    if (length <= chunk_bytes) {
        hash_chunk(input, length, 0, root, out);
        return;
    }
    atelier_blake3_hasher hasher;
    initialize(&hasher);
    atelier_blake3_update(&hasher, input, length, threads);
    atelier_blake3_finalize(&hasher, out);
}
