import Core

@testable import Blobs

/// The credentials and times of published examples.
enum S3Fixture {
    /// Of Amazon's S3 API Reference.
    static let credentials = S3Credentials(
        accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
    static let signer = S3Signer(credentials, region: "us-east-1")
    static let host = "examplebucket.s3.amazonaws.com"
    /// 2013-05-24T00:00:00Z
    static let time = Timestamp(milliseconds: 1_369_353_600_000)

    /// Of Amazon's suite for Signature Version 4; its key has a plus sign where the other has a slash.
    static let suiteCredentials = S3Credentials(
        accessKey: "AKIDEXAMPLE", secretKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
    /// 2015-08-30T12:36:00Z
    static let suiteTime = Timestamp(milliseconds: 1_440_938_160_000)
    static let suiteDate = Array("20150830T123600Z".utf8)
    static let suiteKey = S3SigningKey(suiteCredentials, region: "us-east-1", service: "service", at: suiteTime)
    static let suiteToken = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
}
