import Core
import Testing

@Suite("Fields of resumable uploads are items of RFC 9651")
struct UploadFieldTests {
    static let counts: [(String, Int64)] = [
        ("0", 0), ("-0", 0), ("1", 1), ("00012", 12), ("999999999999999", 999_999_999_999_999),
        (" 5", 5), ("5 ", 5), ("  5  ", 5),
        ("5;a", 5), ("5;a=1", 5), ("5; a=?0", 5), ("5;  a=-1.5;b", 5), ("5;a=:AAAA:", 5), ("5;a=@-1;*b=t/x:y ", 5),
        ("5;a=\"x;y\\\"\\\\\"", 5), ("5;a_-.*1=*t", 5),
        (String(repeating: " ", count: 255) + "7", 7),
    ]

    @Test("A count is read; its parameters are read over", arguments: counts)
    func readsCount(text: String, count: Int64) {
        #expect(UploadField.count(text) == count)
    }

    static let noCounts: [String] = [
        "", " ", "-", "-1", "+1", "--1", "1.0", "1.", ".5", "1000000000000000", "0000000000000001", "1e3", "0x10",
        "1_000",
        "1 2", "1,2", "1, 1", "1;", "1;A", "1;1", "1; ", "1;a=", "1;a=;b", "1;a=(1)", "1;a= 1", "1 ;a", "1;a=\"x",
        "1;a=?2",
        "1;a=:A:", "1;a=\"\\x\"", "1;a=\"é\"", "1a", "\t1", "1\t", "1\r\n", "\u{FF11}", "?1", "\"1\"", ":MQ==:",
        "token", "@1",
        "(1)", "*", String(repeating: " ", count: 256) + "7", "1;a=\"" + String(repeating: "x", count: 256) + "\"",
    ]

    @Test("What is no integer, or a negative one, is no count", arguments: noCounts)
    func refusesCount(text: String) {
        #expect(UploadField.count(text) == nil)
    }

    static let truths: [(String, Bool)] = [
        ("?1", true), ("?0", false), (" ?1 ", true), ("?0;x", false), ("?1;a=1; b=\"?0\"", true),
    ]

    @Test("A boolean is read; its parameters are read over", arguments: truths)
    func readsTruth(text: String, truth: Bool) {
        #expect(UploadField.truth(text) == truth)
    }

    static let noTruths: [String] = [
        "", "1", "0", "?", "?2", "?T", "?true", "true", "false", "?11", "?1?1", "?1,?1", "?1, ?0", "?1;", "? 1",
        "\"?1\"",
        "?1.0", "\t?1", "(?1)", "?\u{FF11}",
    ]

    @Test("What is no boolean has no truth", arguments: noTruths)
    func refusesTruth(text: String) {
        #expect(UploadField.truth(text) == nil)
    }

    @Test("A boolean survives the round trip", arguments: [true, false])
    func roundTrip(truth: Bool) {
        #expect(UploadField.truth(UploadField.text(truth)) == truth)
    }
}
