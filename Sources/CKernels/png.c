// PNG's filters, and a deflate (RFC 1951) that knows one kind of match: the pixel before, repeated. Filtered drawings are mostly such
// runs, and finding nothing else costs a comparison a vector. The idea of run-length deflate for PNG is that of R. Geldreich's fpng
// (2021); the code words are worked out after A. Moffat and J. Katajainen, "In-place calculation of minimum-redundancy codes" (1995).

#include "levels.h"
#include "atelier_kernels.h"

enum { vector = 64 };
typedef uint8_t bytes64 __attribute__((ext_vector_type(64)));
typedef _Bool bits64 __attribute__((ext_vector_type(64)));

// By address: a vector of this width is no return value below AVX-512.
INLINE void load(bytes64 *v, const uint8_t *p) { memcpy(v, p, vector); }

// Filters ------------------------------------------------------------------------------------------------------------

LEVELS void atelier_filter(
    const uint8_t *in, size_t length, size_t stride, size_t rows, int pixel_bytes, int type, uint8_t *out
) {
    for (size_t row = 0; row < rows; row++, in += stride, out += length + 1) {
        int sub = type == 2 && row == 0;
        out[0] = (uint8_t)(sub ? 1 : type);
        uint8_t *to = out + 1;
        if (sub) {
            for (int i = 0; i < pixel_bytes; i++) to[i] = in[i];
            for (size_t i = (size_t)pixel_bytes; i < length; i++) to[i] = (uint8_t)(in[i] - in[i - (size_t)pixel_bytes]);
        } else if (type == 2) {
            const uint8_t *above = in - stride;
            for (size_t i = 0; i < length; i++) to[i] = (uint8_t)(in[i] - above[i]);
        } else {
            memcpy(to, in, length);
        }
    }
}

// Tokens -------------------------------------------------------------------------------------------------------------

// A row is a list of pairs: how many literals, and how long the run behind them is. A run of 0 ends the row.
enum { shortest_match = 6, longest_match = 258 };

// The bits of a row (`find_repeats` writes a word more, `window` reads one), which stand in front of the tokens, as 32-bit numbers.
INLINE size_t count_of_words(size_t length) { return 2 * (length / vector + 3); }

size_t atelier_token_count(size_t length, size_t rows) { return count_of_words(length) + rows * (2 * (length / shortest_match) + 4); }

// Headers take less than 400 bytes; a literal at most 12 bits.
size_t atelier_deflate_bound(size_t length, size_t rows) { return (length + 1) * rows * 3 / 2 + 1024; }

typedef struct {
    uint32_t literals[4][256];
    uint32_t matches[longest_match + 1];
} counts;

// Bit i of word w: byte 64 w + i of the row is that of the pixel before.
INLINE void find_repeats(const uint8_t *row, size_t length, int pixel_bytes, uint64_t *words) {
    for (size_t i = 0; i < length; i += vector) {
        bytes64 here, before;
        load(&here, row + i);
        load(&before, row + i - pixel_bytes);
        bits64 equal = __builtin_convertvector(here == before, bits64);
        memcpy(words++, &equal, 8);
    }
    // Nothing repeats what lies before the row, nor behind its end.
    words[0] = 0;
    words -= (length + vector - 1) / vector;
    words[0] &= ~(uint64_t)0 << pixel_bytes;
    if (length % vector) words[length / vector] &= ((uint64_t)1 << length % vector) - 1;
}

INLINE uint64_t window(const uint64_t *words, size_t at) {
    size_t word = at / 64, bit = at % 64;
    return bit ? words[word] >> bit | words[word + 1] << (64 - bit) : words[word];
}

// The first place at or after `at` where `shortest_match` bytes repeat, or `length`.
INLINE size_t next_match(const uint64_t *words, size_t at, size_t length) {
    while (at < length) {
        uint64_t w = window(words, at);
        uint64_t runs = w & w >> 1;
        runs &= runs >> 2;
        runs &= runs >> (shortest_match - 4);
        if (runs) return at + (size_t)__builtin_ctzll(runs);
        at += 64 - (shortest_match - 1);
    }
    return length;
}

INLINE size_t match_end(const uint64_t *words, size_t at, size_t length) {
    while (at < length) {
        uint64_t others = ~window(words, at);
        if (others) {
            at += (size_t)__builtin_ctzll(others);
            return at < length ? at : length;
        }
        at += 64;
    }
    return length;
}

INLINE void count_literals(counts *c, const uint8_t *p, size_t n) {
    for (; n >= 4; n -= 4, p += 4) {
        uint32_t four;
        memcpy(&four, p, 4);
        c->literals[0][four & 255]++, c->literals[1][four >> 8 & 255]++;
        c->literals[2][four >> 16 & 255]++, c->literals[3][four >> 24]++;
    }
    for (; n; n--) c->literals[0][*p++]++;
}

// Parts of a long match are 258 long, the last two so that none is shorter than three.
INLINE size_t match_part(size_t left) { return left <= longest_match ? left : left - longest_match < 3 ? longest_match - 3 : longest_match; }

LEVELS static uint32_t *tokenize(
    const uint8_t *filtered, size_t length, size_t rows, int pixel_bytes, uint64_t *words, uint32_t *tokens, counts *c
) {
    for (size_t row = 0; row < rows; row++, filtered += length + 1) {
        c->literals[0][filtered[0]]++;
        const uint8_t *bytes = filtered + 1;
        find_repeats(bytes, length, pixel_bytes, words);
        size_t at = 0;
        while (1) {
            size_t match = next_match(words, at, length);
            count_literals(c, bytes + at, match - at);
            *tokens++ = (uint32_t)(match - at);
            at = match_end(words, match, length);
            *tokens++ = (uint32_t)(at - match);
            if (match == length) break;
            for (size_t left = at - match; left;) {
                size_t part = match_part(left);
                c->matches[part]++;
                left -= part;
            }
        }
    }
    return tokens;
}

// Codes --------------------------------------------------------------------------------------------------------------

enum { symbols = 286, longest_code = 12 };

// Orders the used symbols by count, rising, equal ones by number: two passes over bytes of counts below 2^16.
static int order(const uint32_t *count, int n, uint16_t *sorted) {
    uint16_t other[symbols];
    int used = 0, starts[257];
    for (int i = 0; i < n; i++) if (count[i]) other[used++] = (uint16_t)i;
    for (int shift = 0; shift <= 8; shift += 8) {
        const uint16_t *from = shift ? sorted : other;
        uint16_t *to = shift ? other : sorted;
        memset(starts, 0, sizeof starts);
        for (int i = 0; i < used; i++) starts[(count[from[i]] >> shift & 255) + 1]++;
        for (int i = 0; i < 256; i++) starts[i + 1] += starts[i];
        for (int i = 0; i < used; i++) to[starts[count[from[i]] >> shift & 255]++] = from[i];
    }
    memcpy(sorted, other, (size_t)used * sizeof *sorted);
    return used;
}

// Lengths of a minimum-redundancy code for counts in rising order, in place.
static void code_lengths(uint32_t *a, int n) {
    int root = 0, leaf = 2, next;
    if (n == 1) { a[0] = 1; return; }
    a[0] += a[1];
    for (next = 1; next < n - 1; next++) {
        if (leaf >= n || a[root] < a[leaf]) a[next] = a[root], a[root++] = (uint32_t)next;
        else a[next] = a[leaf++];
        if (leaf >= n || (root < next && a[root] < a[leaf])) a[next] += a[root], a[root++] = (uint32_t)next;
        else a[next] += a[leaf++];
    }
    a[n - 2] = 0;
    for (next = n - 3; next >= 0; next--) a[next] = a[a[next]] + 1;
    int free = 1, used = 0;
    uint32_t depth = 0;
    root = n - 2, next = n - 1;
    while (free > 0) {
        while (root >= 0 && a[root] == depth) used++, root--;
        while (free > used) a[next--] = depth, free--;
        free = 2 * used, depth++, used = 0;
    }
}

// Lengths of at most `longest` bits; unused symbols have 0. Counts may be any.
static void make_lengths(const uint32_t *counted, int n, uint32_t longest, uint8_t *lengths) {
    uint32_t count[symbols], a[symbols], highest = 0;
    uint16_t sorted[symbols];
    for (int i = 0; i < n; i++) if (counted[i] > highest) highest = counted[i];
    int shift = 0;
    while (highest >> shift > 0xFFFF) shift++;
    for (int i = 0; i < n; i++) count[i] = counted[i] ? (counted[i] >> shift) + (counted[i] >> shift == 0) : 0;
    int used = order(count, n, sorted);
    memset(lengths, 0, (size_t)n);
    if (!used) return;
    for (int i = 0; i < used; i++) a[i] = count[sorted[i]];
    code_lengths(a, used);
    // Longer codes are cut, and the sum of 2^-length brought back to 1 by lengthening the longest of the others, then by shortening.
    uint32_t sum = 0;
    for (int i = 0; i < used; i++) {
        if (a[i] > longest) a[i] = longest;
        sum += 1u << (longest - a[i]);
    }
    while (sum > 1u << longest) {
        int i = 0;
        while (a[i] == longest) i++;
        a[i]++, sum -= 1u << (longest - a[i]);
    }
    for (int i = used - 1; i >= 0 && used > 1; i--)
        while (a[i] > 1 && sum + (1u << (longest - a[i])) <= 1u << longest) sum += 1u << (longest - a[i]), a[i]--;
    for (int i = 0; i < used; i++) lengths[sorted[i]] = (uint8_t)a[i];
}

// The canonical code of RFC 1951, 3.2.2, bits turned round for writing.
static void make_codes(const uint8_t *lengths, int n, uint32_t *codes) {
    uint32_t count[16] = {0}, next[16] = {0};
    for (int i = 0; i < n; i++) count[lengths[i]]++;
    count[0] = 0;
    for (int bits = 1; bits < 16; bits++) next[bits] = (next[bits - 1] + count[bits - 1]) << 1;
    for (int i = 0; i < n; i++) {
        uint32_t code = lengths[i] ? next[lengths[i]]++ : 0, turned = 0;
        for (int bit = 0; bit < lengths[i]; bit++) turned |= (code >> bit & 1) << (lengths[i] - 1 - bit);
        codes[i] = turned;
    }
}

// Symbol and extra bits of a match's length (RFC 1951, 3.2.5).
typedef struct { uint16_t symbol; uint8_t bits, extra; } length_code;
static length_code code_of_length(unsigned length) {
    if (length == 258) return (length_code){285, 0, 0};
    unsigned l = length - 3, bits = l < 8 ? 0 : 29 - (unsigned)__builtin_clz(l);
    return (length_code){(uint16_t)(257 + (bits << 2) + (l >> bits)), (uint8_t)bits, (uint8_t)(l & ((1u << bits) - 1))};
}

// Bits out -----------------------------------------------------------------------------------------------------------

typedef struct { uint64_t bits; unsigned count; uint8_t *out; } writer;

INLINE void put(writer *w, uint64_t value, unsigned count) { w->bits |= value << w->count, w->count += count; }

// Leaves fewer than 8 bits behind.
INLINE void flush(writer *w) {
    memcpy(w->out, &w->bits, 8);
    w->out += w->count >> 3;
    w->bits >>= w->count & ~7u;
    w->count &= 7;
}

typedef struct { uint32_t code; uint32_t bits; } word;

LEVELS static void put_tokens(
    writer *target, const uint8_t *filtered, size_t length, size_t rows, const uint32_t *tokens, const word *literal, const word *match
) {
    writer w = *target;
    for (size_t row = 0; row < rows; row++, filtered += length + 1) {
        const uint8_t *p = filtered;
        size_t first = 1;  // the filter's type
        while (1) {
            size_t n = first + *tokens++, run = *tokens++;
            first = 0;
            for (; n >= 4; n -= 4, p += 4) {
                word a = literal[p[0]], b = literal[p[1]], c = literal[p[2]], d = literal[p[3]];
                uint64_t ab = a.code | (uint64_t)b.code << a.bits, cd = c.code | (uint64_t)d.code << c.bits;
                put(&w, ab | cd << (a.bits + b.bits), a.bits + b.bits + c.bits + d.bits);
                flush(&w);
            }
            for (; n; n--, p++) put(&w, literal[*p].code, literal[*p].bits);
            flush(&w);
            if (!run) break;
            p += run;
            for (size_t left = run; left;) {
                size_t part = match_part(left);
                put(&w, match[part].code, match[part].bits);
                flush(&w);
                left -= part;
            }
        }
    }
    *target = w;
}

// Lengths of both codes, run-length coded (RFC 1951, 3.2.7).
static void put_header(writer *w, const uint8_t *lengths, int literals, const uint8_t *distances, int distance_count) {
    static const uint8_t order_of_lengths[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    uint8_t all[symbols + 30], item[symbols + 30], extra[symbols + 30], lengths19[19];
    uint32_t count[19] = {0}, codes[19];
    int total = literals + distance_count, items = 0;
    memcpy(all, lengths, (size_t)literals);
    memcpy(all + literals, distances, (size_t)distance_count);
    for (int i = 0; i < total;) {
        int run = 1;
        while (i + run < total && all[i + run] == all[i]) run++;
        int taken = 1;
        if (all[i] == 0 && run >= 3) {
            taken = run > 138 ? 138 : run;
            item[items] = taken < 11 ? 17 : 18, extra[items] = (uint8_t)(taken - (taken < 11 ? 3 : 11));
        } else if (i && all[i] == all[i - 1] && run >= 3) {
            taken = run > 6 ? 6 : run;
            item[items] = 16, extra[items] = (uint8_t)(taken - 3);
        } else {
            item[items] = all[i], extra[items] = 0;
        }
        count[item[items++]]++;
        i += taken;
    }
    make_lengths(count, 19, 7, lengths19);
    make_codes(lengths19, 19, codes);
    int sent = 19;
    while (sent > 4 && !lengths19[order_of_lengths[sent - 1]]) sent--;
    put(w, 2 << 1, 3);  // not the last; codes of its own
    put(w, (uint64_t)(literals - 257), 5), put(w, (uint64_t)(distance_count - 1), 5), put(w, (uint64_t)(sent - 4), 4);
    flush(w);
    for (int i = 0; i < sent; i++) put(w, lengths19[order_of_lengths[i]], 3), flush(w);
    for (int i = 0; i < items; i++) {
        put(w, codes[item[i]], lengths19[item[i]]);
        if (item[i] >= 16) put(w, extra[i], item[i] == 16 ? 2 : item[i] == 17 ? 3 : 7);
        flush(w);
    }
}

size_t atelier_deflate_runs(
    const uint8_t *filtered, size_t length, size_t rows, int pixel_bytes, uint32_t *tokens, uint8_t *out
) {
    // Of the wide rows there may be, the bits of one do not fit the stack of every thread; they share the tokens' scratch.
    uint64_t *words = (uint64_t *)(void *)tokens;
    uint32_t *first = tokens + count_of_words(length);
    counts c;
    memset(&c, 0, sizeof c);
    tokenize(filtered, length, rows, pixel_bytes, words, first, &c);

    uint32_t count[symbols] = {0}, codes[symbols];
    uint8_t lengths[symbols];
    for (int i = 0; i < 256; i++) count[i] = c.literals[0][i] + c.literals[1][i] + c.literals[2][i] + c.literals[3][i];
    for (unsigned i = 3; i <= longest_match; i++) count[code_of_length(i).symbol] += c.matches[i];
    count[256] = 1;
    make_lengths(count, symbols, longest_code, lengths);
    make_codes(lengths, symbols, codes);

    // One distance, so one bit.
    int distance = pixel_bytes < 5 ? pixel_bytes - 1 : 4;
    unsigned distance_extra = pixel_bytes >= 5 ? 1 : 0, distance_value = pixel_bytes >= 5 ? (unsigned)(pixel_bytes - 5) & 1 : 0;
    if (pixel_bytes >= 7) distance = 5;
    uint8_t distances[30] = {0};
    distances[distance] = 1;

    word literal[256], match[longest_match + 1];
    for (int i = 0; i < 256; i++) literal[i] = (word){codes[i], lengths[i]};
    for (unsigned i = 3; i <= longest_match; i++) {
        length_code l = code_of_length(i);
        unsigned bits = lengths[l.symbol];
        uint32_t code = codes[l.symbol] | (uint32_t)l.extra << bits;
        bits += l.bits + 1;  // the distance's code is a zero
        match[i] = (word){code | distance_value << bits, bits + distance_extra};
    }
    writer w = {0, 0, out};
    int used = symbols;
    while (used > 257 && !lengths[used - 1]) used--;
    put_header(&w, lengths, used, distances, distance + 1);
    put_tokens(&w, filtered, length, rows, first, literal, match);
    put(&w, codes[256], lengths[256]);
    // An empty stored block brings the stream to a byte (RFC 1951, 3.2.4).
    put(&w, 0, 3);
    flush(&w);
    if (w.count) *w.out++ = (uint8_t)w.bits;
    memcpy(w.out, "\0\0\xFF\xFF", 4);
    return (size_t)(w.out + 4 - out);
}

// Undoing filters ----------------------------------------------------------------------------------------------------

INLINE uint8_t paeth(int a, int b, int c) {
    int pa = b - c, pb = a - c, pc = pa + pb;
    pa = pa < 0 ? -pa : pa, pb = pb < 0 ? -pb : pb, pc = pc < 0 ? -pc : pc;
    int least = pb <= pc ? b : c, other = pb <= pc ? pb : pc;
    return (uint8_t)(pa <= other ? a : least);
}

// A pixel of four bytes as words, so that a filter that needs the pixel before keeps it in a register.
typedef int16_t lanes __attribute__((vector_size(8)));
typedef uint8_t bytes4 __attribute__((vector_size(4)));

INLINE lanes widen(const uint8_t *p) {
    bytes4 b;
    memcpy(&b, p, 4);
    return __builtin_convertvector(b, lanes);
}

INLINE void narrow(uint8_t *p, lanes v, int count) {
    bytes4 b = __builtin_convertvector(v & 255, bytes4);
    memcpy(p, &b, (size_t)count);
}

INLINE lanes magnitude(lanes v) {
    lanes sign = v >> 15;
    return (v ^ sign) - sign;
}

INLINE lanes choose(lanes mask, lanes yes, lanes no) { return (mask & yes) | (~mask & no); }

INLINE void undo_pixels(uint8_t *row, const uint8_t *above, size_t length, int type, const int n) {
    lanes left = {0}, corner = {0};
    for (size_t i = 0; i + (size_t)n <= length; i += (size_t)n) {
        lanes here = widen(row + i), up = above ? widen(above + i) : (lanes){0};
        if (type == 1) {
            left = (here + left) & 255;
        } else if (type == 3) {
            left = (here + ((left + up) >> 1)) & 255;
        } else {
            lanes pa = up - corner, pb = left - corner, pc = magnitude(pa + pb);
            pa = magnitude(pa), pb = magnitude(pb);
            lanes nearest = choose((lanes)(pb <= pc), up, corner), distance = choose((lanes)(pb <= pc), pb, pc);
            left = (here + choose((lanes)(pa <= distance), left, nearest)) & 255;
        }
        corner = up;
        narrow(row + i, left, n);
    }
}

LEVELS static void add_rows(uint8_t *restrict row, const uint8_t *restrict above, size_t length) {
    for (size_t i = 0; i < length; i++) row[i] = (uint8_t)(row[i] + above[i]);
}

LEVELS void atelier_widen(const uint8_t *rgb, uint8_t *rgba, size_t count) {
    typedef uint8_t bytes16 __attribute__((ext_vector_type(16)));
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        bytes16 four, opaque = 255;
        memcpy(&four, rgb + 3 * i, 16);
        four = __builtin_shufflevector(four, opaque, 0, 1, 2, 16, 3, 4, 5, 16, 6, 7, 8, 16, 9, 10, 11, 16);
        memcpy(rgba + 4 * i, &four, 16);
    }
    for (; i < count; i++) {
        uint8_t r = rgb[3 * i], g = rgb[3 * i + 1], b = rgb[3 * i + 2];
        rgba[4 * i] = r, rgba[4 * i + 1] = g, rgba[4 * i + 2] = b, rgba[4 * i + 3] = 255;
    }
}

size_t atelier_unfilter(uint8_t *rows_with_types, size_t length, size_t rows, int pixel_bytes) {
    uint8_t *row = rows_with_types + 1;
    const uint8_t *above = 0;
    size_t step = (size_t)pixel_bytes;
    for (size_t y = 0; y < rows; y++, above = row, row += length + 1) {
        int type = row[-1];
        if (type > 4) return y + 1;
        if (type == 2) {
            if (above) add_rows(row, above, length);
        } else if (type && pixel_bytes == 4) {
            undo_pixels(row, above, length, type, 4);
        } else if (type && pixel_bytes == 3) {
            undo_pixels(row, above, length, type, 3);
        } else if (type) {
            for (size_t i = 0; i < length; i++) {
                int left = i >= step ? row[i - step] : 0, up = above ? above[i] : 0, corner = above && i >= step ? above[i - step] : 0;
                row[i] = (uint8_t)(row[i] + (type == 1 ? left : type == 3 ? (left + up) >> 1 : paeth(left, up, corner)));
            }
        }
    }
    return 0;
}
