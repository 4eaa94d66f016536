import CCurl

/// Sets one transfer up on an easy handle. The handle's kept connection, TLS sessions and resolved
/// names survive; every option is set anew, so that none is left over from the last transfer.
final class TransferOptions {
    private let easy: UnsafeMutableRawPointer
    private let trust: UnsafeMutablePointer<ccurl_trust>
    private let errorText: UnsafeMutableBufferPointer<CChar>
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var code = CURLE_OK

    /// A kept connection that was idle for longer is not used again. The hub keeps it as long.
    static let maximumIdleSeconds = 900

    init(
        easy: UnsafeMutableRawPointer, trust: UnsafeMutablePointer<ccurl_trust>,
        errorText: UnsafeMutableBufferPointer<CChar>
    ) {
        self.easy = easy
        self.trust = trust
        self.errorText = errorText
    }

    /// Sets all but the body. Returns the first error that libcurl reports.
    func apply(_ endpoint: Endpoint, _ request: HTTPRequest, answer: Answer) -> CURLcode {
        code = CURLE_OK
        curl_easy_reset(easy)
        keep(ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText.baseAddress))
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_MAXAGE_CONN, TransferOptions.maximumIdleSeconds)
        setTimes(endpoint, request)
        switch endpoint.carrier {
        case .tls(let url, let tls):
            set(CURLOPT_URL, url + request.path)
            set(CURLOPT_PROTOCOLS_STR, "https")
            // An empty proxy keeps libcurl from reading the environment's.
            set(CURLOPT_PROXY, tls.proxy ?? "")
            apply(tls)
        case .unixSocket(let path):
            set(CURLOPT_URL, "http://localhost" + request.path)
            set(CURLOPT_PROTOCOLS_STR, "http")
            set(CURLOPT_PROXY, "")
            set(CURLOPT_UNIX_SOCKET_PATH, path)
        }
        setHeaders(request)
        let context = Unmanaged.passUnretained(answer).toOpaque()
        keep(
            ccurl_set_sink(
                easy, CURLOPT_HEADERFUNCTION, CURLOPT_HEADERDATA, Answer.headSink, context))
        keep(
            ccurl_set_sink(
                easy, CURLOPT_WRITEFUNCTION, CURLOPT_WRITEDATA, Answer.bodySink, context))
        keep(ccurl_set_offset(easy, CURLOPT_MAXFILESIZE_LARGE, Int64(answer.limit)))
        if code != CURLE_OK { freeHeaders() }
        return code
    }

    /// `body` must stay where it is until the transfer is over.
    func setBody(_ body: UnsafeBufferPointer<UInt8>, method: String) -> CURLcode {
        code = CURLE_OK
        switch method {
        case "GET" where body.isEmpty:
            set(CURLOPT_HTTPGET, 1)
        case "POST", "PUT", "PATCH", "DELETE", "GET":
            set(CURLOPT_POST, 1)
            keep(ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.count)))
            if body.isEmpty {
                set(CURLOPT_COPYPOSTFIELDS, "")
            } else {
                keep(ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress))
            }
            if method != "POST" { set(CURLOPT_CUSTOMREQUEST, method) }
        default:
            set(CURLOPT_CUSTOMREQUEST, method)
        }
        return code
    }

    func freeHeaders() {
        curl_slist_free_all(headerList)
        headerList = nil
    }

    private func setTimes(_ endpoint: Endpoint, _ request: HTTPRequest) {
        set(CURLOPT_CONNECTTIMEOUT_MS, endpoint.connectTimeout.wholeMilliseconds)
        set(CURLOPT_TIMEOUT_MS, request.timeout.wholeMilliseconds)
        guard !request.isLongPoll else { return }
        let seconds = endpoint.leastSpeed.window.wholeMilliseconds / 1000
        set(CURLOPT_LOW_SPEED_LIMIT, endpoint.leastSpeed.bytesPerSecond)
        set(CURLOPT_LOW_SPEED_TIME, max(1, seconds))
    }

    private func apply(_ tls: Endpoint.TLS) {
        set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_3)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        // Without these two, the system's roots would count as well.
        keep(ccurl_set_string(easy, CURLOPT_CAINFO, nil))
        keep(ccurl_set_string(easy, CURLOPT_CAPATH, nil))
        trust.pointee.now = tls.trustedTime()
        switch tls.root {
        case .certificate(let pem):
            trust.pointee.pinned = 0
            setBlob(CURLOPT_CAINFO_BLOB, pem)
        case .keyHash(let hash):
            precondition(hash.count == 32, "A root key's hash has 32 bytes")
            trust.pointee.pinned = 1
            withUnsafeMutableBytes(of: &trust.pointee.root_key_hash) { $0.copyBytes(from: hash) }
        }
        keep(ccurl_set_trust(easy, trust))
        if let credentials = tls.credentials {
            set(CURLOPT_SSLCERTTYPE, "PEM")
            set(CURLOPT_SSLKEYTYPE, "PEM")
            setBlob(CURLOPT_SSLCERT_BLOB, credentials.certificatePEM)
            setBlob(CURLOPT_SSLKEY_BLOB, credentials.privateKeyPEM)
        }
    }

    /// Exactly the caller's headers: libcurl would add three of its own.
    private func setHeaders(_ request: HTTPRequest) {
        var lines = ["Expect:", "Accept:"]
        if !request.headers.contains(where: { $0.0.lowercased() == "content-type" }) {
            lines.append("Content-Type:")
        }
        for (name, value) in request.headers {
            let line = "\(name): \(value)"
            precondition(
                line.utf8.allSatisfy { $0 >= 32 || $0 == 9 }, "A header holds a control character")
            // libcurl drops a header without a value unless it ends with a semicolon.
            lines.append(value.isEmpty ? "\(name);" : line)
        }
        for line in lines {
            guard let longer = curl_slist_append(headerList, line) else {
                keep(CURLE_OUT_OF_MEMORY)
                return
            }
            headerList = longer
        }
        keep(ccurl_set_list(easy, CURLOPT_HTTPHEADER, headerList))
    }

    private func set(_ option: CURLoption, _ value: Int) {
        keep(ccurl_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) {
        keep(ccurl_set_string(easy, option, value))
    }

    private func setBlob(_ option: CURLoption, _ text: String) {
        var text = text
        keep(text.withUTF8 { ccurl_set_blob(easy, option, $0.baseAddress, $0.count) })
    }

    private func keep(_ result: CURLcode) {
        if code == CURLE_OK { code = result }
    }
}

extension Duration {
    /// Rounded up to at least 1 and down to what a 32-bit count can hold: 0 would mean "for ever".
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let longest: Int64 = 2_000_000
        let bounded = min(max(seconds, 0), longest)
        return max(1, Int(bounded) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
