#pragma once
#include <stdint.h>

// What is used of HarfBuzz 4.0 or newer (libharfbuzz.so.0). It is opened at run time, on first use, because most drawings have
// no text; so these are the types of functions to look up, not functions to link.
typedef struct hb_blob_t hb_blob_t;
typedef struct hb_face_t hb_face_t;
typedef struct hb_font_t hb_font_t;
typedef struct hb_buffer_t hb_buffer_t;
typedef struct hb_draw_funcs_t hb_draw_funcs_t;
typedef struct hb_unicode_funcs_t hb_unicode_funcs_t;
typedef struct { uint32_t codepoint, mask, cluster, var1, var2; } hb_glyph_info_t;
typedef struct { int32_t x_advance, y_advance, x_offset, y_offset; uint32_t var; } hb_glyph_position_t;
typedef struct { int32_t ascender, descender, line_gap, reserved[9]; } hb_font_extents_t;
typedef struct { uint32_t tag, value; unsigned int start, end; } hb_feature_t;

typedef const char *(*hb_version_string_t)(void);
typedef hb_blob_t *(*hb_blob_create_from_file_or_fail_t)(const char *path);
typedef void (*hb_blob_destroy_t)(hb_blob_t *);
typedef hb_face_t *(*hb_face_create_t)(hb_blob_t *, unsigned int index);
typedef void (*hb_face_destroy_t)(hb_face_t *);
typedef unsigned int (*hb_face_get_upem_t)(hb_face_t *);
typedef unsigned int (*hb_face_get_glyph_count_t)(hb_face_t *);
typedef hb_font_t *(*hb_font_create_t)(hb_face_t *);
typedef void (*hb_font_destroy_t)(hb_font_t *);
typedef void (*hb_font_set_var_named_instance_t)(hb_font_t *, unsigned int instance);
typedef void (*hb_font_make_immutable_t)(hb_font_t *);
typedef int (*hb_font_get_h_extents_t)(hb_font_t *, hb_font_extents_t *);
typedef int (*hb_font_get_nominal_glyph_t)(hb_font_t *, uint32_t character, uint32_t *glyph);
typedef void (*hb_font_get_glyph_shape_t)(hb_font_t *, uint32_t glyph, hb_draw_funcs_t *, void *data);
typedef int (*hb_ot_metrics_get_position_t)(hb_font_t *, uint32_t tag, int32_t *position);
typedef hb_buffer_t *(*hb_buffer_create_t)(void);
typedef void (*hb_buffer_destroy_t)(hb_buffer_t *);
typedef void (*hb_buffer_add_utf8_t)(hb_buffer_t *, const char *text, int length, unsigned int offset, int count);
typedef void (*hb_buffer_set_direction_t)(hb_buffer_t *, int direction);
typedef void (*hb_buffer_guess_segment_properties_t)(hb_buffer_t *);
typedef hb_glyph_info_t *(*hb_buffer_get_glyph_infos_t)(hb_buffer_t *, unsigned int *count);
typedef hb_glyph_position_t *(*hb_buffer_get_glyph_positions_t)(hb_buffer_t *, unsigned int *count);
typedef void (*hb_shape_t)(hb_font_t *, hb_buffer_t *, const hb_feature_t *, unsigned int count);
typedef hb_unicode_funcs_t *(*hb_unicode_funcs_get_default_t)(void);
typedef uint32_t (*hb_unicode_script_t)(hb_unicode_funcs_t *, uint32_t character);
typedef hb_draw_funcs_t *(*hb_draw_funcs_create_t)(void);
typedef void (*hb_draw_point_t)(hb_draw_funcs_t *, void *data, void *state, float x, float y, void *user);
typedef void (*hb_draw_cubic_t)(
    hb_draw_funcs_t *, void *data, void *state, float x1, float y1, float x2, float y2, float x, float y, void *user);
typedef void (*hb_draw_quadratic_t)(hb_draw_funcs_t *, void *data, void *state, float x1, float y1, float x, float y, void *user);
typedef void (*hb_draw_close_t)(hb_draw_funcs_t *, void *data, void *state, void *user);
typedef void (*hb_draw_funcs_set_point_t)(hb_draw_funcs_t *, hb_draw_point_t, void *user, void *destroy);
typedef void (*hb_draw_funcs_set_quadratic_t)(hb_draw_funcs_t *, hb_draw_quadratic_t, void *user, void *destroy);
typedef void (*hb_draw_funcs_set_cubic_t)(hb_draw_funcs_t *, hb_draw_cubic_t, void *user, void *destroy);
typedef void (*hb_draw_funcs_set_close_t)(hb_draw_funcs_t *, hb_draw_close_t, void *user, void *destroy);
