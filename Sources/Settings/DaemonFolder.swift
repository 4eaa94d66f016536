/// Where a daemon keeps its state and takes orders: what both daemons and `syncctl` know.
struct DaemonFolder: Equatable {
    /// Absolute.
    let dataDirectory: String
    /// Absolute path of the Unix socket that `syncctl` speaks to.
    let socket: String
    /// Bytes of the disk below which `status` warns.
    let lowDisk: UInt64

    static let standardLowMegabytes = 1024

    /// A Unix socket's address holds 108 bytes on Linux, the closing zero included (unix(7)); the
    /// daemon makes the socket under a slightly longer name and moves it to its place.
    static let maximumSocketBytes = 100

    init(standard: String, from reader: inout SettingsReader) {
        dataDirectory = reader.path("dataDirectory", standard: standard)
        socket = reader.path("socket", standard: "\(dataDirectory)/control.sock")
        let megabytes = reader.value(
            "disk.lowMegabytes", .count(64...1_000_000_000, of: "megabytes"),
            standard: Self.standardLowMegabytes)
        lowDisk = UInt64(megabytes) << 20
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
