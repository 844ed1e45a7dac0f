/// The table `facts`: what a process leaves to the next one.
public struct FactRepository {
    let connection: any SQLConnection

    public func set(_ name: String, to value: String) throws {
        try connection.execute(
            "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [.text(name), .text(value)])
    }

    public func value(_ name: String) throws -> String? {
        try connection.first("SELECT value FROM facts WHERE name = $1", [.text(name)])?.text("value")
    }
}
