#pragma once
#include <stddef.h>
#include <stdint.h>

// What is used of libcurl 7.68 or newer, which is opened at run time, on first use, because most commands send nothing. So these are
// the types of functions to look up, not functions to link. The numbers are part of libcurl's binary interface and never change.
typedef struct CURL CURL;
typedef struct CURLM CURLM;
typedef struct curl_slist curl_slist;
typedef struct { int message; CURL *easy; union { void *whatever; int code; } data; } CURLMsg;

typedef int (*curl_global_init_t)(long flags);
typedef CURL *(*curl_easy_init_t)(void);
typedef void (*curl_easy_cleanup_t)(CURL *);
typedef int (*curl_easy_pause_t)(CURL *, int what);
typedef const char *(*curl_easy_strerror_t)(int code);
typedef curl_slist *(*curl_slist_append_t)(curl_slist *, const char *);
typedef void (*curl_slist_free_all_t)(curl_slist *);
typedef CURLM *(*curl_multi_init_t)(void);
typedef int (*curl_multi_cleanup_t)(CURLM *);
typedef int (*curl_multi_add_handle_t)(CURLM *, CURL *);
typedef int (*curl_multi_remove_handle_t)(CURLM *, CURL *);
typedef int (*curl_multi_perform_t)(CURLM *, int *running);
typedef int (*curl_multi_poll_t)(CURLM *, void *descriptors, unsigned count, int milliseconds, int *ready);
typedef int (*curl_multi_wakeup_t)(CURLM *);
typedef CURLMsg *(*curl_multi_info_read_t)(CURLM *, int *left);
typedef size_t (*curl_write_callback_t)(char *bytes, size_t one, size_t count, void *user);
typedef struct { int family, type, protocol; unsigned length; unsigned char address[128]; } AtelierCurlAddress;
typedef int (*curl_socket_callback_t)(void *user, int purpose, AtelierCurlAddress *);

enum {
    AtelierCurlURL = 10002, AtelierCurlHeaders = 10023, AtelierCurlMethod = 10036, AtelierCurlCopiedBody = 10165,
    AtelierCurlErrorText = 10010, AtelierCurlUserAgent = 10018, AtelierCurlNoProxy = 10177,
    AtelierCurlWriteData = 10001, AtelierCurlHeaderData = 10029, AtelierCurlWriteFunction = 20011, AtelierCurlHeaderFunction = 20079,
    AtelierCurlSocketFunction = 20163,
    AtelierCurlPost = 47, AtelierCurlNoBody = 44, AtelierCurlFollow = 52, AtelierCurlMostRedirects = 68, AtelierCurlNoSignal = 99,
    AtelierCurlConnectMilliseconds = 156, AtelierCurlTotalMilliseconds = 155, AtelierCurlProtocols = 181,
    AtelierCurlRedirectProtocols = 182, AtelierCurlBodySize = 30120,
    AtelierCurlUploaded = 0x600007, AtelierCurlPretransferTime = 0x600035,
};
/// What a write callback returns to be asked again later.
static const size_t AtelierCurlPause = 0x10000001;

// Swift cannot call variadic functions.
static inline int atelier_curl_set_long(void *setopt, CURL *curl, int option, long value) {
    return ((int (*)(CURL *, int, ...))setopt)(curl, option, value);
}
static inline int atelier_curl_set_size(void *setopt, CURL *curl, int option, int64_t value) {
    return ((int (*)(CURL *, int, ...))setopt)(curl, option, value);
}
static inline int atelier_curl_set_pointer(void *setopt, CURL *curl, int option, const void *value) {
    return ((int (*)(CURL *, int, ...))setopt)(curl, option, value);
}
static inline int atelier_curl_set_function(void *setopt, CURL *curl, int option, curl_write_callback_t value) {
    return ((int (*)(CURL *, int, ...))setopt)(curl, option, value);
}
static inline int atelier_curl_set_socket_function(void *setopt, CURL *curl, int option, curl_socket_callback_t value) {
    return ((int (*)(CURL *, int, ...))setopt)(curl, option, value);
}
static inline int atelier_curl_get_size(void *getinfo, CURL *curl, int info, int64_t *value) {
    return ((int (*)(CURL *, int, ...))getinfo)(curl, info, value);
}
