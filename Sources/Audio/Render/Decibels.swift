import Glibc

/// Levels as factors.
enum Decibels {
    /// The factor of an amplitude.
    static func amplitude(_ decibels: Double) -> Double { pow(10, decibels / 20) }
}
