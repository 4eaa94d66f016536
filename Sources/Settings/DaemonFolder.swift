/// Where a daemon keeps its state and takes orders: what both daemons and `syncctl` know.
struct DaemonFolder: Equatable {
    /// Absolute.
    let dataDirectory: String
    /// Absolute path of the Unix socket that `syncctl` speaks to.
    let socket: String

    /// A Unix socket's address holds 108 bytes on Linux, the closing zero included (unix(7)); the
    /// daemon makes the socket under a slightly longer name and moves it to its place.
    static let maximumSocketBytes = 100

    init(standard: String, from reader: inout SettingsReader) {
        dataDirectory = reader.path("dataDirectory", standard: standard)
        socket = reader.path("socket", standard: "\(dataDirectory)/control.sock")
        let length = socket.utf8.count
        if length > Self.maximumSocketBytes {
            reader.reject(
                "socket",
                "\(socket) has \(length) bytes, and a socket's path may have "
                    + "\(Self.maximumSocketBytes)",
                "set socket to a shorter path, such as /run/clinicsync/control.sock, or "
                    + "dataDirectory to a shorter one")
        }
    }
}
