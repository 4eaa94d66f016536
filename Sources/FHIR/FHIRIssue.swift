/// What is wrong with a resource or a request, as one issue of an OperationOutcome. It names the
/// place and what to do, and never quotes what stands there.
package struct FHIRIssue: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Severity: String, Sendable { case fatal, error, warning, information }

    /// FHIR's `IssueType` codes that this product gives.
    package enum Code: String, Sendable {
        case invalid, structure, required, value, duplicate, conflict, exception, throttled
        case notSupported = "not-supported"
        case notFound = "not-found"
        case multipleMatches = "multiple-matches"
        case tooLong = "too-long"
        case tooCostly = "too-costly"
        case businessRule = "business-rule"
        case forbidden, informational
        case noStore = "no-store"
        case transient, timeout
    }
    package var severity: Severity
    package var code: Code
    package var diagnostics: String
    /// Where in the resource, as FHIRPath: `Patient.name[0].given`. Empty for the whole of it.
    package var expression: String

    package init(
        _ code: Code, _ diagnostics: String, at expression: String = "",
        severity: Severity = .error
    ) {
        self.severity = severity
        self.code = code
        self.diagnostics = diagnostics
        self.expression = expression
    }

    /// The document isn't JSON.
    package init(_ error: JSONError) {
        self.init(.structure, "The document is not well-formed JSON: \(error)")
    }

    /// Whether the text goes on from the place: `must be a list`.
    private var isClause: Bool { diagnostics.first?.isLowercase == true }

    package var description: String {
        expression.isEmpty ? diagnostics : "\(expression)\(isClause ? "" : ":") \(diagnostics)"
    }

    /// The text for who sees it without its place.
    var sentence: String { isClause ? description : diagnostics }

    /// The same issue, with its place seen from the element around, or from the list: `[0]`.
    func within(_ element: String) -> FHIRIssue {
        var issue = self
        let isInside = expression.isEmpty || expression.hasPrefix("[")
        issue.expression = element + (isInside ? "" : ".") + expression
        return issue
    }
}
