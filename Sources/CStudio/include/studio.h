#pragma once
#include <stddef.h>

// The studio's files as bytes of the program.
typedef struct { const char *name; const unsigned char *bytes; size_t count; } AtelierStudioFile;

// The file at a place from 0; NULL behind the last.
const AtelierStudioFile *atelier_studio_file(size_t place);
