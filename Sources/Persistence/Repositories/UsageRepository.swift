public import Core

/// The table `store_usage`: what a store was used for, by calendar month (UTC).
public struct UsageRepository {
    let connection: any SQLConnection

    public func add(_ usage: StoreUsage, to store: String, month: String) throws {
        try connection.execute(
            """
            INSERT INTO store_usage (store, month, requests, egress, ingress) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (store, month) DO UPDATE SET requests = store_usage.requests + excluded.requests,
            egress = store_usage.egress + excluded.egress, ingress = store_usage.ingress + excluded.ingress
            """,
            [.text(store), .text(month), .integer(usage.requests), .integer(usage.egress), .integer(usage.ingress)])
    }

    public func find(_ store: String, month: String) throws -> StoreUsage {
        guard
            let row = try connection.first(
                "SELECT * FROM store_usage WHERE store = $1 AND month = $2", [.text(store), .text(month)])
        else { return StoreUsage() }
        return StoreUsage(
            requests: try row.integer("requests"), egress: try row.integer("egress"),
            ingress: try row.integer("ingress"))
    }
}
