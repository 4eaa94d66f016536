/// What can go wrong. Each seed draws which of them come, and how often.
package enum Fault: String, CaseIterable, Sendable, Hashable {
    // The wire.
    case loss, cut, duplicate, portal, silence, courier
    /// Requests that no session would make now: tiny limits, odd orders.
    case adversary
    // Clocks.
    case clocks, jump
    // Machines.
    case crash, full, restore, rollback, clone, replacement
    case hubCrash = "hub-crash"
    case hubRestore = "hub-restore"
    case hubClock = "hub-clock"
    case skew, upgrade
    // People.
    case burst, transfer, forbidden, form
    /// A clinic that enrols amid the run.
    case enrolment
    /// Two clinics write at one clock reading.
    case tie
    // Operators.
    case scope
    /// Disks, of clinics and of the hub.
    case ioError = "io-error"

    package var summary: String {
        switch self {
        case .loss: "requests and answers are lost"
        case .cut: "bodies are cut in the middle"
        case .duplicate: "requests arrive twice"
        case .portal: "a captive portal answers with a page"
        case .silence: "links are down, up to months"
        case .courier: "an exchange is carried by hand: lost, late, delivered twice"
        case .adversary: "requests with tiny limits, in odd order"
        case .clocks: "clocks drift, stand still, or start in 1970 with each boot"
        case .jump: "wall clocks jump, both ways, up to 2099"
        case .crash: "a clinic's machine loses power, at rest or in the middle of a write"
        case .full: "a clinic's disk is full for a while"
        case .restore: "a clinic's folder is restored from an older copy"
        case .rollback: "a clinic's virtual machine is rolled back"
        case .clone: "a clinic's disk is cloned, and both go on"
        case .replacement: "a clinic's machine is replaced: a new enrolment"
        case .hubCrash: "the hub loses power, at rest or in the middle of a write"
        case .hubRestore: "the hub is restored from a backup"
        case .hubClock: "the hub's clock jumps"
        case .skew: "machines run different versions"
        case .upgrade: "machines are upgraded amid the run"
        case .burst: "people write much in a short time"
        case .transfer: "patients move between clinics"
        case .forbidden: "somebody writes into another clinic's affairs"
        case .form: "somebody saves a form that was opened long ago"
        case .enrolment: "a clinic enrols amid the run"
        case .tie: "two clinics write the same field at the same clock reading"
        case .ioError: "a disk answers with I/O errors for a while"
        case .scope: "an operator changes which patients a clinic is sent"
        }
    }
}
