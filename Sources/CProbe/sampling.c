#define _GNU_SOURCE
#include "lane.h"
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

// Where our own program's code lies: only there frames are known to be linked by the frame pointer.
static uintptr_t text_start, text_end;

static int note_text(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X)) continue;
        text_start = info->dlpi_addr + header->p_vaddr;
        text_end = text_start + header->p_memsz;
    }
    return 1;  // the first is the program
}

static inline int is_ours(uintptr_t address) { return address - text_start < text_end - text_start; }

// Swift marks frames of asynchronous functions in this bit.
static const uintptr_t async_mark = (uintptr_t)1 << 60;

// Follows frame pointers up to the function whose frame is at `last`; `frames` has what was found so far.
static uint32_t walk(uintptr_t frame, uintptr_t stack, uintptr_t end, uintptr_t last, uint64_t *frames, uint32_t count) {
    while (count < atelier_sample_frames) {
        frame &= ~async_mark;
        if (frame < stack || frame + 2 * sizeof(uintptr_t) > end || frame % sizeof(uintptr_t)) break;
        const uintptr_t *record = (const uintptr_t *)frame;
        // The return address lies in the function of the next frame.
        if (record[1] < 4096 || (record[0] & ~async_mark) > last) break;
        frames[count++] = record[1];
        stack = frame + sizeof(uintptr_t);
        frame = record[0];
    }
    return count;
}

__attribute__((no_sanitize("thread", "address"))) static void note_stack(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    atelier_lane *lane = atelier_own_lane;
    if (!lane || !(load(&atelier_what) & atelier_samples)) return;
    int saved = errno;
    const ucontext_t *state = context;
#if defined(__x86_64__)
    uintptr_t pc = (uintptr_t)state->uc_mcontext.gregs[16], frame = (uintptr_t)state->uc_mcontext.gregs[10];
    uintptr_t stack = (uintptr_t)state->uc_mcontext.gregs[15];
#elif defined(__aarch64__)
    uintptr_t pc = state->uc_mcontext.pc, frame = state->uc_mcontext.regs[29], stack = state->uc_mcontext.sp;
#else
    uintptr_t pc = 0, frame = 0, stack = 0;
#endif
    uint64_t frames[atelier_sample_frames];
    uint32_t count = 0;
    uintptr_t end = load(&lane->stack_end);
    frames[count++] = pc;
    uint32_t depth = load(&lane->depth);
    if (depth > atelier_span_depth) depth = atelier_span_depth;
    // Nobody wants to know who called whoever opened a span.
    uintptr_t last = depth ? lane->open[depth - 1].frame : end;
    if (stack < end) {
        uintptr_t first = frame & ~async_mark;
        // A library without frame pointers may keep anything in the register. Then the first return address into our program
        // that lies on the stack in front of a frame of ours is where it was called.
        if (!is_ours(pc)) {
            const uintptr_t *word = (const uintptr_t *)(stack & ~(uintptr_t)7);
            for (int i = 0; i < 512 && (uintptr_t)(word + 1) < end; i++, word++) {
                if (!is_ours(*word)) continue;
                // Its caller's frame pointer is in the register if the library left it alone, else it was saved nearby below.
                uintptr_t candidate = first > (uintptr_t)word && first < end ? first : 0;
                for (int below = 1; below <= 8 && !candidate && (uintptr_t)(word - below) >= stack; below++) {
                    uintptr_t saved_frame = word[-below] & ~async_mark;
                    if (saved_frame > (uintptr_t)word && saved_frame + 16 <= end && saved_frame % 8 == 0
                        && is_ours(((const uintptr_t *)saved_frame)[1]))
                        candidate = saved_frame;
                }
                if (!candidate || candidate % 8 || candidate + 16 > end || !is_ours(((const uintptr_t *)candidate)[1])) continue;
                frames[count++] = *word;
                first = candidate;
                break;
            }
        }
        count = walk(first, stack, end, last, frames, count);
    }
    uint64_t processor = atelier_thread_time(), number = load(&lane->sample_head);
    atomic_thread_fence(memory_order_release);
    _Atomic uint64_t *words = lane->samples[number % atelier_sample_count];
    store(&words[0], atelier_now());
    store(&words[1], processor - lane->sampled);
    store(&words[2], depth | (uint64_t)count << 32);
    for (uint32_t i = 0; i < depth; i++) store(&words[3 + i], load(&lane->open[i].name));
    for (uint32_t i = 0; i < count; i++) store(&words[3 + atelier_span_depth + i], frames[i]);
    lane->sampled = processor;
    atomic_store_explicit(&lane->sample_head, number + 1, memory_order_release);
    errno = saved;
}

int atelier_sampling_begin(void) {
    dl_iterate_phdr(note_text, NULL);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = note_stack;
    // Calls that can be taken up again are; those that cannot are seldom interrupted, as only threads that compute are asked.
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGPROF, &action, NULL);
}

void atelier_sampling_tick(uint64_t period) {
    pid_t process = getpid();
    for (atelier_lane *lane = atelier_lane_first(); lane; lane = atelier_lane_next(lane)) {
        uint32_t thread = load(&lane->thread);
        if (!thread) continue;
        // The clock of a thread by its number: ~number << 3, per thread (4), as it ran (2). See clock_getcpuclockid in the C library.
        clockid_t clock = (clockid_t)((~(uint32_t)thread) << 3 | 6);
        struct timespec time;
        if (clock_gettime(clock, &time) != 0) continue;
        uint64_t processor = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
        uint64_t asked = load(&lane->asked);
        if (processor - asked < period / 2) continue;
        store(&lane->asked, processor);
        if (asked) syscall(SYS_tgkill, process, thread, SIGPROF);
    }
}

// Symbols -----------------------------------------------------------------------------------------------------------

int atelier_symbol(uint64_t address, const char **file, const char **symbol, uint64_t *base) {
    Dl_info info;
    if (!dladdr((void *)(uintptr_t)address, &info)) return 0;
    *file = info.dli_fname;
    *symbol = info.dli_sname;
    *base = (uint64_t)(uintptr_t)info.dli_fbase;
    return 1;
}

// From the Swift runtime.
char *swift_demangle(const char *name, size_t length, char *output, size_t *size, uint32_t flags);

char *atelier_demangled(const char *symbol) {
    return swift_demangle(symbol, strlen(symbol), NULL, NULL, 0);
}
