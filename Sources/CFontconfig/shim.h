#pragma once
#include <stdint.h>

// What is used of fontconfig 2.12 or newer (libfontconfig.so.1), opened at run time on first use: types of functions to look up,
// not functions to link.
typedef struct _FcConfig FcConfig;
typedef struct _FcPattern FcPattern;
typedef struct _FcCharSet FcCharSet;
typedef struct _FcStrList FcStrList;
typedef struct { int nfont, sfont; FcPattern **fonts; } FcFontSet;

typedef int (*FcGetVersion_t)(void);
typedef FcConfig *(*FcInitLoadConfigAndFonts_t)(void);
typedef void (*FcConfigDestroy_t)(FcConfig *);
typedef int (*FcConfigUptoDate_t)(FcConfig *);
typedef FcStrList *(*FcConfigGetPaths_t)(FcConfig *);
typedef uint8_t *(*FcStrListNext_t)(FcStrList *);
typedef void (*FcStrListDone_t)(FcStrList *);
typedef FcPattern *(*FcPatternCreate_t)(void);
typedef void (*FcPatternDestroy_t)(FcPattern *);
typedef int (*FcPatternAddString_t)(FcPattern *, const char *object, const uint8_t *);
typedef int (*FcPatternAddInteger_t)(FcPattern *, const char *object, int);
typedef int (*FcPatternAddBool_t)(FcPattern *, const char *object, int);
typedef int (*FcPatternAddCharSet_t)(FcPattern *, const char *object, const FcCharSet *);
typedef int (*FcPatternGetString_t)(const FcPattern *, const char *object, int number, uint8_t **);
typedef int (*FcPatternGetInteger_t)(const FcPattern *, const char *object, int number, int *);
typedef FcCharSet *(*FcCharSetCreate_t)(void);
typedef int (*FcCharSetAddChar_t)(FcCharSet *, uint32_t);
typedef void (*FcCharSetDestroy_t)(FcCharSet *);
typedef int (*FcConfigSubstitute_t)(FcConfig *, FcPattern *, int kind);
typedef void (*FcDefaultSubstitute_t)(FcPattern *);
typedef FcPattern *(*FcFontMatch_t)(FcConfig *, FcPattern *, int *result);
typedef FcFontSet *(*FcFontSort_t)(FcConfig *, FcPattern *, int trim, FcCharSet **, int *result);
typedef void (*FcFontSetDestroy_t)(FcFontSet *);
typedef int (*FcWeightFromOpenType_t)(int);
typedef int (*FcWeightToOpenType_t)(int);
