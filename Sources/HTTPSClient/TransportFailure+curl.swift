import CCurl

extension TransportFailure {
    /// What a libcurl result other than `CURLE_OK` means for the caller.
    ///
    /// - Parameters:
    ///   - detail: the text of `CURLOPT_ERRORBUFFER`, or "" to use libcurl's general one.
    ///   - limit: the request's bound on the answer's body.
    init(_ code: CURLcode, detail: String, limit: Int) {
        let why = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT,
            CURLE_INTERFACE_FAILED, CURLE_PROXY:
            self = .unreachable(why)
        case CURLE_OPERATION_TIMEDOUT:
            self = .timedOut(why)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            self = .untrusted(why)
        case CURLE_SSL_CONNECT_ERROR:
            self = .handshake(why)
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_NOTFOUND:
            self = .credentials(why)
        case CURLE_FILESIZE_EXCEEDED:
            self = .tooLarge(limit: limit)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_HTTP2,
            CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR:
            self = .malformed(why)
        default:
            self = .cut(why)
        }
    }
}
