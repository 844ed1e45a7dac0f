public import Core

extension S3Signer {
    /// The longest that a signed URL may be valid: seven days.
    public static let longestValidity = Duration.seconds(604_800)

    /// A URL that lets whoever has it do one thing with one object for a while, without further headers.
    ///
    /// A `Range` header need not be signed. All of the same window have the same text, if they are signed at the same
    /// second: that is what caches want.
    ///
    /// Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters".
    ///
    /// - Parameters:
    ///   - key: of the object, not encoded.
    ///   - method: upper case; a URL for `GET` does not allow `HEAD`.
    ///   - time: when the URL begins to be valid.
    ///   - validity: in whole seconds, of which at least 1 and at most 604 800 are taken.
    public func presignedURL(
        _ key: String, in address: S3Address, method: String = "GET", at time: Timestamp,
        validFor validity: Duration, overrides: S3ResponseOverrides = S3ResponseOverrides()
    ) -> String {
        let signingKey = self.key(at: time)
        var date: [UInt8] = []
        date.reserveCapacity(16)
        time.appendBasicForm(to: &date)
        let path = address.pathBytes(of: key)
        let query = query(signingKey, date: date, validity: validity, overrides: overrides)
        let signature = signingKey.signature(
            of: S3CanonicalRequest(method: method, path: path, query: query, host: address.host), date: date)

        var url: [UInt8] = []
        url.reserveCapacity(address.origin.utf8.count + path.count + query.count + 84)
        url.append(utf8: address.origin)
        url += path
        url.append(UInt8(ascii: "?"))
        url += query
        url.append(utf8: "&X-Amz-Signature=")
        url += signature
        return String(decoding: url, as: UTF8.self)
    }

    /// The canonical query: the names are written in their order, so nothing has to be sorted.
    private func query(
        _ signingKey: S3SigningKey, date: [UInt8], validity: Duration, overrides: S3ResponseOverrides
    ) -> [UInt8] {
        var query: [UInt8] = []
        query.reserveCapacity(512)
        query.append(utf8: "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=")
        query += signingKey.encodedCredential
        query.append(utf8: "&X-Amz-Date=")
        query += date
        query.append(utf8: "&X-Amz-Expires=")
        let seconds = min(max(validity, .seconds(1)), Self.longestValidity).components.seconds
        query.append(utf8: String(seconds))
        if !encodedToken.isEmpty {
            query.append(utf8: "&X-Amz-Security-Token=")
            query += encodedToken
        }
        query.append(utf8: "&X-Amz-SignedHeaders=host")
        overrides.append(to: &query)
        return query
    }
}
