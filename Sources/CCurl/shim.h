// Typed doors to the variadic calls of libcurl, which Swift can't import, and the two decisions on
// certificates that are only reachable through libcurl's OpenSSL: at which time they are judged,
// and, before a machine has its hub's root certificate, which root key is believed.

#ifndef CLINICSYNC_CCURL_H
#define CLINICSYNC_CCURL_H

#include <curl/curl.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

// Once per process. OpenSSL writes to sockets without MSG_NOSIGNAL, so a peer that hangs up would
// end the process if SIGPIPE weren't ignored.
static inline CURLcode ccurl_start(void) {
    signal(SIGPIPE, SIG_IGN);
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}

static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ccurl_set_offset(CURL *handle, CURLoption option, int64_t value) {
    return curl_easy_setopt(handle, option, (curl_off_t)value);
}

// libcurl copies the text. NULL takes the option back to "nothing", not to its default.
static inline CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

// libcurl does not copy what `value` points to.
static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *list) {
    return curl_easy_setopt(handle, option, list);
}

// libcurl copies the bytes.
static inline CURLcode ccurl_set_blob(
    CURL *handle, CURLoption option, const void *bytes, size_t count
) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(handle, option, &blob);
}

// Shape of CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
typedef size_t (*ccurl_sink)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode ccurl_set_sink(
    CURL *handle, CURLoption function, CURLoption data, ccurl_sink sink, void *context
) {
    CURLcode code = curl_easy_setopt(handle, function, sink);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, data, context);
}

static inline CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode ccurl_get_offset(CURL *handle, CURLINFO info, int64_t *value) {
    curl_off_t found = 0;
    CURLcode code = curl_easy_getinfo(handle, info, &found);
    *value = (int64_t)found;
    return code;
}

// Takes the next finished transfer out of the multi handle's queue. Returns 1 if there was one.
static inline int ccurl_next_result(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message = curl_multi_info_read(multi, &left);
    if (message == NULL || message->msg != CURLMSG_DONE) { return 0; }
    *result = message->data.result;
    return 1;
}

// How a server's certificate is judged.
typedef struct {
    // Trusted time, in seconds since 1970.
    int64_t now;
    // Whether the root is known by the hash of its key alone, and taken from the peer's chain.
    int pinned;
    // SHA-256 of the root's SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) in DER.
    unsigned char root_key_hash[32];
} ccurl_trust;

static inline int ccurl_has_key_hash(X509 *certificate, const unsigned char *expected) {
    unsigned char *spki = NULL;
    int count = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    if (count <= 0) { return 0; }
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256(spki, (size_t)count, hash);
    OPENSSL_free(spki);
    return memcmp(hash, expected, sizeof hash) == 0;
}

// Verifies the peer's chain against the one certificate in it that has the pinned key.
static inline int ccurl_verify_pinned(X509_STORE_CTX *context, void *user) {
    const ccurl_trust *trust = (const ccurl_trust *)user;
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(context);
    for (int index = 0; index < sk_X509_num(chain); index++) {
        X509 *candidate = sk_X509_value(chain, index);
        if (!ccurl_has_key_hash(candidate, trust->root_key_hash)) { continue; }
        STACK_OF(X509) *roots = sk_X509_new_null();
        if (roots == NULL || !sk_X509_push(roots, candidate)) {
            sk_X509_free(roots);
            X509_STORE_CTX_set_error(context, X509_V_ERR_OUT_OF_MEM);
            return 0;
        }
        X509_STORE_CTX_set0_trusted_stack(context, roots);
        int verified = X509_verify_cert(context);
        sk_X509_free(roots);
        return verified == 1;
    }
    X509_STORE_CTX_set_error(context, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
    return 0;
}

static inline CURLcode ccurl_prepare_context(CURL *handle, void *ssl_context, void *user) {
    (void)handle;
    ccurl_trust *trust = (ccurl_trust *)user;
    SSL_CTX *context = (SSL_CTX *)ssl_context;
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context), (time_t)trust->now);
    if (trust->pinned) {
        SSL_CTX_set_cert_verify_callback(context, ccurl_verify_pinned, trust);
    }
    return CURLE_OK;
}

// `trust` must outlive the handle; its time is read at each handshake.
static inline CURLcode ccurl_set_trust(CURL *handle, ccurl_trust *trust) {
    CURLcode code =
        curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, ccurl_prepare_context);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, trust);
}

#endif
