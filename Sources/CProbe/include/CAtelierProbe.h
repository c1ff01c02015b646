#pragma once
#include <stddef.h>
#include <stdint.h>

// What a thread does, written by the thread itself where others can read it: spans that are open, a ring of finished ones, and, while
// somebody profiles, samples of its stack and counts of its allocations. In C because all of it has to work inside a signal handler
// and inside `malloc`, where nothing may allocate, lock or enter a language's runtime. Every word is a relaxed atomic with a single
// writer; the reader sees by two counters what was overwritten while it copied. Nothing here is ever freed: a lane whose thread has
// ended is taken by the next thread.

enum {
    // Nested spans of which a lane keeps names; deeper ones are counted, not recorded.
    atelier_span_depth = 32,
    // Finished spans a lane keeps.
    atelier_span_count = 4096,
    // Words of a finished span: name | depth << 32, start, end, processor time, waited, bytes, allocated, peak.
    atelier_span_words = 8,
    // Samples a lane keeps, and the words of one: time, processor time since the last, spans | frames << 32, span names, addresses.
    atelier_sample_count = 256,
    atelier_sample_words = 128,
    atelier_sample_frames = 128 - 3 - 32,
};

// What is measured.
enum {
    atelier_records = 1,      // spans
    atelier_times = 2,        // processor time of spans too, at a system call for each begin and end
    atelier_allocates = 4,    // allocations
    atelier_samples = 8,      // stacks
};

typedef struct atelier_lane atelier_lane;

// An open span: what `atelier_span_end` wants back. All zero when nothing is recorded.
typedef struct { atelier_lane *lane; uint32_t depth, serial; } atelier_token;

// Nanoseconds of the monotonic clock.
uint64_t atelier_now(void);
// Switches on what is `wanted`, and off what is not; returns what was on.
uint32_t atelier_measure(uint32_t wanted, uint32_t unwanted);
uint32_t atelier_measured(void);
// A small number for a text, the same for the same text; 0 when 2047 others have one. Texts are kept.
uint32_t atelier_name(const char *text, size_t length);
// The text of a number.
const char *atelier_name_text(uint32_t name);

// Opens a span on this thread.
atelier_token atelier_span_begin(uint32_t name);
// Ends it, and whatever was opened inside it and is still open. Does nothing on another thread than the one that began it.
void atelier_span_end(atelier_token token, uint64_t bytes, uint64_t waited);
// Ends what is open on this thread: a job that waits goes on elsewhere.
void atelier_span_leave(void);
// Names this thread's lane.
void atelier_lane_call(uint32_t name);

// Lanes, newest first.
atelier_lane *atelier_lane_first(void);
atelier_lane *atelier_lane_next(atelier_lane *lane);
// Its place, from 0; its name; whether a thread has it now.
uint32_t atelier_lane_number(atelier_lane *lane);
uint32_t atelier_lane_name(atelier_lane *lane);
int atelier_lane_is_used(atelier_lane *lane);
// Copies finished spans from number `from` on, at most `room`, and gives the number after the last copied. `from` moves up to the
// first that was still there: what lies between is lost.
uint64_t atelier_lane_spans(atelier_lane *lane, uint64_t *from, uint64_t *words, size_t room);
// Copies names and starts of open spans; how many there are. Fails with -1 when they change too fast to be read.
int atelier_lane_open(atelier_lane *lane, uint64_t *names, uint64_t *starts);
// As `atelier_lane_spans`, for samples.
uint64_t atelier_lane_samples(atelier_lane *lane, uint64_t *from, uint64_t *words, size_t room);

// Makes ready for sampling: the signal's handler. 0 when done.
int atelier_sampling_begin(void);
// Asks every thread that has computed for half of so many nanoseconds since it was asked last for its stack.
void atelier_sampling_tick(uint64_t period);

// Counts allocations from now on, in what is loaded now; 0 when nothing could be done. Call again when libraries were loaded.
int atelier_allocations_count(void);

// The place of an address: file, symbol or null, where the file was loaded.
int atelier_symbol(uint64_t address, const char **file, const char **symbol, uint64_t *base);
// A Swift symbol as people write it, to be freed; null for anything else.
char *atelier_demangled(const char *symbol);
