/// An owner of notes.
public struct Account: Sendable, Hashable {
    public typealias ID = Identifier<Account>

    public enum Role: String, Sendable, Codable {
        /// The first account of a system; may do everything that an operator does over the API.
        case owner
        case member
    }

    public let id: ID
    public var email: String
    public var name: String
    public var role: Role
    public var profile: Profile
    public let createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: ID, email: String, name: String, role: Role, profile: Profile, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.email = email
        self.name = name
        self.role = role
        self.profile = profile
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// What a person tells the system about how they work and speak.
    public struct Profile: Sendable, Hashable, Codable {
        /// Working hours of a day.
        public var workHours: WorkHours?
        /// ISO 8601 weekdays, 1 = Monday to 7 = Sunday, ascending.
        public var workDays: [Int]
        /// Words that the recogniser should know.
        public var jargons: [String]
        /// What the language service is told before every request.
        public var systemPrompt: String

        public init(
            workHours: WorkHours? = nil, workDays: [Int] = [1, 2, 3, 4, 5], jargons: [String] = [],
            systemPrompt: String = ""
        ) {
            self.workHours = workHours
            self.workDays = workDays
            self.jargons = jargons
            self.systemPrompt = systemPrompt
        }
    }

    /// From when to when somebody works, as `HH:MM` in their own time zone.
    public struct WorkHours: Sendable, Hashable, Codable {
        public var start: String
        public var end: String

        public init(start: String, end: String) {
            self.start = start
            self.end = end
        }
    }
}
