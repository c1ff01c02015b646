#pragma once
#include <sys/types.h>

// The C library declares these behind _GNU_SOURCE, where Swift does not see them.
#ifdef __cplusplus
extern "C"
#endif
int fallocate(int descriptor, int mode, off_t offset, off_t count);
// Of glibc alone: gives freed memory at the top of the heap and whole free pages back to the system.
int malloc_trim(size_t pad);
