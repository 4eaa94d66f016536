import Foundation

/// A command that could not be done: what happened, and what to do next.
struct CommandFailure: Error, Equatable {
    let outcome: Outcome
    /// A clause without a full stop.
    let message: String
    /// A clause without a full stop; empty where there is nothing to do.
    let remedy: String
    /// Whether the answer is for a program, which gets the failure as JSON on standard output.
    var isJSON = false

    /// Says it: to a person on standard error, and to a program that asked for JSON also there.
    func tell() {
        if isJSON {
            let error = FailureAnswer.Failure(message: message, remedy: remedy)
            StandardOutput.write(JSONText.encode(FailureAnswer(error: error)))
        }
        let sentences = [message, remedy].filter { !$0.isEmpty }.map { text in
            Self.sentence(text)
        }
        StandardError.write("syncctl: \(sentences.joined(separator: " "))\n")
    }

    /// A clause with a capital and a full stop; a file's name, a key and a type keep their letters.
    static func sentence(_ clause: String) -> String {
        let isWord = clause.prefix { $0 != " " }.allSatisfy {
            $0.isLetter || $0 == "'" || $0 == ","
        }
        let start = isWord ? clause.prefix(1).uppercased() + clause.dropFirst() : clause
        return start + (clause.hasSuffix(".") ? "" : ".")
    }
}

/// The body of an answer with a status of 400 or above.
struct FailureAnswer: Codable {
    struct Failure: Codable {
        let message: String
        let remedy: String?
    }
    let error: Failure
}
