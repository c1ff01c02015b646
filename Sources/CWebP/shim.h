#pragma once
#include <stddef.h>
#include <stdint.h>

// What is used of libwebp 1.0 or newer. It is opened at run time, on first use, because few conversions meet a WebP file; so these are the types
// of functions to look up, not functions to link.
// Null when the data cannot be decoded; straight alpha.
typedef uint8_t *(*webp_decode_into_t)(const uint8_t *data, size_t size, uint8_t *out, size_t out_size, int stride);
// 0 when it cannot be encoded; `*out` is freed with the third.
typedef size_t (*webp_encode_lossless_t)(const uint8_t *pixels, int width, int height, int stride, uint8_t **out);
typedef void (*webp_free_t)(void *);
typedef int (*webp_version_t)(void);
