/// The table `facts`: what a process leaves to the next one.
public struct FactRepository {
    let connection: any SQLConnection

    public func set(_ name: String, to value: String) throws {
        try connection.execute(
            "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [.text(name), .text(value)])
    }

    /// Sets the fact unless it is set; what it is then.
    public func keep(_ name: String, _ value: String) throws -> String {
        try connection.execute(
            "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            [.text(name), .text(value)])
        return try self.value(name) ?? value
    }

    public func remove(_ name: String) throws {
        try connection.execute("DELETE FROM facts WHERE name = $1", [.text(name)])
    }

    public func value(_ name: String) throws -> String? {
        try connection.first("SELECT value FROM facts WHERE name = $1", [.text(name)])?.text("value")
    }
}
