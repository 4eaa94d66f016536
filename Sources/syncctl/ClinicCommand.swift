import ArgumentParser

struct ClinicCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clinic",
        abstract: "Enrol clinics, list them, say what they see, and shut them out.",
        subcommands: [
            ClinicAddCommand.self, ClinicListCommand.self, ClinicScopeCommand.self,
            ClinicRevokeCommand.self,
        ])
}

struct ClinicAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a code with which a clinic enrols, once.",
        discussion: """
            A clinic that was revoked, because its machine was lost or by mistake, comes back by the \
            same name: as the clinic that it was, with the new code. Its old certificates stay void.
            """)

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

    @Option(
        help: """
            Which patients it is sent: its own, or the whole district's. (default: own, or what a \
            clinic of that name has)
            """)
    var scope: Scope?

    @Option(
        help: ArgumentHelp(
            "The FHIR Organization that the clinic is, for patients that name it; its name, if not "
                + "given.",
            valueName: "id"))
    var organization: String?

    func validate() throws {
        guard 1...Self.maximumNameBytes ~= name.utf8.count else {
            throw ValidationError(
                "A clinic's name has 1 to \(Self.maximumNameBytes) bytes, and this one has "
                    + "\(name.utf8.count): choose another.")
        }
    }

    func run() async throws {
        let answer = try await connection.ask(
            "clinic-add",
            .object([
                ("name", .string(name)), ("scope", scope.map { .string($0.rawValue) }),
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

struct ClinicScopeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scope", abstract: "Say which patients a clinic is sent.",
        discussion: """
            What it is to be sent more comes with its next exchanges. What it is to be sent no \
            longer leaves it once all that was written there is in a backup of the hub.
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "The clinic's name.") var name: String
    @Argument(help: "Its own patients, or the whole district's.")
    var scope: ClinicAddCommand.Scope

    func run() async throws {
        let answer = try await connection.ask(
            "clinic-scope",
            .object([("name", .string(name)), ("scope", .string(scope.rawValue))]),
            timeout: .seconds(600))
        connection.show(answer, as: JSONValue.self) { _ in
            "\(name) is sent \(scope == .own ? "its own patients" : "all patients of the district")."
        }
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
            "\(name) is revoked: the hub answers it no more. What it has sent stays. If it is to "
                + "come back: syncctl clinic add \(name)"
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
