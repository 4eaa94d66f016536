/// FHIR's answer about how a request went.
package enum OperationOutcome {
    package static func json(_ issues: [FHIRIssue]) -> JSON {
        ["resourceType": "OperationOutcome", "issue": .array(issues.map(issue))]
    }

    package static func json(_ issue: FHIRIssue) -> JSON { json([issue]) }

    private static func issue(_ issue: FHIRIssue) -> JSON {
        var json: JSON = [
            "severity": .string(issue.severity.rawValue), "code": .string(issue.code.rawValue),
            "diagnostics": .string(issue.sentence),
        ]
        if !issue.expression.isEmpty { json.set("expression", [.string(issue.expression)]) }
        return json
    }
}
