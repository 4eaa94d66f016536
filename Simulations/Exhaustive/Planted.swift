import Hub
import Replica
import Sync

/// What is wrong on purpose, for tests of the checks.
package struct Planted: Sendable {
    package var wrong: PlainModel.Wrong?
    package var damage: Damage?

    package init(wrong: PlainModel.Wrong? = nil, damage: Damage? = nil) {
        self.wrong = wrong
        self.damage = damage
    }
}

/// Damage to a database, as of a hand or a bit, before it is looked at.
package struct Damage: Sendable, CustomStringConvertible {
    package enum Place: String, Sendable { case hub, a, b }

    package var place: Place
    package var sql: String

    package init(_ place: Place, _ sql: String) {
        self.place = place
        self.sql = sql
    }

    package var description: String { "\(place.rawValue): \(sql)" }

    func plant(in district: SmallDistrict) throws {
        let node =
            switch place {
            case .hub: district.hub.node
            case .a: district[.a].clinic.replica
            case .b: district[.b].clinic.replica
            }
        try node.transaction { try node.store.execute(sql) }
    }
}
