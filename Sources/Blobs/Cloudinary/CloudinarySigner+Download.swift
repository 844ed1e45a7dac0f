public import Core

extension CloudinarySigner {
    /// A URL of the API, not of the delivery network, that gives the asset as it was uploaded, until it expires.
    ///
    /// Source: Cloudinary documentation, "Providing time-limited access to private media assets".
    ///
    /// - Parameters:
    ///   - api: scheme and host of the API: `https://api.cloudinary.com`.
    ///   - asset: its version does not matter here. A raw one needs no format.
    ///   - attachment: whether a browser is to save it.
    ///   - expiresAt: in whole seconds.
    ///   - time: now, at most an hour off.
    public func downloadURL(
        api: String, _ asset: CloudinaryAsset, attachment: Bool = false, expiresAt: Timestamp, at time: Timestamp
    ) -> String {
        let parameters: CloudinaryParameters = [
            "public_id": asset.publicID, "format": asset.format, "type": asset.type.rawValue,
            "attachment": attachment ? "true" : nil, "expires_at": String(expiresAt.secondsOfEpoch),
        ]
        let cloud = PercentText.component(credentials.cloudName)
        return "\(api)/v1_1/\(cloud)/\(asset.resourceType.rawValue)/download?\(signed(parameters, at: time).query)"
    }
}
