import Blobs
import Core
import Testing

@Suite("Documents of S3")
struct S3DocumentsTests {
    private static let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    private static let namespace = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

    private static func bytes(_ text: String) -> [UInt8] { Array((head + text).utf8) }

    private static func tag(_ text: String) throws -> S3ETag { try #require(S3ETag(text)) }

    @Test("The beginning of a multipart upload")
    func initiate() throws {
        let upload = try S3Documents.MultipartUpload(
            Self.bytes(
                """
                <InitiateMultipartUploadResult \(Self.namespace)>
                  <Bucket>example-bucket</Bucket><Key>blobs/a &amp; b</Key>
                  <UploadId>VXBsb2FkIElE/6aWpbm</UploadId>
                </InitiateMultipartUploadResult>
                """))
        #expect(upload.key == "blobs/a & b")
        #expect(upload.uploadID == "VXBsb2FkIElE/6aWpbm")
    }

    @Test(
        "A tag, with quotes as stores write them, and blanks that keep a connection alive",
        arguments: ["\"x-2\"", "&quot;x-2&quot;", "&#34;x-2&#34;", "x-2", "<![CDATA[\"x-2\"]]>", "\n \"x-2\"\n"])
    func quotes(tag: String) throws {
        let answer = """
            <ListPartsResult \(Self.namespace)><UploadId>u</UploadId><IsTruncated>false</IsTruncated>
            <Part><PartNumber>1</PartNumber><ETag>\(tag)</ETag><Size>1</Size></Part></ListPartsResult>
            """
        #expect(try S3Documents.PartList(Self.bytes("\n\n   " + answer)).parts.map(\.eTag) == [try Self.tag("x-2")])
    }

    @Test("An error, and what asked for it")
    func failure() throws {
        let failure = try S3Documents.Failure(
            Self.bytes(
                """
                <Error><Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message>
                <RequestId>656c76696e6727732072657175657374</RequestId><HostId>Uuag1LuByRx9e6j5Onimru9pO4ZVKnJ2</HostId>
                </Error>
                """))
        #expect(failure.code == "InternalError")
        #expect(failure.message == "We encountered an internal error. Please try again.")
        #expect(failure.requestID == "656c76696e6727732072657175657374")
    }

    @Test("An error need not say more than its code")
    func bareFailure() throws {
        let failure = try S3Documents.Failure(Self.bytes("<Error><Code>NoSuchUpload</Code><Message/></Error>"))
        #expect(failure.code == "NoSuchUpload" && failure.message.isEmpty && failure.requestID == nil)
    }

    @Test("An error's texts are bounded, and hold nothing of what was signed")
    func boundedFailure() throws {
        let long = String(repeating: "é", count: 5000)
        let failure = try S3Documents.Failure(
            Self.bytes(
                "<Error><Code>SignatureDoesNotMatch</Code><Message>\(long)</Message><RequestId>\(long)</RequestId>"
                    + "<AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId><StringToSign>AWS4</StringToSign></Error>"))
        #expect(failure.message.count == 1000 && failure.requestID?.count == 1000)
        #expect(!"\(failure)".contains("AKIA"))
    }

    @Test("The parts of an upload")
    func parts() throws {
        let text = """
            <ListPartsResult \(Self.namespace)><Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId>
            <PartNumberMarker>1</PartNumberMarker><NextPartNumberMarker>3</NextPartNumberMarker>
            <MaxParts>2</MaxParts><IsTruncated>true</IsTruncated>
            <Part><PartNumber>2</PartNumber><LastModified>2010-11-10T20:48:34.000Z</LastModified>
            <ETag>"7778aef83f66abc1fa1e8477f296d394"</ETag><Size>10485760</Size></Part>
            <Part><PartNumber>3</PartNumber><ETag>"aaaa18db4cc2f85cedef654fccc4a4x8"</ETag><Size>0</Size>
            <ChecksumSHA256>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ChecksumSHA256></Part>
            </ListPartsResult>
            """
        let list = try S3Documents.PartList(Self.bytes(text))
        #expect(list.uploadID == "u")
        #expect(list.nextMarker == 3)
        #expect(
            list.parts == [
                .init(number: 2, eTag: try Self.tag("7778aef83f66abc1fa1e8477f296d394"), size: 10_485_760),
                .init(
                    number: 3, eTag: try Self.tag("aaaa18db4cc2f85cedef654fccc4a4x8"), size: 0,
                    sha256: SHA256Hash("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
            ])
        let last = text.replacing("true", with: "false")
        #expect(try S3Documents.PartList(Self.bytes(last)).nextMarker == nil)
    }

    @Test("The uploads that are open")
    func uploads() throws {
        let list = try S3Documents.UploadList(
            Self.bytes(
                """
                <ListMultipartUploadsResult \(Self.namespace)><Bucket>b</Bucket><KeyMarker/><UploadIdMarker/>
                <NextKeyMarker>my-movie.m2ts</NextKeyMarker><NextUploadIdMarker>YW55</NextUploadIdMarker>
                <MaxUploads>3</MaxUploads><IsTruncated>true</IsTruncated>
                <Upload><Key>my-divisor</Key><UploadId>XMgbGlrZSBlbHZpbmcncyBub3QgaGF2</UploadId>
                <Initiator><ID>i</ID></Initiator><Owner><ID>o</ID></Owner><StorageClass>STANDARD</StorageClass>
                <Initiated>2010-11-10T20:48:33.000Z</Initiated></Upload>
                <Upload><Key> blanks </Key><UploadId>2</UploadId></Upload>
                </ListMultipartUploadsResult>
                """))
        #expect(list.uploads.map(\.key) == ["my-divisor", " blanks "])
        #expect(list.uploads.map(\.uploadID) == ["XMgbGlrZSBlbHZpbmcncyBub3QgaGF2", "2"])
        #expect(list.uploads.map(\.initiatedAt) == [Timestamp("2010-11-10T20:48:33Z"), nil])
        #expect(list.next?.key == "my-movie.m2ts")
        #expect(list.next?.uploadID == "YW55")
    }

    private static func objects(_ encoding: String, key: String) -> String {
        """
        <ListBucketResult \(namespace)><Name>quotes</Name><Prefix/>\(encoding)
        <NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>
        <KeyCount>1</KeyCount><MaxKeys>3</MaxKeys><Delimiter>/</Delimiter><IsTruncated>true</IsTruncated>
        <Contents><Key>\(key)</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified>
        <ETag>"fba9dede5f27731c9771645a39863328"</ETag><Size>434234</Size><StorageClass>STANDARD</StorageClass>
        </Contents><CommonPrefixes><Prefix>\(key)/</Prefix></CommonPrefixes>
        </ListBucketResult>
        """
    }

    @Test(
        "The objects of a bucket, with keys that are encoded where it is said",
        arguments: [
            ("", "a+b%20c", "a+b%20c"), ("<EncodingType>url</EncodingType>", "a+b%20c%C3%BC%01", "a b cü\u{1}"),
            ("", " a&#13;\n", " a\r\n"), ("", "💾&lt;", "💾<"),
        ])
    func objects(encoding: String, key: String, decoded: String) throws {
        let list = try S3Documents.ObjectList(Self.bytes(Self.objects(encoding, key: key)))
        #expect(list.objects.map(\.key) == [decoded])
        #expect(list.objects.map(\.size) == [434_234])
        #expect(list.objects.map(\.eTag) == [try Self.tag("fba9dede5f27731c9771645a39863328")])
        #expect(list.objects.map(\.modifiedAt) == [Timestamp("2009-10-12T17:50:30Z")])
        #expect(list.commonPrefixes == [decoded + "/"])
        #expect(list.nextToken == "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=")
    }

    @Test("A full page is read")
    func fullPage() throws {
        let contents = (0..<1000).map { index in
            """
            <Contents><Key>blobs/\(String(repeating: "é", count: 500))\(index)</Key><Size>\(index)</Size>
            <LastModified>2009-10-12T17:50:30.000Z</LastModified><ETag>"fba9dede5f27731c9771645a39863328"</ETag>
            <Owner><ID>\(index)</ID><DisplayName>x</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>
            """
        }
        let list = try S3Documents.ObjectList(
            Self.bytes("<ListBucketResult>\(contents.joined())<IsTruncated>false</IsTruncated></ListBucketResult>"))
        #expect(list.objects.count == 1000)
        #expect(list.objects.map(\.size).reduce(0, +) == 499_500)
        #expect(list.nextToken == nil && list.commonPrefixes.isEmpty)
    }

    @Test("The prefix of elements does not matter")
    func prefix() throws {
        let text = "<s3:Error xmlns:s3=\"http://s3.amazonaws.com/doc/2006-03-01/\"><s3:Code>X</s3:Code></s3:Error>"
        #expect(try S3Documents.Failure(Self.bytes(text)).code == "X")
    }

    @Test("What completes an upload names its parts in their order, with checksums where there are any")
    func complete() throws {
        let body = S3Documents.completeMultipartUpload([
            .init(number: 2, eTag: try Self.tag("b<&>")),
            .init(
                number: 1, eTag: try Self.tag("a"), size: 5,
                sha256: SHA256Hash("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
        ])
        #expect(
            String(decoding: body, as: UTF8.self)
                == "<CompleteMultipartUpload \(Self.namespace)>"
                + "<Part><PartNumber>1</PartNumber><ETag>\"a\"</ETag>"
                + "<ChecksumSHA256>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ChecksumSHA256></Part>"
                + "<Part><PartNumber>2</PartNumber><ETag>\"b&lt;&amp;&gt;\"</ETag></Part></CompleteMultipartUpload>")
    }

    // MARK: What is refused

    static let refused: [(String, S3DocumentError)] = [
        ("<html><body>504</body></html>", .unexpectedRoot("html", expected: "ListPartsResult")),
        ("<Error><Code>X</Code></Error>", .unexpectedRoot("Error", expected: "ListPartsResult")),
        ("<ListPartsResult/>", .missing("UploadId")),
        ("<ListPartsResult><UploadId> </UploadId></ListPartsResult>", .missing("UploadId")),
        (list("<Part/>"), .missing("PartNumber")),
        (list("<Part><PartNumber>x</PartNumber></Part>"), .invalid("PartNumber")),
        (list("<Part><PartNumber>0</PartNumber></Part>"), .invalid("PartNumber")),
        (list("<Part><PartNumber>10001</PartNumber></Part>"), .invalid("PartNumber")),
        (list("<Part><PartNumber>1</PartNumber></Part>"), .missing("ETag")),
        (list("<Part><PartNumber>1</PartNumber><ETag>a b</ETag></Part>"), .invalid("ETag")),
        (list("<Part><PartNumber>1</PartNumber><ETag>a</ETag><Size>-1</Size></Part>"), .invalid("Size")),
        (
            list("<Part><PartNumber>1</PartNumber><ETag>a</ETag><Size>9223372036854775808</Size></Part>"),
            .invalid("Size")
        ),
        (
            list("<Part><PartNumber>1</PartNumber><ETag>a</ETag><ChecksumSHA256>AAAA</ChecksumSHA256></Part>"),
            .invalid("ChecksumSHA256")
        ),
        (list("<IsTruncated>maybe</IsTruncated>"), .invalid("IsTruncated")),
        (list("<IsTruncated>true</IsTruncated>"), .missing("NextPartNumberMarker")),
        (String(repeating: "<a>", count: 17) + String(repeating: "</a>", count: 17), .tooComplex),
        (list(String(repeating: "<a/>", count: 20_000)), .tooComplex),
        ("<!DOCTYPE ListPartsResult><ListPartsResult/>", .declaration),
        ("<!DOCTYPE a [<!ENTITY b \"c\">]><ListPartsResult><UploadId>&b;</UploadId></ListPartsResult>", .declaration),
        (
            "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/hostname\">]><ListPartsResult><UploadId>&b;</UploadId>"
                + "</ListPartsResult>", .declaration
        ),
    ]

    private static func list(_ content: String) -> String {
        "<ListPartsResult><UploadId>u</UploadId>\(content)</ListPartsResult>"
    }

    @Test("An answer that does not fit is told apart", arguments: refused)
    func refuses(text: String, error: S3DocumentError) {
        #expect(throws: error) { try S3Documents.PartList(Self.bytes(text)) }
        #expect(error.code.hasPrefix("s3_document_") && error.description.hasSuffix("."))
    }

    @Test(
        "What is no XML is refused",
        arguments: [
            "", " ", "nonsense", "<ListPartsResult>", "<ListPartsResult><UploadId>u</ListPartsResult>",
            "<ListPartsResult/><ListPartsResult/>", "<ListPartsResult/>junk", "<a>&unknown;</a>", "<a>\u{1}</a>",
            "{\"error\":1}", "<a b=c/>",
        ])
    func malformed(text: String) {
        #expect {
            try S3Documents.PartList(Array(text.utf8))
        } throws: { error in
            guard case .malformed = error as? S3DocumentError else { return false }
            return true
        }
    }

    @Test("An answer in an encoding of two bytes a letter hides nothing")
    func wideEncoding() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><!DOCTYPE a [<!ENTITY b \"c\">]><Error>&b;</Error>"
        let bytes: [UInt8] = [0xFF, 0xFE] + text.utf8.flatMap { [$0, 0] }
        #expect(throws: S3DocumentError.malformed(line: 0)) { try S3Documents.Failure(bytes) }
    }

    @Test("An answer is bounded")
    func bounds() {
        let limit = S3Documents.maximumBytes
        #expect(throws: S3DocumentError.tooLong(limitBytes: limit)) {
            try S3Documents.Failure([UInt8](repeating: UInt8(ascii: " "), count: limit + 1))
        }
    }

    @Test("No beginning of an answer is taken for the whole")
    func truncated() throws {
        let whole = Self.bytes(Self.objects("", key: "a&amp;b"))
        for length in 0..<whole.count where (try? S3Documents.ObjectList(Array(whole.prefix(length)))) != nil {
            Issue.record("\(length) bytes of \(whole.count) were read")
        }
        #expect(try S3Documents.ObjectList(whole).objects.count == 1)
    }
}
