/// Why a command of `syncctl` is not done: what happened, and what to do next.
struct CommandRefusal: Error, Equatable {
    var status: Int
    /// A clause without a full stop.
    var message: String
    /// A clause without a full stop; empty where there is nothing to do.
    var remedy: String

    init(_ status: Int, _ message: String, remedy: String) {
        self.status = status
        self.message = message
        self.remedy = remedy
    }

    var document: Document {
        ["error": ["message": .text(message), "remedy": .text(remedy)]]
    }

    static func unreadable(_ fields: String) -> CommandRefusal {
        CommandRefusal(
            400, "the command's input can't be read: it must be a JSON object with \(fields)",
            remedy: "check that syncctl and the daemon are of one version")
    }
}
