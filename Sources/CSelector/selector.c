#include "selector.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

// In the program, so that it stays one file.
static const unsigned char bytes[] = {
#embed "selector.json"
};
const unsigned char *const atelier_selector = bytes;
const size_t atelier_selector_length = sizeof bytes;
