using Grpc.Core;
using Grpc.Testing;
using OpenOva.Relay.Grpc.Tests.Hosting;

namespace OpenOva.Relay.Grpc.Tests.Server;

[Trait("Kind", "Fast")]
public sealed class MetadataTests
{
    [Fact]
    public async Task RequestHeaders_HoldTheCallsMetadataAndNotTheProtocols()
    {
        var metadata = await SeenAsync(
            ("x-text", "one"), ("authorization", "Bearer t"), ("grpc-accept-encoding", "gzip"), ("grpc-timeout", "9S"));
        Assert.Equal("one", metadata.GetValue("x-text"));
        Assert.Equal("Bearer t", metadata.GetValue("Authorization"));
        Assert.DoesNotContain(metadata, entry => entry.Key.StartsWith("grpc-", StringComparison.Ordinal) || entry.Key[0] == ':');
        Assert.DoesNotContain(metadata, entry => entry.Key is "te" or "content-type" or "host");
    }

    [Theory]
    [InlineData("AQI", new byte[] { 1, 2 })]
    [InlineData("AQI=", new byte[] { 1, 2 })]
    [InlineData("", new byte[0])]
    [InlineData("/+8", new byte[] { 0xff, 0xef })]
    public async Task BinaryHeader_PaddedOrNot_IsDecoded(string value, byte[] expected)
    {
        var metadata = await SeenAsync(("x-data-bin", value));
        Assert.Equal(expected, metadata.GetValueBytes("x-data-bin") ?? []);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task BinaryHeader_JoinedByCommas_IsSeveral()
    {
        var metadata = await SeenAsync(("x-data-bin", "AQ,Ag==, AwQ"));
        Assert.Equal([[1], [2], [3, 4]], metadata.GetAll("x-data-bin").Select(entry => entry.ValueBytes));
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task BinaryHeader_ThatIsNoBase64_IsLeftOut()
    {
        var metadata = await SeenAsync(("x-data-bin", "!!"), ("x-data-bin", "AQ"));
        Assert.Equal([[1]], metadata.GetAll("x-data-bin").Select(entry => entry.ValueBytes));
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task BinaryMetadata_IsSentUnpadded()
    {
        await using var host = await GrpcHost.StartAsync();
        host.Script.Unary = async (_, context) =>
        {
            context.ResponseTrailers.Add("x-end-bin", [7]);
            await context.WriteResponseHeadersAsync(new Metadata { { "x-start-bin", [1, 2] }, { "grpc-status", "9" }, { "x-text", "a" } });
            return new SimpleResponse();
        };
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()));
        Assert.Equal("AQI", response.Headers.GetValues("x-start-bin").Single());
        Assert.Equal("a", response.Headers.GetValues("x-text").Single());
        Assert.False(response.Headers.Contains("grpc-status"));
        Assert.Equal("Bw", response.Trailers.GetValues("x-end-bin").Single());
        Assert.Equal("0", response.Trailers.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task StatusMessage_IsPercentEncoded()
    {
        await using var host = await GrpcHost.StartAsync();
        host.Script.Unary = (_, _) => throw new RpcException(new Status(StatusCode.Aborted, "50 %\r\nü"));
        using var raw = new RawCall(host.Address);
        Assert.Equal("50 %25%0D%0A%C3%BC", (await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()))).Message);
    }

    [Fact]
    public async Task Context_TellsMethodHostAndPeer()
    {
        await using var host = await GrpcHost.StartAsync();
        bool? authenticated = null;
        string? peer = null, authority = null, method = null;
        host.Script.Unary = (_, context) =>
        {
            (authenticated, peer, authority, method) = (context.AuthContext.IsPeerAuthenticated, context.Peer, context.Host, context.Method);
            return Task.FromResult(new SimpleResponse());
        };
        await host.Client().UnaryCallAsync(new SimpleRequest()).ResponseAsync.Within();
        Assert.Matches(@"^ipv4:127\.0\.0\.1:\d+$", peer!);
        Assert.Equal((host.Address.Authority, RawCall.Unary), (authority, method));
        Assert.False(authenticated);
    }

    [Fact]
    public void Metadata_ChecksItsEntries()
    {
        Assert.Throws<ArgumentException>(() => new Metadata { { "no spaces", "x" } });
        Assert.Throws<ArgumentException>(() => new Metadata { { "x-bin", "text" } });
        Assert.Throws<ArgumentException>(() => new Metadata { { "x-text", [1] } });
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("x", "y"));
        Assert.Equal("upper", new Metadata { { "UPPER", "x" } }[0].Key);
    }

    private static async Task<Metadata> SeenAsync(params (string, string)[] headers)
    {
        await using var host = await GrpcHost.StartAsync();
        Metadata? seen = null;
        host.Script.Unary = (_, context) =>
        {
            seen = context.RequestHeaders;
            return Task.FromResult(new SimpleResponse());
        };
        using var raw = new RawCall(host.Address);
        Assert.Equal("0", (await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()), headers)).Status);
        return seen!;
    }
}
