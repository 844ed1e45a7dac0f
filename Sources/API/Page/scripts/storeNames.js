// What a store is called on the page: by its kind where its name says no more than that.

const kinds = { local: "This server", s3: "S3", cloudinary: "Cloudinary", folder: "Folder" };

export function storeName({ name, kind }) {
    if (kind === "local") return kinds.local;
    return name === kind ? kinds[kind] ?? name : name;
}

/** The kind as a second line, or nothing where the name has said it. */
export function storeKind({ name, kind }) {
    return kind === "local" || name === kind ? "" : kinds[kind] ?? kind;
}
