using OpenOva.Relay.Configuration;
using OpenOva.Relay.ObjectStorage.S3;
using OpenOva.Relay.Tests.Host;

namespace OpenOva.Relay.Tests.ObjectStorage;

[Trait("Kind", "Fast")]
public sealed class S3OptionsTests : IDisposable
{
    private readonly string _key = Path.GetTempFileName();

    public void Dispose() => File.Delete(_key);

    [Fact]
    public void Build_EndpointAndWriter_IsEnough() => Assert.Empty(Failures([]));

    [Theory]
    [InlineData("Endpoint", "store:9000")]
    [InlineData("Endpoint", "http://store.example:9000")]
    [InlineData("Endpoint", "https://user:hunter2@store.example")]
    [InlineData("Endpoint", "https://store.example/bucket")]
    [InlineData("Region", "")]
    [InlineData("Region", "a b")]
    [InlineData("CaFile", "/nowhere.pem")]
    [InlineData("Writer:SecretKeyFile", "")]
    [InlineData("Writer:AccessKeyFile", "/nowhere")]
    [InlineData("Retention:AccessKeyFile", "/nowhere", "Retention:SecretKeyFile")]
    [InlineData("Hold:SecretKeyFile", "/nowhere", "Hold:AccessKeyFile")]
    [InlineData("ConnectTimeout", "00:00:00")]
    [InlineData("StallTimeout", "-00:00:01")]
    [InlineData("MaxAttempts", "0")]
    [InlineData("RetryPause", "00:00:00")]
    [InlineData("RetryCeiling", "00:00:00.1")]
    [InlineData("MaxConnections", "1")]
    [InlineData("MultipartAbove", "1024")]
    [InlineData("CheckPeriod", "00:00:00")]
    public void Build_OneKeyBroken_IsNamed(string key, string value, string? other = null)
    {
        var broken = new Dictionary<string, string?> { [key] = value };
        if (other is not null) broken[other] = _key;

        var failures = Failures(broken);

        var failure = Assert.Single(failures);
        Assert.StartsWith("Relay:ObjectStorage:S3:" + key.Split(':')[0], failure, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_HttpElsewhere_NeedsToBeAllowed() =>
        Assert.Empty(Failures(new() { ["Endpoint"] = "http://store.example:9000", ["AllowHttp"] = "true" }));

    [Fact]
    public void Build_NoWriter_IsNamed() =>
        Assert.Contains("Relay:ObjectStorage:S3:Writer:AccessKeyFile", Assert.Single(Failures(new() { ["Writer:AccessKeyFile"] = "", ["Writer:SecretKeyFile"] = "" })), StringComparison.Ordinal);

    [Fact]
    public void Build_KeyMistyped_IsRefused() => Assert.Contains("Bucket", Assert.Single(Failures(new() { ["Bucket"] = "a" })), StringComparison.Ordinal);

    [Fact]
    public void Policy_OfABucket_DeniesTheWriterOutright()
    {
        var policy = System.Text.Json.Nodes.JsonNode.Parse(S3BucketPolicy.Of("relay-evidence", S3Principals.Default with { Format = "urn:NAME" }))!;

        var denied = Assert.Single(policy["Statement"]!.AsArray(), statement => (string?)statement!["Effect"] == "Deny")!;
        Assert.Equal(["urn:relay-writer"], denied["Principal"]!["AWS"]!.AsArray().Select(name => (string?)name));
        Assert.Contains("s3:DeleteObjectVersion", denied["Action"]!.AsArray().Select(action => (string?)action));
        var bypassers = policy["Statement"]!.AsArray().Where(statement =>
            (string?)statement!["Effect"] == "Allow" && statement["Action"]!.AsArray().Any(action => (string?)action == "s3:BypassGovernanceRetention"));
        Assert.Equal(["urn:relay-bypass"], Assert.Single(bypassers)!["Principal"]!["AWS"]!.AsArray().Select(name => (string?)name));
    }

    private IReadOnlyList<string> Failures(Dictionary<string, string?> changed)
    {
        var values = MinimalConfiguration.Values(Path.GetTempPath());
        values["Relay:ObjectStorage:S3:Endpoint"] = "https://store.example:9000";
        values["Relay:ObjectStorage:S3:Writer:AccessKeyFile"] = values["Relay:ObjectStorage:S3:Writer:SecretKeyFile"] = _key;
        foreach (var (key, value) in changed) values["Relay:ObjectStorage:S3:" + key] = value;
        try
        {
            using var application = (IDisposable)RelayHost.Build(new RelayHostSettings { Data = Path.Combine(Path.GetTempPath(), $"relay-{Guid.NewGuid():N}"), Values = values, Log = false });
            return [];
        }
        catch (RelayConfigurationException refused)
        {
            return refused.Failures;
        }
    }
}
