// One vector kernel, compiled once per SIMD level: LANES independent chains of blocks side by side, lane i of every
// vector belonging to input i (the paper, section 5.3). Included by blake3.c with LANES, TARGET and NAME(x) defined.

typedef uint32_t NAME(vec) __attribute__((vector_size(LANES * 4)));
#define VEC NAME(vec)
#define INLINE static inline __attribute__((always_inline)) TARGET

// Interleaves the low, or high, halves of every 128-bit part, by 32-bit words and by 64-bit pairs of them.
#if LANES == 4
#define LOW32(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIGH32(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define LOW64(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define HIGH64(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
#elif LANES == 8
#define LOW32(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH32(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define LOW64(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define HIGH64(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#else
#define LOW32(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HIGH32(a, b) __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define LOW64(a, b) __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define HIGH64(a, b) __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#endif

// Within each 128-bit part, turns four rows of four words into four columns.
#define TRANSPOSE(a, b, c, d)                                                                                          \
    do {                                                                                                               \
        VEC ab0 = LOW32(a, b), ab1 = HIGH32(a, b), cd0 = LOW32(c, d), cd1 = HIGH32(c, d);                              \
        a = LOW64(ab0, cd0), b = HIGH64(ab0, cd0), c = LOW64(ab1, cd1), d = HIGH64(ab1, cd1);                          \
    } while (0)

// Four words of each of the inputs r, r + 4, r + 8, … as the 128-bit parts of one vector.
INLINE VEC NAME(gather)(const uint8_t *input, size_t stride) {
    (void)stride;
#if LANES == 4
    return load4(input);
#elif LANES == 8
    return __builtin_shufflevector(load4(input), load4(input + 4 * stride), 0, 1, 2, 3, 4, 5, 6, 7);
#else
    vec8 low = __builtin_shufflevector(load4(input), load4(input + 4 * stride), 0, 1, 2, 3, 4, 5, 6, 7);
    vec8 high = __builtin_shufflevector(load4(input + 8 * stride), load4(input + 12 * stride), 0, 1, 2, 3, 4, 5, 6, 7);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#endif
}

INLINE VEC NAME(all)(uint32_t word) { return (VEC){0} + word; }

// Hashes LANES inputs of `blocks` whole blocks each, `stride` bytes apart, to LANES chaining values in a row.
// Input i has the counter `counter + i * step`.
static TARGET void NAME(hash)(
    const uint8_t *input, size_t stride, size_t blocks, uint64_t counter, unsigned step, flags_of_node flags, uint8_t *out
) {
    VEC h[8], low, high;
    for (int i = 0; i < 8; i++) h[i] = NAME(all)(initial[i]);
    for (int lane = 0; lane < LANES; lane++) {
        uint64_t t = counter + (uint64_t)lane * step;
        low[lane] = (uint32_t)t, high[lane] = (uint32_t)(t >> 32);
    }
    for (size_t block = 0; block < blocks; block++) {
        VEC m[16];
        for (int part = 0; part < 4; part++) {
            const uint8_t *at = input + block * 64 + part * 16;
            VEC *w = m + part * 4;
            for (int r = 0; r < 4; r++) w[r] = NAME(gather)(at + r * stride, stride);
            TRANSPOSE(w[0], w[1], w[2], w[3]);
        }
        // The blocks come from LANES streams: too many for the hardware prefetcher.
        for (int lane = 0; lane < LANES; lane++) __builtin_prefetch(input + lane * stride + block * 64 + 256);
        uint32_t f = flags.all | (block == 0 ? flags.first : 0) | (block + 1 == blocks ? flags.last : 0);
        VEC v[16] = {
            h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7],
            NAME(all)(initial[0]), NAME(all)(initial[1]), NAME(all)(initial[2]), NAME(all)(initial[3]),
            low, high, NAME(all)(64), NAME(all)(f)};
        SEVEN_ROUNDS(v, m);
        for (int i = 0; i < 8; i++) h[i] = v[i] ^ v[i + 8];
    }
    TRANSPOSE(h[0], h[1], h[2], h[3]);
    TRANSPOSE(h[4], h[5], h[6], h[7]);
    for (int lane = 0; lane < LANES; lane++) {
        const char *first = (const char *)&h[lane % 4] + lane / 4 * 16, *second = (const char *)&h[lane % 4 + 4] + lane / 4 * 16;
        memcpy(out + lane * 32, first, 16);
        memcpy(out + lane * 32 + 16, second, 16);
    }
}

#undef VEC
#undef INLINE
#undef LOW32
#undef HIGH32
#undef LOW64
#undef HIGH64
#undef TRANSPOSE
