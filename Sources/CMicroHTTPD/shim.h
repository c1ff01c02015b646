#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// What is used of libmicrohttpd 0.9.75 or newer, which is opened at run time: only `atelier serve` listens, and a process that links it
// takes 6 ms more to start. So these are the types of functions to look up, not functions to link. The numbers are part of the library's
// binary interface and never change.
typedef struct MHD_Daemon MHD_Daemon;
typedef struct MHD_Connection MHD_Connection;
typedef struct MHD_Response MHD_Response;

typedef int (*mhd_accept_t)(void *user, const void *address, unsigned length);
typedef int (*mhd_handle_t)(
    void *user, MHD_Connection *, const char *path, const char *method, const char *version, const char *body, size_t *count,
    void **request);
typedef void (*mhd_completed_t)(void *user, MHD_Connection *, void **request, int how);
typedef void (*mhd_connection_t)(void *user, MHD_Connection *, void **socket, int what);
typedef size_t (*mhd_unescape_t)(void *user, MHD_Connection *, char *text);
typedef int (*mhd_value_t)(void *user, int kind, const char *name, const char *value);
typedef ssize_t (*mhd_read_t)(void *user, uint64_t place, char *buffer, size_t most);
typedef void (*mhd_free_t)(void *user);
typedef void (*mhd_log_t)(void *user, const char *format, void *arguments);

typedef void (*mhd_stop_t)(MHD_Daemon *);
typedef int (*mhd_quiesce_t)(MHD_Daemon *);
typedef void (*mhd_suspend_t)(MHD_Connection *);
typedef void (*mhd_resume_t)(MHD_Connection *);
typedef int (*mhd_values_t)(MHD_Connection *, int kind, mhd_value_t, void *user);
typedef int (*mhd_queue_t)(MHD_Connection *, unsigned status, MHD_Response *);
typedef MHD_Response *(*mhd_from_buffer_t)(size_t count, const void *bytes, mhd_free_t, void *user);
typedef MHD_Response *(*mhd_from_callback_t)(uint64_t count, size_t block, mhd_read_t, void *user, mhd_free_t);
typedef MHD_Response *(*mhd_from_file_t)(uint64_t count, int descriptor, uint64_t offset);
typedef void (*mhd_destroy_t)(MHD_Response *);
typedef int (*mhd_header_t)(MHD_Response *, const char *name, const char *value);

enum {
    AtelierMHDNo = 0, AtelierMHDYes = 1,
    AtelierMHDFlags = 8 | 512 | 8192 | 1024,  // threads of its own, epoll, suspend and resume, which needs a wake-up channel
    AtelierMHDHeaderKind = 1, AtelierMHDArgumentKind = 8,
    AtelierMHDConnectionStarted = 0,
    AtelierMHDEndOfStream = -1, AtelierMHDEndWithError = -2,
};

// Variadic functions, which Swift cannot call. An option of the list is its number, its value or second pointer, and its pointer.
typedef struct { int option; intptr_t value; void *pointer; } AtelierMHDOption;
static inline MHD_Daemon *atelier_mhd_start(
    void *start, unsigned flags, mhd_handle_t handle, void *user, AtelierMHDOption *options) {
    return ((MHD_Daemon * (*)(unsigned, uint16_t, mhd_accept_t, void *, mhd_handle_t, void *, ...))start)(
        flags, 0, NULL, NULL, handle, user, /* MHD_OPTION_ARRAY */ 15, options, /* MHD_OPTION_END */ 0);
}
// MHD_CONNECTION_INFO_CONNECTION_FD, _CLIENT_ADDRESS and _SOCKET_CONTEXT; -1 and NULL when there is none.
static inline int atelier_mhd_descriptor(void *info, MHD_Connection *connection) {
    const int *value = ((const int *(*)(MHD_Connection *, int, ...))info)(connection, 6);
    return value ? *value : -1;
}
static inline const void *atelier_mhd_address(void *info, MHD_Connection *connection) {
    const void *const *value = ((const void *const *(*)(MHD_Connection *, int, ...))info)(connection, 2);
    return value ? *value : NULL;
}
static inline void *atelier_mhd_context(void *info, MHD_Connection *connection) {
    void *const *value = ((void *const *(*)(MHD_Connection *, int, ...))info)(connection, 7);
    return value ? *value : NULL;
}

// A file in memory without a name, closed by what is executed (memfd_create(2), which Swift's Glibc does not show); below 0 without.
static inline int atelier_memory_file(void) { return (int)syscall(SYS_memfd_create, "answer", 1u); }
