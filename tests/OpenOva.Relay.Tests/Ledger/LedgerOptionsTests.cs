using OpenOva.Relay.Configuration;
using OpenOva.Relay.Tests.Host;

namespace OpenOva.Relay.Tests.Ledger;

[Trait("Kind", "Fast")]
public sealed class LedgerOptionsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Build_ExportersAndSinks_AreTaken() => Assert.Empty(Failures([]));

    [Theory]
    [InlineData("Exports:siem:Kind", "none")]
    [InlineData("Exports:siem:Url", "http://search.example:9200")]
    [InlineData("Exports:siem:Url", "https://user:hunter2@search.example")]
    [InlineData("Exports:siem:Url", "https://search.example/?pretty")]
    [InlineData("Exports:siem:Url", "search.example")]
    [InlineData("Exports:siem:CaFile", "/nowhere.pem")]
    [InlineData("Exports:siem:User", "relay", "Exports:siem:PasswordFile")]
    [InlineData("Exports:siem:TokenScheme", "Digest")]
    [InlineData("Exports:siem:TokenFile", "/nowhere")]
    [InlineData("Exports:siem:Timeout", "00:01:00")]
    [InlineData("Exports:siem:PauseCeiling", "00:00:00")]
    [InlineData("Exports:siem:StallAfter", "00:00:00")]
    [InlineData("Exports:log:Url", "tcp://log.example:601")]
    [InlineData("Exports:log:Url", "tls://log.example")]
    [InlineData("Exports:log:Url", "tls://log.example:6514/path")]
    [InlineData("Exports:log:CertificateFile", "FILE", "Exports:log:CertificateKeyFile")]
    [InlineData("Exports:log:EnterpriseNumber", "0")]
    [InlineData("Exports:log:ConfirmAfter", "00:00:00.1")]
    [InlineData("HeadSinks:vault:Kind", "none")]
    [InlineData("HeadSinks:vault:Directory", "relative")]
    [InlineData("HeadSinks:bucket:Bucket", "")]
    [InlineData("HeadSinks:bucket:Prefix", "/")]
    [InlineData("HeadSinks:bucket:S3:Endpoint", "")]
    [InlineData("HeadSinks:bucket:S3:MaxAttempts", "0")]
    public void Build_OneKeyBroken_IsNamed(string key, string value, string? named = null)
    {
        var failure = Assert.Single(Failures(new() { [key] = value == "FILE" ? _file : value }));

        Assert.StartsWith($"Relay:Ledger:{named ?? key}", failure, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Exports:Upper:Kind")]
    [InlineData("HeadSinks:a b:Kind")]
    public void Build_NameThatNoLabelTakes_IsRefused(string key) => Assert.Contains(Failures(new() { [key] = "1" }), failure => failure.Contains("must have a name", StringComparison.Ordinal));

    private IReadOnlyList<string> Failures(Dictionary<string, string?> changed)
    {
        var values = MinimalConfiguration.Values(Path.GetTempPath());
        Dictionary<string, string?> ledger = new()
        {
            ["Exports:siem:Kind"] = "opensearch",
            ["Exports:siem:Url"] = "https://search.example:9200",
            ["Exports:log:Kind"] = "syslog",
            ["Exports:log:Url"] = "tls://log.example:6514",
            ["HeadSinks:vault:Kind"] = "directory",
            ["HeadSinks:vault:Directory"] = "/mnt/vault",
            ["HeadSinks:bucket:Kind"] = "s3",
            ["HeadSinks:bucket:Bucket"] = "heads",
            ["HeadSinks:bucket:S3:Endpoint"] = "https://store.example",
            ["HeadSinks:bucket:S3:Writer:AccessKeyFile"] = _file,
            ["HeadSinks:bucket:S3:Writer:SecretKeyFile"] = _file,
        };
        foreach (var (key, value) in ledger.Concat(changed)) values["Relay:Ledger:" + key] = value;
        try
        {
            using var application = (IDisposable)RelayHost.Build(new RelayHostSettings
            {
                Data = Path.Combine(Path.GetTempPath(), $"relay-{Guid.NewGuid():N}"), Values = values, Log = false,
            });
            return [];
        }
        catch (RelayConfigurationException refused)
        {
            return refused.Failures;
        }
    }
}
