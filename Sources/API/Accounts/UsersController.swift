import Core
import Hummingbird
import Services

/// `/users/me` and `/tokens`: the account itself and the tokens of its programs.
struct UsersController: Sendable {
    let accounts: Accounts

    func addRoutes(to table: borrowing RouteTable) {
        table.add(.get, "/api/v1/users/me", .read, me)
        table.add(.patch, "/api/v1/users/me", .admin, update)
        table.add(.get, "/api/v1/tokens", .admin, tokens)
        table.add(.post, "/api/v1/tokens", .admin, createToken)
        table.add(.delete, "/api/v1/tokens/:id", .admin, deleteToken)
    }

    @Sendable private func me(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        try JSON.response(.ok, AccountBody(try await accounts.account(of: principal)))
    }

    private struct UpdateRequest: Decodable {
        let patch: AccountPatch

        enum Keys: String, CodingKey {
            case name, email, password, currentPassword, workHours, workDays, jargons, systemPrompt
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Keys.self)
            patch = AccountPatch(
                name: try values.decodeIfPresent(String.self, forKey: .name),
                email: try values.decodeIfPresent(String.self, forKey: .email),
                password: try values.decodeIfPresent(String.self, forKey: .password),
                currentPassword: try values.decodeIfPresent(String.self, forKey: .currentPassword),
                workHours: values.contains(.workHours)
                    ? .some(try values.decodeIfPresent(Account.WorkHours.self, forKey: .workHours)) : nil,
                workDays: try values.decodeIfPresent([Int].self, forKey: .workDays),
                jargons: try values.decodeIfPresent([String].self, forKey: .jargons),
                systemPrompt: try values.decodeIfPresent(String.self, forKey: .systemPrompt))
        }
    }

    @Sendable private func update(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let patch = try await JSON.decode(UpdateRequest.self, from: request, scope).patch
        return try JSON.response(.ok, AccountBody(try await accounts.update(patch, of: principal)))
    }

    @Sendable private func tokens(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        try JSON.response(.ok, ItemsBody(items: try await accounts.tokens(of: principal).map { TokenBody($0) }))
    }

    private struct TokenRequest: Decodable {
        let name: String
        let scopes: [String]
        let expiresInDays: Int?
    }

    @Sendable private func createToken(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        let body = try await JSON.decode(TokenRequest.self, from: request, scope)
        let scopes = body.scopes.compactMap(Scope.init(rawValue:))
        guard scopes.count == body.scopes.count else {
            throw VoiceNoteError(
                .validationFailed, "Please correct: scopes.",
                fields: [FieldError(field: "scopes", message: "Any of read, write and admin.")])
        }
        let issued = try await accounts.createToken(
            name: body.name, scopes: Set(scopes), expiresInDays: body.expiresInDays, for: principal)
        return try JSON.response(.created, TokenBody(issued.token, text: issued.text))
    }

    @Sendable private func deleteToken(
        _ request: Request, _ scope: RequestScope, _ principal: Principal
    ) async throws -> Response {
        guard let id = APIToken.ID(scope.parameters.get("id") ?? "") else { throw VoiceNoteError.notFound("token") }
        try await accounts.deleteToken(id, of: principal)
        return Response(status: .noContent)
    }
}
