using System.Collections.Immutable;
using OpenOva.Relay.Connections;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Connections;

[Trait("Kind", "Fast")]
public sealed class ConnectionSecretsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-secrets-");
    private readonly LoggedLines<ConnectionSecrets> _log = new();

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("hunter2", "hunter2")]
    [InlineData("hunter2\n", "hunter2")]
    [InlineData("hunter2\r\n", "hunter2")]
    [InlineData("hunter2\n\n", "hunter2\n")]
    [InlineData(" hunter2 ", " hunter2 ")]
    [InlineData("pässwörd", "pässwörd")]
    public async Task Read_File_WithoutItsOneTrailingLineEnd(string content, string secret)
    {
        var values = await ReadAsync(content);

        Assert.True(values.TryReveal("password", out var value));
        Assert.Equal(secret, value);
        Assert.DoesNotContain("hunter2", values.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("a\0b")]
    [InlineData(null)]
    public async Task Read_FileThatHoldsNoSecret_IsATypedError(string? content)
    {
        var e = await Assert.ThrowsAsync<RelayException>(() => ReadAsync(content));

        Assert.Equal(ErrorReason.ConnectionMisconfigured, e.Reason);
        Assert.Empty(e.Details);
        Assert.Single(_log.Lines);
    }

    [Fact]
    public async Task Read_FileTooLarge_IsATypedErrorWithoutTheText()
    {
        await Assert.ThrowsAsync<RelayException>(() => ReadAsync("hunter2" + new string('x', 64 * 1024)));

        Assert.DoesNotContain("hunter2", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_NameWithoutSecret_IsNotThere()
    {
        var values = await new ConnectionSecrets(_log).ReadAsync(Connection(new SecretLocation("/nowhere", null)), ["username"], TestContext.Current.CancellationToken);

        Assert.Empty(values.Names);
    }

    [Fact]
    public async Task Read_Environment_IsTakenAsItStands()
    {
        Environment.SetEnvironmentVariable("RELAY_SECRET_TEST_ONLY", "hunter2\n");
        var values = await new ConnectionSecrets(_log).ReadAsync(
            Connection(new SecretLocation(null, "RELAY_SECRET_TEST_ONLY")), ["password"], TestContext.Current.CancellationToken);

        Assert.True(values.TryReveal("password", out var value));
        Assert.Equal("hunter2\n", value);
    }

    private async Task<SecretValues> ReadAsync(string? content)
    {
        var file = Path.Combine(_folder.FullName, "password");
        if (content is not null)
            await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        return await new ConnectionSecrets(_log).ReadAsync(Connection(new SecretLocation(file, null)), ["password"], TestContext.Current.CancellationToken);
    }

    private static Relay.Connections.Connection Connection(SecretLocation location) => new()
    {
        Organisation = "acme",
        Name = "core-db",
        Protocol = "ssh",
        Hostname = "db.core",
        Port = 22,
        AudienceRoles = ["dba"],
        Recording = new RecordingTerms(true, "guacamole-recordings", 400),
        Parameters = ImmutableSortedDictionary<string, string>.Empty,
        Secrets = ImmutableSortedDictionary<string, SecretLocation>.Empty.Add("password", location),
        TargetIdentity = TargetIdentity.Unverified,
        Digest = "",
        File = "core.yaml",
    };
}
