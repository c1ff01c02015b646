#pragma once
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

// Loops that choose their instruction set at run time: drawing rows of layers, PNG filters with the run-length deflate behind
// them, and a hash. No memory is taken or kept here, nothing is checked twice: sizes are the caller's promise. Every level gives the same bytes.

// Drawing -----------------------------------------------------------------------------------------------------------

// Pixels of one row that lie together. `alpha` is the index of the first opacity, or `atelier_opaque` when all are opaque;
// `color` that of the first colour, three bytes each.
typedef struct { uint32_t start, end, color, alpha; } atelier_span;
enum { atelier_opaque = 0xFFFFFFFFu };

// Blend modes of W3C Compositing and Blending Level 1, in its order.
enum {
    atelier_normal, atelier_multiply, atelier_screen, atelier_overlay, atelier_darken, atelier_lighten, atelier_color_dodge,
    atelier_color_burn, atelier_hard_light, atelier_soft_light, atelier_difference, atelier_exclusion, atelier_hue,
    atelier_saturation, atelier_color, atelier_luminosity,
};

// A picture as spans, and where and how it is put. Spans of row r are `rows[r] ..< rows[r + 1]`, in rising order.
typedef struct {
    const atelier_span *spans;
    const uint32_t *rows;
    const uint8_t *colors, *alphas;
    int32_t x, y, height;
    int32_t mode;
    float opacity;
} atelier_sprite;

enum { atelier_most_sprites = 64 };

// Draws rows `top ..< bottom` of a canvas of `width` columns: `count` sprites over a background (r, g, b, a; straight), the first
// lowest. `channels` is 3 for a picture that is opaque everywhere (what is not covered is then black), 4 for straight RGBA, and 1 for
// opaque sprites whose colors are numbers of a palette, as is the background's r; number 0 is where nothing is.
// `out` takes (bottom - top) rows, `stride` bytes apart.
void atelier_draw_rows(
    const atelier_sprite *sprites, int count, int width, int top, int bottom, const uint8_t background[4], int channels, uint8_t *out,
    size_t stride);

// PNG ---------------------------------------------------------------------------------------------------------------

// Filters `rows` rows of `length` bytes (PNG 9.2), `stride` apart, into `out` (rows × (length + 1) bytes): type 0 or 2 (Up); with Up
// the first row takes Sub. 64 bytes before `in` and behind both buffers must be readable, those behind `out` writable.
void atelier_filter(const uint8_t *in, size_t length, size_t stride, size_t rows, int pixel_bytes, int type, uint8_t *out);

// Deflates what `atelier_filter` made, as one block with codes of its own that ends at a byte: literals, and runs that repeat the pixel before
// them. `tokens` is scratch of `atelier_token_count(length, rows)` numbers; `out` must have `atelier_deflate_bound(length, rows)` bytes.
// Returns the number of bytes. The block is not the last of its stream.
size_t atelier_deflate_runs(const uint8_t *filtered, size_t length, size_t rows, int pixel_bytes, uint32_t *tokens, uint8_t *out);
size_t atelier_token_count(size_t length, size_t rows);
size_t atelier_deflate_bound(size_t length, size_t rows);

// Undoes the filters of `rows` rows of `length` bytes in place, each behind its type. Returns 0, or the number (from 1) of the first row
// with a type there is not.
size_t atelier_unfilter(uint8_t *rows_with_types, size_t length, size_t rows, int pixel_bytes);

// Writes `count` opaque pixels of four bytes for those of three; the output may begin before the input in the same memory and must not
// overtake it. Four bytes behind the input must be readable.
void atelier_widen(const uint8_t *rgb, uint8_t *rgba, size_t count);

// SHA-256 -----------------------------------------------------------------------------------------------------------

// Takes whole blocks of 64 bytes into a state (FIPS 180-4, 6.2.2), with the processor's instructions for it where it has them and
// `plainly` does not forbid them.
void atelier_sha256(uint32_t state[8], const uint8_t *bytes, size_t blocks, bool plainly);

// Traits ------------------------------------------------------------------------------------------------------------

// Whether any of these straight RGBA pixels is neither transparent nor opaque.
bool atelier_has_translucent(const uint8_t *pixels, size_t count);

// From the first pixel of a row that is not transparent to behind the last; start is end where all are.
typedef struct {
    uint32_t start, end;
} atelier_stretch;

// Counts, of a row of straight RGBA pixels, what its spans will hold: spans, colours and opacities are added up.
// Runs of opaque or transparent pixels shorter than `shortest_run` are joined with what is partial beside them.
void atelier_measure_spans(
    const uint8_t *pixels, uint32_t width, uint32_t shortest_run, uint32_t totals[3], atelier_stretch *covered);
// Writes them, and adds the same numbers to the totals. Only what measuring said is covered is looked at again.
void atelier_make_spans(
    const uint8_t *pixels, atelier_stretch covered, uint32_t shortest_run, atelier_span *spans, uint8_t *colors, uint8_t *alphas,
    uint32_t totals[3]);
