import Exhaustive
import Testing

@Suite("Every small history")
struct ExhaustiveTests {
    @Test("A register comes to what its writes say, in every order of arrival")
    func registers() throws {
        var options = Exhaustive.Options.quick
        (options.engine, options.stack) = (nil, nil)
        let report = try Exhaustive.run(options)
        print(report)
        let count = try #require(report.registers)
        #expect(count.orders > 1_000_000)
    }

    @Test("A replica comes to what its writes say, in every order and by every path")
    func engine() throws {
        var options = Exhaustive.Options.quick
        (options.registers, options.stack) = (nil, nil)
        let report = try Exhaustive.run(options)
        print(report)
        let count = try #require(report.engine)
        #expect(count.histories > 1_000_000)
        #expect(count.orders > 50_000)
    }

    @Test("A hub and two clinics come to rest, equal, with nothing lost")
    func stack() throws {
        var options = Exhaustive.Options.quick
        (options.registers, options.engine) = (nil, nil)
        let report = try Exhaustive.run(options)
        print(report)
        let count = try #require(report.stack)
        #expect(count.all > 8000)
    }

    @Test("A run is a function of its options")
    func repeats() throws {
        var options = EngineOrders.Options()
        options.acts = 2
        #expect(try EngineOrders.run(options) == EngineOrders.run(options))
        var stack = StackOrders.Options()
        (stack.alone, stack.steps) = (1, 2)
        #expect(try StackOrders.run(stack) == StackOrders.run(stack))
    }
}
