import CCurl

/// The kept connection: libcurl's handles and the loop that drives them, on a thread of its own.
///
/// One easy handle does one transfer at a time, inside a multi handle, because only that can be
/// woken from another thread.
final class TransferLoop {
    private let mailbox: Mailbox
    private var multi: UnsafeMutableRawPointer
    private var easy: UnsafeMutableRawPointer
    private var generation = 0
    private let trust = UnsafeMutablePointer<ccurl_trust>.allocate(capacity: 1)
    private let errorText = UnsafeMutableBufferPointer<CChar>.allocate(
        capacity: Int(CURL_ERROR_SIZE))

    init(mailbox: Mailbox) {
        self.mailbox = mailbox
        (multi, easy) = TransferLoop.makeHandles()
        trust.initialize(to: ccurl_trust())
        errorText.initialize(repeating: 0)
        mailbox.listen(at: UInt(bitPattern: multi))
    }

    deinit {
        mailbox.listen(at: 0)
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        trust.deallocate()
        errorText.deallocate()
    }

    /// Works until the mailbox is closed.
    func run() {
        while true {
            switch mailbox.nextOrder() {
            case .perform(let job, let endpoint, let generation):
                renewHandles(for: generation)
                mailbox.finish(job, perform(job.request, at: endpoint))
            case .wait:
                pause()
            case .close:
                mailbox.drain()
                return
            }
        }
    }

    private static func makeHandles() -> (UnsafeMutableRawPointer, UnsafeMutableRawPointer) {
        guard let multi = curl_multi_init(), let easy = curl_easy_init() else {
            preconditionFailure("libcurl could not allocate its handles: out of memory")
        }
        return (multi, easy)
    }

    /// A connection made with other credentials is not used again.
    private func renewHandles(for generation: Int) {
        guard generation != self.generation else { return }
        self.generation = generation
        mailbox.listen(at: 0)
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        (multi, easy) = TransferLoop.makeHandles()
        mailbox.listen(at: UInt(bitPattern: multi))
    }

    /// Until something happens on the socket or in the mailbox. The bound is only there because
    /// libcurl wants one.
    private func pause() { curl_multi_poll(multi, nil, 0, 3_600_000, nil) }

    private func perform(_ request: HTTPRequest, at endpoint: Endpoint) -> Mailbox.Outcome {
        let answer = Answer(limit: request.maximumResponseBytes)
        errorText[0] = 0
        let options = TransferOptions(easy: easy, trust: trust, errorText: errorText)
        var code = options.apply(endpoint, request, answer: answer)
        guard code == CURLE_OK else { return .failure(failure(code, answer)) }
        defer { options.freeHeaders() }
        // libcurl reads the body from where it lies.
        let result: CURLcode? = request.body.withUnsafeBufferPointer { body in
            code = options.setBody(body, method: request.method)
            return code == CURLE_OK ? transfer() : code
        }
        guard let result else { return .failure(.cancelled) }
        guard result == CURLE_OK else { return .failure(failure(result, answer)) }
        let head = request.headBytes(authority: endpoint.authority)
        let response = response(answer, sent: head + request.body.count)
        if let missing = answer.missing(status: response.status) { return .failure(missing) }
        return .success(response)
    }

    /// Drives the transfer to its end. Returns `nil` if it was cancelled.
    private func transfer() -> CURLcode? {
        guard curl_multi_add_handle(multi, easy) == CURLM_OK else { return CURLE_OUT_OF_MEMORY }
        // Taking an unfinished transfer out of the multi handle closes its connection.
        defer { curl_multi_remove_handle(multi, easy) }
        var running: Int32 = 1
        var result = CURLE_OK
        while true {
            guard curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_RECV_ERROR }
            if ccurl_next_result(multi, &result) == 1 { return result }
            if mailbox.isRunningCancelled() { return nil }
            pause()
        }
    }

    private func failure(_ code: CURLcode, _ answer: Answer) -> TransportFailure {
        if let failure = answer.failure { return failure }
        let text = errorText.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return TransportFailure(
            code, detail: String(decoding: text, as: UTF8.self), limit: answer.limit)
    }

    private func response(_ answer: Answer, sent: Int) -> HTTPResponse {
        var status = 0
        var received: Int64 = 0
        ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        ccurl_get_offset(easy, CURLINFO_SIZE_DOWNLOAD_T, &received)
        return HTTPResponse(
            status: status, headers: answer.headers, body: answer.body,
            bytesSent: sent, bytesReceived: answer.headBytes + Int(received))
    }
}
