// Rows of layers, drawn from the top down: what an opaque span covers is never looked at, what lies over it is blended where
// it meets it, and every byte of the picture is written once. One translucent pixel over an opaque one is exact in whole numbers;
// whatever needs more is worked out in float and rounded once.

#include "levels.h"
#include "atelier_kernels.h"

// The same roundings on every processor.
#pragma STDC FP_CONTRACT OFF

enum { chunk = 128 };

// Part of a sprite that lies over the stretch being drawn.
typedef struct { const uint8_t *color, *alpha; int start, mode; float opacity; } over;

typedef struct {
    const atelier_sprite *sprites;
    const atelier_span *at[atelier_most_sprites], *end[atelier_most_sprites];
    over stack[atelier_most_sprites];
    int depth, channels;
    const uint8_t *background;
    uint8_t *out;
} row_state;

typedef uint8_t v16 __attribute__((vector_size(16)));

// Each of 16 opacities three times.
INLINE void triple(const uint8_t *a, uint8_t *out) {
    v16 v;
    memcpy(&v, a, 16);
    v16 p = __builtin_shufflevector(v, v, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5);
    v16 q = __builtin_shufflevector(v, v, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10);
    v16 r = __builtin_shufflevector(v, v, 10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15);
    memcpy(out, &p, 16), memcpy(out + 16, &q, 16), memcpy(out + 32, &r, 16);
}

// Exactly round((s × a + d × (255 - a)) ÷ 255).
INLINE uint8_t mix(unsigned s, unsigned d, unsigned a) {
    uint16_t sum = (uint16_t)(s * a + d * (255 - a) + 128);
    return (uint8_t)((uint16_t)(sum + (sum >> 8)) >> 8);
}

INLINE void mix_over(uint8_t *restrict out, const uint8_t *restrict s, const uint8_t *restrict d, const uint8_t *restrict alpha, int n) {
    uint8_t a[48];
    for (; n >= 16; n -= 16, out += 48, s += 48, d += 48, alpha += 16) {
        triple(alpha, a);
        for (int i = 0; i < 48; i++) out[i] = mix(s[i], d[i], a[i]);
    }
    for (int i = 0; i < n; i++)
        for (int c = 0; c < 3; c++) out[3 * i + c] = mix(s[3 * i + c], d[3 * i + c], alpha[i]);
}

// Planes of a stretch: premultiplied colour and opacity, 0…1.
typedef struct { float c[3][chunk], a[chunk]; } planes;

INLINE float least(float x, float y) { return x < y ? x : y; }
INLINE float most(float x, float y) { return x > y ? x : y; }

// The separable modes (W3C Compositing 10.1); b is the backdrop, s the source.
INLINE float separable(int mode, float b, float s) {
    switch (mode) {
    case atelier_multiply: return b * s;
    case atelier_screen: return b + s - b * s;
    case atelier_darken: return least(b, s);
    case atelier_lighten: return most(b, s);
    case atelier_color_dodge: return b <= 0 ? 0 : s >= 1 ? 1 : least(1, b / (1 - s));
    case atelier_color_burn: return b >= 1 ? 1 : s <= 0 ? 0 : 1 - least(1, (1 - b) / s);
    case atelier_overlay: return b <= .5f ? s * 2 * b : s + (2 * b - 1) - s * (2 * b - 1);
    case atelier_hard_light: return s <= .5f ? b * 2 * s : b + (2 * s - 1) - b * (2 * s - 1);
    case atelier_soft_light: {
        if (s <= .5f) return b - (1 - 2 * s) * b * (1 - b);
        float d = b <= .25f ? ((16 * b - 12) * b + 4) * b : __builtin_sqrtf(b);
        return b + (2 * s - 1) * (d - b);
    }
    case atelier_difference: return b > s ? b - s : s - b;
    case atelier_exclusion: return b + s - 2 * b * s;
    default: return s;
    }
}

// The others (10.2).
INLINE float luminosity(const float c[3]) { return .3f * c[0] + .59f * c[1] + .11f * c[2]; }
INLINE float saturation(const float c[3]) { return most(c[0], most(c[1], c[2])) - least(c[0], least(c[1], c[2])); }

INLINE void set_luminosity(const float c[3], float wanted, float out[3]) {
    float by = wanted - luminosity(c);
    for (int i = 0; i < 3; i++) out[i] = c[i] + by;
    float l = luminosity(out), low = least(out[0], least(out[1], out[2])), high = most(out[0], most(out[1], out[2]));
    if (low < 0) for (int i = 0; i < 3; i++) out[i] = l + (out[i] - l) * l / (l - low);
    if (high > 1) for (int i = 0; i < 3; i++) out[i] = l + (out[i] - l) * (1 - l) / (high - l);
}

INLINE void set_saturation(const float c[3], float wanted, float out[3]) {
    float low = least(c[0], least(c[1], c[2])), range = saturation(c);
    for (int i = 0; i < 3; i++) out[i] = range > 0 ? (c[i] - low) * wanted / range : 0;
}

INLINE void inseparable(int mode, const float b[3], const float s[3], float out[3]) {
    float t[3];
    switch (mode) {
    case atelier_hue:
        set_saturation(s, saturation(b), t);
        set_luminosity(t, luminosity(b), out);
        break;
    case atelier_saturation:
        set_saturation(b, saturation(s), t);
        set_luminosity(t, luminosity(b), out);
        break;
    case atelier_color: set_luminosity(s, luminosity(b), out); break;
    default: set_luminosity(b, luminosity(s), out);
    }
}

INLINE void blend_separable(planes *p, const float s[3][chunk], const float *sa, int n, int mode) {
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < n; i++) {
            float ab = p->a[i], b = ab > 0 ? p->c[c][i] / ab : 0;
            p->c[c][i] = sa[i] * (1 - ab) * s[c][i] + sa[i] * ab * separable(mode, b, s[c][i]) + (1 - sa[i]) * p->c[c][i];
        }
}

// Puts one sprite over the planes.
INLINE void blend(planes *p, const over *o, int x, int n) {
    float s[3][chunk], sa[chunk];
    const uint8_t *color = o->color + 3 * (x - o->start);
    for (int i = 0; i < n; i++)
        for (int c = 0; c < 3; c++) s[c][i] = (float)color[3 * i + c] * (1 / 255.f);
    if (o->alpha) {
        const uint8_t *alpha = o->alpha + (x - o->start);
        for (int i = 0; i < n; i++) sa[i] = (float)alpha[i] * (1 / 255.f) * o->opacity;
    } else {
        for (int i = 0; i < n; i++) sa[i] = o->opacity;
    }
    switch (o->mode) {
    case atelier_normal:
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < n; i++) p->c[c][i] = s[c][i] * sa[i] + p->c[c][i] * (1 - sa[i]);
        break;
#define CASE(mode) case mode: blend_separable(p, s, sa, n, mode); break
    CASE(atelier_multiply); CASE(atelier_screen); CASE(atelier_overlay); CASE(atelier_darken); CASE(atelier_lighten);
    CASE(atelier_color_dodge); CASE(atelier_color_burn); CASE(atelier_hard_light); CASE(atelier_soft_light);
    CASE(atelier_difference); CASE(atelier_exclusion);
#undef CASE
    default:
        for (int i = 0; i < n; i++) {
            float ab = p->a[i], b[3], from[3], mixed[3];
            for (int c = 0; c < 3; c++) b[c] = ab > 0 ? p->c[c][i] / ab : 0, from[c] = s[c][i];
            inseparable(o->mode, b, from, mixed);
            for (int c = 0; c < 3; c++)
                p->c[c][i] = sa[i] * (1 - ab) * from[c] + sa[i] * ab * mixed[c] + (1 - sa[i]) * p->c[c][i];
        }
    }
    for (int i = 0; i < n; i++) p->a[i] = sa[i] + p->a[i] * (1 - sa[i]);
}

INLINE uint8_t rounded(float v) {
    v = v * 255 + .5f;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

// Draws columns x ..< end: the stack over an opaque stretch (`base`, three bytes a pixel), or over nothing.
INLINE void draw_stack(row_state *r, int x, int end, const uint8_t *base) {
    uint8_t *out = r->out + r->channels * x;
    for (int n; x < end; x += n, out += r->channels * n) {
        n = end - x < chunk ? end - x : chunk;
        planes p;
        for (int i = 0; i < n; i++)
            for (int c = 0; c < 3; c++) p.c[c][i] = base ? (float)base[3 * i + c] * (1 / 255.f) : 0;
        for (int i = 0; i < n; i++) p.a[i] = base ? 1 : 0;
        for (int k = r->depth; k-- > 0;) blend(&p, &r->stack[k], x, n);
        if (r->channels == 3) {
            for (int i = 0; i < n; i++)
                for (int c = 0; c < 3; c++) out[3 * i + c] = rounded(p.c[c][i]);
        } else {
            for (int i = 0; i < n; i++) {
                uint8_t a = rounded(p.a[i]);
                // By the opacity as it is stored, so that the product of the two is as near as it can be.
                float by = a ? 255 / (float)a : 0;
                for (int c = 0; c < 3; c++) out[4 * i + c] = rounded(p.c[c][i] * by);
                out[4 * i + 3] = a;
            }
        }
        if (base) base += 3 * n;
    }
}

INLINE void copy_opaque(row_state *r, int x, int end, const uint8_t *base) {
    if (r->channels != 4) {
        memcpy(r->out + r->channels * x, base, (size_t)r->channels * (size_t)(end - x));
        return;
    }
    uint8_t *out = r->out + 4 * x;
    for (int i = 0; i < end - x; i++) {
        for (int c = 0; c < 3; c++) out[4 * i + c] = base[3 * i + c];
        out[4 * i + 3] = 255;
    }
}

INLINE void draw_over_opaque(row_state *r, int x, int end, const uint8_t *base) {
    if (r->depth == 0) {
        copy_opaque(r, x, end, base);
    } else if (r->depth == 1 && r->channels == 3 && r->stack[0].mode == atelier_normal && r->stack[0].opacity == 1) {
        const over *o = &r->stack[0];
        mix_over(r->out + 3 * x, o->color + 3 * (x - o->start), base, o->alpha + (x - o->start), end - x);
    } else {
        draw_stack(r, x, end, base);
    }
}

INLINE void draw_over_background(row_state *r, int x, int end) {
    if (r->channels == 1) {
        memset(r->out + x, r->background[3] ? r->background[0] : 0, (size_t)(end - x));
        return;
    }
    if (r->background[3] == 255) {
        uint8_t base[3 * chunk];
        int length = end - x < chunk ? end - x : chunk;
        for (int i = 0; i < length; i++)
            for (int c = 0; c < 3; c++) base[3 * i + c] = r->background[c];
        for (int n; x < end; x += n) {
            n = end - x < chunk ? end - x : chunk;
            draw_over_opaque(r, x, x + n, base);
        }
        return;
    }
    if (r->background[3] != 0) {
        // A translucent background is one more sprite, the lowest.
        uint8_t color[3 * chunk], alpha[chunk];
        for (int n; x < end; x += n) {
            n = end - x < chunk ? end - x : chunk;
            for (int i = 0; i < n; i++) {
                for (int c = 0; c < 3; c++) color[3 * i + c] = r->background[c];
                alpha[i] = r->background[3];
            }
            r->stack[r->depth] = (over){color, alpha, x, atelier_normal, 1};
            r->depth++;
            draw_stack(r, x, x + n, 0);
            r->depth--;
        }
        return;
    }
    if (r->depth == 0) {
        memset(r->out + r->channels * x, 0, (size_t)r->channels * (size_t)(end - x));
    } else if (r->depth == 1 && r->channels == 4 && r->stack[0].mode == atelier_normal && r->stack[0].opacity == 1) {
        const over *o = &r->stack[0];
        const uint8_t *color = o->color + 3 * (x - o->start), *alpha = o->alpha + (x - o->start);
        uint8_t *out = r->out + 4 * x;
        for (int i = 0; i < end - x; i++) {
            for (int c = 0; c < 3; c++) out[4 * i + c] = alpha[i] ? color[3 * i + c] : 0;
            out[4 * i + 3] = alpha[i];
        }
    } else {
        draw_stack(r, x, end, 0);
    }
}

// What is left to do once the sprites of a stretch are known; compiled for each level.
LEVELS static void finish(row_state *r, int x, int end, const uint8_t *base) {
    if (base) draw_over_opaque(r, x, end, base);
    else draw_over_background(r, x, end);
}

// Draws columns x ..< end of sprites `level` and below, under what is on the stack. Each sprite's spans are met in rising order, so
// `at` only moves forward. No deeper than there are sprites.
static void descend(row_state *r, int level, int x, int end) {
    for (; level >= 0; level--) {
        const atelier_span *at = r->at[level], *last = r->end[level];
        int shift = r->sprites[level].x;
        while (at < last && (int)at->end + shift <= x) at++;
        r->at[level] = at;
        if (at < last && (int)at->start + shift < end) break;
    }
    if (level < 0) {
        finish(r, x, end, 0);
        return;
    }
    const atelier_sprite *sprite = &r->sprites[level];
    while (x < end) {
        const atelier_span *at = r->at[level], *last = r->end[level];
        while (at < last && (int)at->end + sprite->x <= x) at++;
        r->at[level] = at;
        int start = at < last ? (int)at->start + sprite->x : end;
        if (start >= end) {
            descend(r, level - 1, x, end);
            return;
        }
        if (start > x) {
            descend(r, level - 1, x, start);
            x = start;
        }
        int stop = (int)at->end + sprite->x < end ? (int)at->end + sprite->x : end;
        const int bytes = r->channels == 1 ? 1 : 3;
        const uint8_t *color = sprite->colors + (size_t)bytes * at->color, *alpha = 0;
        if (at->alpha != atelier_opaque) alpha = sprite->alphas + at->alpha;
        if (!alpha && sprite->mode == atelier_normal && sprite->opacity == 1) {
            finish(r, x, stop, color + bytes * (x - start));
        } else {
            r->stack[r->depth++] = (over){color, alpha, start, sprite->mode, sprite->opacity};
            descend(r, level - 1, x, stop);
            r->depth--;
        }
        x = stop;
    }
}

void atelier_draw_rows(
    const atelier_sprite *sprites, int count, int width, int top, int bottom, const uint8_t background[4], int channels, uint8_t *out,
    size_t stride
) {
    row_state r;
    r.sprites = sprites, r.channels = channels, r.background = background, r.depth = 0;
    for (int y = top; y < bottom; y++, out += stride) {
        r.out = out;
        for (int k = 0; k < count; k++) {
            int row = y - sprites[k].y;
            int has = row >= 0 && row < sprites[k].height;
            r.at[k] = sprites[k].spans + (has ? sprites[k].rows[row] : 0);
            r.end[k] = sprites[k].spans + (has ? sprites[k].rows[row + 1] : 0);
        }
        descend(&r, count - 1, 0, width);
    }
}

// Traits ------------------------------------------------------------------------------------------------------------

// 0 transparent, 1 partial, 2 opaque.
INLINE int kind_of(uint8_t a) { return a == 0 ? 0 : a == 255 ? 2 : 1; }

// The next run of a row after `x`: where it ends and of which kind.
static uint32_t run_end(const uint8_t *pixels, uint32_t width, uint32_t x, int kind) {
    uint32_t end = x;
    if (kind == 1) {
        while (end < width && kind_of(pixels[4 * end + 3]) == 1) end++;
        return end;
    }
    uint64_t want = kind == 2 ? 0xFF000000FF000000u : 0;
    while (end + 4 <= width) {
        uint64_t p[2];
        memcpy(p, pixels + 4 * end, 16);
        if ((((p[0] ^ want) | (p[1] ^ want)) & 0xFF000000FF000000u) != 0) break;
        end += 4;
    }
    while (end < width && kind_of(pixels[4 * end + 3]) == kind) end++;
    return end;
}

// The next span at or after `*x`: its bounds; returns its kind, or 0 at the end of the row.
static int next_span(const uint8_t *pixels, uint32_t width, uint32_t shortest_run, uint32_t *x, uint32_t *end) {
    while (*x < width) {
        int kind = kind_of(pixels[4 * *x + 3]);
        uint32_t to = run_end(pixels, width, *x, kind);
        if (kind == 0) {
            *x = to;
            continue;
        }
        // A partial stretch takes in short runs of other kinds, but does not end with a transparent one.
        uint32_t solid = to;
        if (kind == 2 && to - *x >= shortest_run) {
            *end = to;
            return 2;
        }
        while (to < width) {
            int other = kind_of(pixels[4 * to + 3]);
            uint32_t further = run_end(pixels, width, to, other);
            if (other != 1 && further - to >= shortest_run) break;
            if (other == 0 && further == width) break;
            to = further;
            if (other != 0) solid = to;
        }
        *end = solid;
        // Alone between gaps it may still be opaque.
        if (kind == 2 && run_end(pixels, width, *x, 2) == solid) return 2;
        return 1;
    }
    return 0;
}

bool atelier_has_translucent(const uint8_t *pixels, size_t count) {
    size_t at = 0;
    // One more than 0 and 255 have no bit but the lowest.
    for (; at + 16 <= count; at += 16) {
        uint32_t p[16], found = 0;
        memcpy(p, pixels + 4 * at, 64);
        for (int i = 0; i < 16; i++) found |= ((p[i] >> 24) + 1) & 0xFE;
        if (found) return true;
    }
    for (; at < count; at++) {
        if (kind_of(pixels[4 * at + 3]) == 1) return true;
    }
    return false;
}

void atelier_measure_spans(
    const uint8_t *pixels, uint32_t width, uint32_t shortest_run, uint32_t totals[3], atelier_stretch *covered
) {
    uint32_t x = 0, end = 0;
    *covered = (atelier_stretch){width, width};
    for (int kind; (kind = next_span(pixels, width, shortest_run, &x, &end)); x = end) {
        if (covered->start == width) covered->start = x;
        covered->end = end;
        totals[0] += 1, totals[1] += end - x;
        if (kind == 1) totals[2] += end - x;
    }
}

void atelier_make_spans(
    const uint8_t *pixels, atelier_stretch covered, uint32_t shortest_run, atelier_span *spans, uint8_t *colors, uint8_t *alphas,
    uint32_t totals[3]
) {
    uint32_t x = covered.start, end = 0;
    for (int kind; (kind = next_span(pixels, covered.end, shortest_run, &x, &end)); x = end) {
        spans[totals[0]++] = (atelier_span){x, end, totals[1], kind == 1 ? totals[2] : atelier_opaque};
        uint8_t *color = colors + 3 * (size_t)totals[1];
        for (uint32_t i = x; i < end; i++) {
            for (int c = 0; c < 3; c++) color[3 * (i - x) + c] = pixels[4 * i + c];
        }
        totals[1] += end - x;
        if (kind == 1) {
            for (uint32_t i = x; i < end; i++) alphas[totals[2] + i - x] = pixels[4 * i + 3];
            totals[2] += end - x;
        }
    }
}
