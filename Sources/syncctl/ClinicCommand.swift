import ArgumentParser

struct ClinicCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clinic", abstract: "Enrol clinics, list them, and shut them out.",
        subcommands: [
            ClinicAddCommand.self, ClinicListCommand.self, ClinicRevokeCommand.self,
        ])
}

struct ClinicAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a code with which a clinic enrols, once.")

    /// What a clinic is sent.
    enum Scope: String, ExpressibleByArgument, CaseIterable {
        /// Patients that it registered, that name it, or that it asked to hold.
        case own
        /// All patients of the district.
        case district
    }

    /// As the hub has it.
    private static let maximumNameBytes = 64

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "The clinic's name, for people.") var name: String

    @Option(help: "Which patients it is sent: its own, or the whole district's.")
    var scope: Scope = .own

    @Option(
        help: ArgumentHelp(
            "The FHIR Organization that the clinic is, for patients that name it.",
            valueName: "id"))
    var organization: String?

    func validate() throws {
        guard 1...Self.maximumNameBytes ~= name.utf8.count else {
            throw ValidationError(
                "A clinic's name has 1 to \(Self.maximumNameBytes) bytes; choose a shorter one.")
        }
    }

    func run() async throws {
        let answer = try await connection.ask(
            "clinic-add",
            .object([
                ("name", .string(name)), ("scope", .string(scope.rawValue)),
                ("organization", organization.map { .string($0) }),
            ]))
        connection.show(answer, as: EnrolmentCode.self, describe: \.description)
    }
}

struct ClinicListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the clinics that the hub knows.",
        discussion: "JSON: as clinics in status.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.ask("clinic-list")
        connection.show(answer, as: [HubStatus.Clinic].self, describe: HubStatus.table)
    }
}

struct ClinicRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Shut a clinic out, from its next request on.")

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "The clinic's name.") var name: String

    func run() async throws {
        let answer = try await connection.ask("clinic-revoke", .object([("name", .string(name))]))
        connection.show(answer, as: JSONValue.self) { _ in
            "\(name) is revoked: the hub answers it no more. What it has sent stays."
        }
    }
}

/// A new clinic's way in.
struct EnrolmentCode: Decodable {
    let name: String
    let id: String?
    let code: String
    let expires: String?

    var description: String {
        """
        Code for \(name), to be used once, until \(expires ?? "it expires"):

          \(code)

        On the clinic's machine:

          clinicd enrol --config clinicd.yaml --code \(code)
        """
    }
}
