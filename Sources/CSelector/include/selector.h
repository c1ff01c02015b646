#pragma once
#include <stddef.h>

// The model that tools/train-selector/train.py wrote, as it stands in selector.json beside the source.
extern const unsigned char *const atelier_selector;
extern const size_t atelier_selector_length;
