import Core

/// Tries a single request again when the store stumbles: some hundred milliseconds' patience, no more. Longer waits are
/// for whoever has other work meanwhile.
enum Patience {
    private static let most = 3
    /// What a store asks for beyond this is not waited for here.
    private static let longest = Duration.seconds(2)

    static func trying<Value>(_ body: () async throws -> Value) async throws -> Value {
        var attempt = 1
        while true {
            do {
                return try await body()
            } catch let error as StoreError where isWorthwhile(error) && attempt < most {
                var generator = SystemRandomNumberGenerator()
                let policy = RetryPolicy(mostAttempts: most, base: .milliseconds(200), cap: longest)
                let delay = error.retryAfter ?? policy.delay(afterAttempt: attempt, using: &generator) ?? .zero
                guard delay <= longest else { throw error }
                try await Task.sleep(for: delay)
                attempt += 1
            }
        }
    }

    private static func isWorthwhile(_ error: StoreError) -> Bool {
        switch error.kind {
        case .unreachable, .failing, .busy, .damaged: true
        case .denied, .missing, .refused, .vanished, .overBudget: false
        }
    }
}
