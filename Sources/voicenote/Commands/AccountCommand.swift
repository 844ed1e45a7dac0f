import ArgumentParser
import Core
import Foundation
import Persistence
import Services

/// `voicenote account …`
struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Make and list accounts, reset passwords. Works beside a running server.",
        subcommands: [Create.self, List.self, Token.self, ResetPassword.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an account; the first one becomes the owner.",
            discussion: "The password is read from standard input: a line of it, or the prompt at a terminal.")

        @OptionGroup var options: SettingsOptions
        @Option(help: "The e-mail address to sign in with.") var email: String
        @Option(help: "The name that is shown.") var name: String

        func run() async throws {
            try await AccountCommand.withAccounts(options, makesFolder: true) { accounts in
                let account = try await accounts.create(
                    email: email, name: name, password: try AccountCommand.readPassword(), force: true)
                print("\(account.id)  \(account.email)  \(account.role.rawValue)")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all accounts, oldest first.")

        @OptionGroup var options: SettingsOptions

        func run() async throws {
            try await AccountCommand.withAccounts(options) { accounts in
                for account in try await accounts.all() {
                    print("\(account.id)  \(account.email)  \(account.role.rawValue)  \(account.name)")
                }
            }
        }
    }

    struct Token: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an API token for a program; it is shown this once.")

        @OptionGroup var options: SettingsOptions
        @Option(help: "The account's e-mail address.") var email: String
        @Option(help: "What the token is for.") var name = "command line"
        @Option(help: "read, write or admin. Can be repeated.") var scope: [String] = ["read", "write"]

        func run() async throws {
            let scopes = try scope.map { text in
                guard let scope = Scope(rawValue: text) else {
                    throw CommandFailure("--scope takes read, write or admin, not \"\(text)\".")
                }
                return scope
            }
            try await AccountCommand.withAccounts(options) { accounts in
                guard let account = try await accounts.all().first(where: { $0.email == email.lowercased() }) else {
                    throw VoiceNoteError.notFound("account")
                }
                let principal = Principal(account: account.id, role: account.role, scopes: Set(Scope.allCases))
                let issued = try await accounts.createToken(
                    name: name, scopes: Set(scopes), expiresInDays: nil, for: principal)
                print(issued.text)
            }
        }
    }

    struct ResetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a new password and end every session of the account.",
            discussion: """
                The password is read from standard input: a line of it, or the prompt at a terminal. Access tokens that \
                were given out work for up to 15 minutes more; API tokens stay, and are deleted one by one.
                """)

        @OptionGroup var options: SettingsOptions
        @Option(help: "The account's e-mail address.") var email: String

        func run() async throws {
            try await AccountCommand.withAccounts(options) { accounts in
                try await accounts.resetPassword(email: email, to: try AccountCommand.readPassword())
                print("The password of \(email) is changed; its sessions end within 15 minutes. API tokens stay.")
            }
        }
    }

    /// - Parameter makesFolder: whether the data folder is made where there is none.
    private static func withAccounts(
        _ options: SettingsOptions, makesFolder: Bool = false, _ body: (Accounts) async throws -> Void
    ) async throws {
        let settings = try await options.load()
        if !makesFolder { try Composition.requireFolder(settings) }
        let logger = Composition.logger(settings)
        let (_, database) = try await Composition.open(settings, logger: logger)
        let hasher = PasswordHasher()
        do {
            let accounts = try await Accounts(
                database: database, hasher: hasher, settings: settings.accounts, logger: logger)
            try await body(accounts)
        } catch let error as VoiceNoteError {
            throw CommandFailure(
                error.fields.isEmpty
                    ? error.detail : error.fields.map { "\($0.field): \($0.message)" }.joined(separator: " "))
        }
        try await hasher.shutdown()
        try await database.close()
    }

    /// A line from standard input; at a terminal without showing what is typed.
    private static func readPassword() throws -> String {
        if isatty(STDIN_FILENO) == 1 {
            guard let text = getpass("Password: ") else { throw CommandFailure("No password was given.") }
            return String(cString: text)
        }
        guard let line = readLine(strippingNewline: true) else {
            throw CommandFailure("Give the password on standard input, such as: echo PASSWORD | voicenote account …")
        }
        return line
    }
}
