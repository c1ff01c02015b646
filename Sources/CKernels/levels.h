#pragma once
#include <stdint.h>
#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "bits and words are laid out for little-endian processors only"
#endif

// One body, compiled for each level of the instruction set and chosen when the program is loaded; needs a loader that resolves
// such functions (glibc's does, musl's does not). What chooses runs before the thread sanitizer is ready for it.
#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__) && !__has_feature(thread_sanitizer)
#define LEVELS __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define LEVELS
#endif
#define INLINE static inline __attribute__((always_inline))
