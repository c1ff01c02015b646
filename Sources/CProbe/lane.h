#pragma once
#include "include/CAtelierProbe.h"
#include <stdatomic.h>

#define load(word) atomic_load_explicit(word, memory_order_relaxed)
#define store(word, value) atomic_store_explicit(word, value, memory_order_relaxed)

typedef struct {
    _Atomic uint64_t name, start;
    // The rest is the thread's own.
    uint64_t processor, allocated;
    int64_t live, high;
    // The frame of the function that opened it: what lies deeper on the stack happens inside the span.
    uintptr_t frame;
    uint32_t serial, timed;
} atelier_open;

// In memory of its own, of which pages that nothing was written to take none.
struct atelier_lane {
    atelier_lane *next;
    uint32_t number, serial;
    // Of whoever has it; 0 for nobody.
    _Atomic uint32_t thread;
    _Atomic uint32_t name, depth;
    // Grows whenever a span begins or ends.
    _Atomic uint64_t changes;
    // Finished spans and samples ever.
    _Atomic uint64_t head, sample_head;
    _Atomic uintptr_t stack_end;
    // Processor time when the thread was last asked for its stack, by whoever asks, and when it answered, by itself.
    _Atomic uint64_t asked;
    uint64_t sampled;
    // Bytes ever allocated, held now of what this thread has taken and given back, and most held since the innermost span began.
    _Atomic uint64_t allocated;
    _Atomic int64_t live, high;
    atelier_open open[atelier_span_depth];
    _Atomic uint64_t spans[atelier_span_count][atelier_span_words];
    _Atomic uint64_t samples[atelier_sample_count][atelier_sample_words];
};

extern _Atomic uint32_t atelier_what;
extern __thread atelier_lane *atelier_own_lane;
uint64_t atelier_thread_time(void);
