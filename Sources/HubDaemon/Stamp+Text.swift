import Causality

extension Origin {
    /// `NODE/INCARNATION/LANE`, the first two in hexadecimal.
    var text: String { "\(node)/\(hexadecimal(incarnation.rawValue))/\(lane)" }
}

extension Stamp {
    /// The clock's reading in hexadecimal and the origin: what tells one write from all others.
    var text: String { "\(hexadecimal(hlc.rawValue))@\(origin.text)" }
}
