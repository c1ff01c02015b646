#pragma once
#include <stddef.h>
#include <stdint.h>

// What is used of librsvg 2.46 or newer and of the libraries under it. They are opened at run time, on first use, because most
// conversions need no picture and loading them takes 20 ms; so these are the types of functions to look up, not functions to link.
typedef struct RsvgHandle RsvgHandle;
typedef struct cairo cairo_t;
typedef struct cairo_surface cairo_surface_t;
typedef struct { double x, y, width, height; } RsvgRectangle;
typedef struct { uint32_t domain; int code; char *message; } GError;

typedef RsvgHandle *(*rsvg_handle_new_from_data_t)(const uint8_t *data, size_t length, GError **error);
typedef int (*rsvg_handle_render_document_t)(RsvgHandle *, cairo_t *, const RsvgRectangle *viewport, GError **error);
typedef void (*g_object_unref_t)(void *);
typedef void (*g_error_free_t)(GError *);
// Format 0 is CAIRO_FORMAT_ARGB32: premultiplied, a 32-bit word a pixel.
typedef cairo_surface_t *(*cairo_image_surface_create_t)(int format, int width, int height);
typedef cairo_t *(*cairo_create_t)(cairo_surface_t *);
typedef int (*cairo_status_t)(cairo_t *);
typedef void (*cairo_destroy_t)(cairo_t *);
typedef void (*cairo_surface_destroy_t)(cairo_surface_t *);
typedef void (*cairo_surface_flush_t)(cairo_surface_t *);
typedef uint8_t *(*cairo_image_surface_get_data_t)(cairo_surface_t *);
typedef int (*cairo_image_surface_get_stride_t)(cairo_surface_t *);
