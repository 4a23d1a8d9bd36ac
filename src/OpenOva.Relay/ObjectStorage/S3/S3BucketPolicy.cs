using System.Text.Json.Nodes;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>What the store calls the four identities in a bucket policy.</summary>
/// <param name="Format">Of a principal, with NAME in it.</param>
internal sealed record S3Principals(string Writer, string Retention, string Hold, string Bypass, string Format)
{
    public static S3Principals Default { get; } = new("relay-writer", "relay-retention", "relay-hold", "relay-bypass", "arn:aws:iam:::user/NAME");

    public string Of(string name) => Format.Replace("NAME", name, StringComparison.Ordinal);
}

/// <summary>The bucket policy that gives each identity its duty and nothing else, in S3's policy language.</summary>
internal static class S3BucketPolicy
{
    private static readonly string[] Look =
        ["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketVersioning", "s3:GetBucketObjectLockConfiguration"];

    private static readonly string[] Read = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention", "s3:GetObjectLegalHold"];

    // A put with lock headers needs PutObjectRetention; it lets the writer prolong, and never shorten.
    private static readonly string[] Write = ["s3:PutObject", "s3:PutObjectRetention", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];

    // Said outright: on some stores whoever put an object owns it, and may do all this unless it is denied.
    private static readonly string[] NotForWriter =
        ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:PutObjectLegalHold", "s3:PutObjectAcl", "s3:PutObjectVersionAcl"];

    public static string Of(string bucket, S3Principals principals)
    {
        JsonObject Allow(string id, string[] names, string[] actions, string resource = "/*") => Statement(id, "Allow", names, actions, resource);
        JsonObject Statement(string id, string effect, string[] names, string[] actions, string resource) => new()
        {
            ["Sid"] = id,
            ["Effect"] = effect,
            ["Principal"] = new JsonObject { ["AWS"] = Array(names.Distinct().Select(principals.Of)) },
            ["Action"] = Array(actions),
            ["Resource"] = $"arn:aws:s3:::{bucket}{resource}",
        };

        var (writer, retention, hold, bypass, _) = principals;
        return new JsonObject
        {
            ["Version"] = "2012-10-17",
            ["Statement"] = new JsonArray(
                Allow("Look", [writer, retention], Look, resource: ""),
                Allow("Read", [writer, retention, hold, bypass], Read),
                Allow("Write", [writer], Write),
                Allow("Retain", [retention], ["s3:DeleteObjectVersion", "s3:PutObjectRetention"]),
                Allow("Hold", [hold], ["s3:PutObjectLegalHold"]),
                Allow("Bypass", [bypass], ["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"]),
                Statement("NotForWriter", "Deny", [writer], NotForWriter, "/*")),
        }.ToJsonString();
    }

    private static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
