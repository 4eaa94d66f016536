import Sync

/// The clocks of one machine: a wall clock that may lie, and a monotonic one that begins anew with
/// each boot.
struct MachineClock {
    /// What is wrong with a wall clock.
    enum Habit: Equatable, CustomStringConvertible {
        case right
        /// Gains that many milliseconds in a million.
        case drifts(Int64)
        /// Its battery is dead: 1970 at each boot.
        case deadBattery
        /// It stands still.
        case frozen

        var description: String {
            switch self {
            case .right: "right"
            case .drifts(let rate): "drifts by \(rate) ppm"
            case .deadBattery: "1970 after each boot"
            case .frozen: "frozen"
            }
        }
    }

    var habit: Habit
    /// What is added to true time, in milliseconds.
    private(set) var offset: Int64 = 0
    private(set) var wasAlwaysRight: Bool
    private var bootedAt: UInt64
    /// When the offset was last set: drift counts from there.
    private var since: UInt64
    private static let monotonicAtBoot: UInt64 = 5000

    init(_ habit: Habit, at time: UInt64) {
        self.habit = habit
        (bootedAt, since) = (time, time)
        wasAlwaysRight = habit == .right
        boot(at: time)
    }

    mutating func boot(at time: UInt64) {
        bootedAt = time
        if habit == .deadBattery { set(offset: -Int64(time), at: time) }
    }

    mutating func set(offset: Int64, at time: UInt64) {
        self.offset = offset
        since = time
        if offset != 0 { wasAlwaysRight = false }
    }

    /// Somebody sets it right, and mends it.
    mutating func mend(at time: UInt64) {
        habit = .right
        set(offset: 0, at: time)
    }

    func reading(at time: UInt64) -> ClockReading {
        var wall = Int64(habit == .frozen ? since : time) + offset
        if case .drifts(let rate) = habit { wall += Int64(time - since) / 1000 * rate / 1000 }
        return ClockReading(
            wall: UInt64(max(0, wall)), monotonic: time - bootedAt + MachineClock.monotonicAtBoot)
    }
}
