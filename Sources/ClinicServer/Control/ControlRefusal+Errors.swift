import ControlServer
import FHIR
import Replica
import Sync

extension ControlRefusal {
    static let notEnrolled = ControlRefusal(
        409, "this clinic is not enrolled yet",
        remedy: "have a code made on the hub (syncctl clinic add NAME), then run clinicd enrol "
            + "--config FILE --code CODE")

    /// What a person is told of an error that ended a command.
    init(of error: any Error) {
        switch error {
        case let refusal as ControlRefusal: self = refusal
        case let failure as FHIRFailure:
            self.init(failure.status, failure.issues.map(\.description).joined(separator: "; "))
        case let issue as FHIRIssue: self.init(400, issue.description)
        case let error as JSONError:
            self.init(400, "the document is not well-formed JSON: \(error)")
        case let storage as StorageFailure where storage.isDiskFull:
            self.init(507, "\(storage)")
        case let storage as StorageFailure: self.init(500, "\(storage)")
        case let refusal as WriteRefusal: self.init(refusal.status, refusal.advice)
        case is ClinicNode.Closed, is CancellationError:
            self.init(503, "the daemon is stopping", remedy: "start it again, then repeat this")
        default:
            self.init(500, "the daemon failed", remedy: "look into its log, and try again")
        }
    }
}
