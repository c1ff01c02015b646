#pragma once
#include <stddef.h>
#include <stdint.h>

// BLAKE3 in its plain hash mode with 256 bits of output, after the paper
// J. O'Connor, J.-P. Aumasson, S. Neves, Z. Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere" (2020).
// Keyed hashing, key derivation and extended output are not offered: nothing here needs them.

// Hashing state between updates.
typedef struct atelier_blake3_hasher atelier_blake3_hasher;

// Null when there is no memory.
atelier_blake3_hasher *atelier_blake3_create(void);
void atelier_blake3_destroy(atelier_blake3_hasher *hasher);

// Takes `length` more bytes in; `threads` bounds how many work on a large piece at once (0: one per usable processor).
void atelier_blake3_update(atelier_blake3_hasher *hasher, const void *input, size_t length, unsigned threads);

// Writes the 32 bytes; the hasher may be finalized again or updated further.
void atelier_blake3_finalize(atelier_blake3_hasher *hasher, uint8_t out[32]);

// The three steps at once.
void atelier_blake3_hash(const void *input, size_t length, unsigned threads, uint8_t out[32]);

// SIMD levels: each gives the same bytes. The best one the processor has is chosen at the first use.
enum {
    atelier_blake3_scalar = 0,
    atelier_blake3_4_lanes = 1,   // SSE4.1, or NEON on arm64
    atelier_blake3_8_lanes = 2,   // AVX2
    atelier_blake3_16_lanes = 3,  // AVX-512
};
int atelier_blake3_best_level(void);

// For tests and benchmarks: uses `level`, or the best one there is if that is lower.
void atelier_blake3_use_level(int level);
