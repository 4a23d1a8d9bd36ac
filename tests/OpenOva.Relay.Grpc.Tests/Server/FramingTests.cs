using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Grpc.Net.Compression;
using Grpc.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenOva.Relay.Grpc.Interop;
using OpenOva.Relay.Grpc.Tests.Hosting;

namespace OpenOva.Relay.Grpc.Tests.Server;

/// <summary>What goes over the wire, seen from below.</summary>
[Trait("Kind", "Fast")]
public sealed class FramingTests
{
    private static readonly (string, string) s_gzip = ("grpc-encoding", "gzip");

    [Fact]
    public async Task Failure_BeforeTheResponse_IsTrailersOnly()
    {
        await using var host = await GrpcHost.StartAsync();
        host.Script.Unary = (_, _) => throw new global::Grpc.Core.RpcException(new(global::Grpc.Core.StatusCode.NotFound, "nothing here"));
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()));
        Assert.True(response.IsTrailersOnly);
        Assert.Equal((HttpStatusCode.OK, "5", "nothing here"), (response.Http, response.Status, response.Message));
    }

    [Fact]
    public async Task Failure_AfterTheFirstMessage_StandsInTheTrailers()
    {
        await using var host = await GrpcHost.StartAsync();
        host.Script.Output = async (_, responses, _) =>
        {
            await responses.WriteAsync(new StreamingOutputCallResponse());
            throw new global::Grpc.Core.RpcException(new(global::Grpc.Core.StatusCode.DataLoss, "gone"));
        };
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Output, RawCall.Frame(new StreamingOutputCallRequest()));
        Assert.False(response.Headers.Contains("grpc-status"));
        Assert.Equal(new byte[5], response.Body);
        Assert.Equal("15", response.Trailers.GetValues("grpc-status").Single());
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task EmptyMessage_OfACompressedCall_IsSentPlain()
    {
        await using var host = await GrpcHost.StartAsync(grpc => grpc.ResponseCompressionAlgorithm = "gzip");
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()), ("grpc-accept-encoding", "identity,gzip"));
        Assert.Equal("gzip", response.Value("grpc-encoding"));
        Assert.Equal(new byte[5], response.Body);
        Assert.Equal("0", response.Status);
    }

    [Theory]
    [InlineData("identity, gzip", true)]
    [InlineData("identity,deflate", false)]
    [InlineData("", false)]
    public async Task Response_IsCompressed_OnlyForAClientThatAcceptsIt(string accepted, bool compressed)
    {
        await using var host = await GrpcHost.StartAsync(grpc => grpc.ResponseCompressionAlgorithm = "gzip");
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Unary, RawCall.Frame(PayloadOf(4000)), ("grpc-accept-encoding", accepted));
        Assert.Equal(compressed ? 1 : 0, response.Body[0]);
        Assert.Equal(compressed, response.Body.Length < 500);
    }

    [Fact]
    public async Task UnaryHandler_IsCalledOnlyAtTheEndOfTheRequest()
    {
        await using var host = await GrpcHost.StartAsync();
        var called = new TaskCompletionSource();
        host.Script.Unary = (_, _) =>
        {
            called.SetResult();
            return Task.FromResult(new SimpleResponse());
        };
        using var raw = new RawCall(host.Address);
        using var content = new OpenContent();
        var sending = raw.SendAsync(RawCall.Unary, content);
        await content.WriteAsync(RawCall.Frame(new SimpleRequest()));
        // A second call over the same connection comes back: the first one's message has been there for longer.
        host.Script.Input = (_, _) => Task.FromResult(new StreamingInputCallResponse());
        await raw.SendAsync(RawCall.Input, []);
        Assert.False(called.Task.IsCompleted);
        content.End();
        Assert.Equal("0", (await sending).Status);
        Assert.True(called.Task.IsCompleted);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(7)]
    public async Task Message_InSmallPieces_Arrives(int piece)
    {
        await using var host = await GrpcHost.StartAsync();
        using var raw = new RawCall(host.Address);
        using var content = new OpenContent();
        var sending = raw.SendAsync(RawCall.Unary, content);
        foreach (var part in RawCall.Frame(PayloadOf(40)).Chunk(piece)) await content.WriteAsync(part);
        content.End();
        var response = await sending;
        Assert.Equal("0", response.Status);
        Assert.Equal(PayloadOf(40).Payload, SimpleResponse.Parser.ParseFrom(response.Body.AsSpan(5)).Payload);
    }

    [Fact]
    public async Task Message_LargerThanEveryWindow_Arrives()
    {
        await using var host = await GrpcHost.StartAsync();
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Unary, RawCall.Frame(PayloadOf(4_000_000)));
        Assert.Equal("0", response.Status);
        Assert.Equal(4_000_000, SimpleResponse.Parser.ParseFrom(response.Body.AsSpan(5)).Payload.Body.Length);
    }

    [Fact]
    public async Task Stream_LargerThanHttpsBodyLimit_Arrives()
    {
        await using var host = await GrpcHost.StartAsync();
        using var raw = new RawCall(host.Address);
        var frame = RawCall.Frame(new StreamingInputCallRequest { Payload = PayloadOf(1_000_000).Payload });
        using var content = new OpenContent();
        var sending = raw.SendAsync(RawCall.Input, content);
        for (var i = 0; i < 32; i++) await content.WriteAsync(frame);
        content.End();
        var response = await sending;
        Assert.Equal("0", response.Status);
        Assert.Equal(32_000_000, StreamingInputCallResponse.Parser.ParseFrom(response.Body.AsSpan(5)).AggregatedPayloadSize);
    }

    [Fact]
    public async Task Length_OverTheLimit_IsRefusedBeforeTheMessageIsThere()
    {
        await using var host = await GrpcHost.StartAsync();
        using var raw = new RawCall(host.Address);
        using var content = new OpenContent();
        var sending = raw.SendAsync(RawCall.Unary, content);
        await content.WriteAsync([0, 0, 0x40, 0, 1]);
        Assert.Equal("8", (await sending).Status);
        content.End();
    }

    [Fact]
    public async Task Message_AtTheLimit_Passes()
    {
        await using var host = await GrpcHost.StartAsync(grpc => grpc.MaxReceiveMessageSize = 1000);
        using var raw = new RawCall(host.Address);
        var fitting = PayloadOf(1000 - (PayloadOf(900).CalculateSize() - 900));
        Assert.Equal(1000, fitting.CalculateSize());
        Assert.Equal("0", (await raw.SendAsync(RawCall.Unary, RawCall.Frame(fitting))).Status);
        Assert.Equal("8", (await raw.SendAsync(RawCall.Unary, RawCall.Frame(PayloadOf(fitting.Payload.Body.Length + 1)))).Status);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task GzipBomb_IsRefusedAtTheLimit()
    {
        var gzip = new CountingGzip();
        await using var host = await GrpcHost.StartAsync(grpc => grpc.CompressionProviders.Add(gzip));
        using var raw = new RawCall(host.Address);
        var bomb = Gzip(PayloadOf(64 * 1024 * 1024).ToByteArray());
        Assert.True(bomb.Length < 1024 * 1024);
        var response = await raw.SendAsync(RawCall.Unary, RawCall.Frame(bomb, flag: 1), s_gzip);
        Assert.Equal("8", response.Status);
        // The buffer doubles, so that the read that goes over the limit of 4 MiB may bring as much again.
        Assert.InRange(gzip.Decompressed, 4 * 1024 * 1024, 9 * 1024 * 1024);
    }

    [Fact]
    public async Task CompressedMessage_Arrives()
    {
        await using var host = await GrpcHost.StartAsync();
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Unary, RawCall.Frame(Gzip(PayloadOf(5000).ToByteArray()), flag: 1), s_gzip);
        Assert.Equal(5000, SimpleResponse.Parser.ParseFrom(response.Body.AsSpan(5)).Payload.Body.Length);
    }

    [Fact]
    public async Task CompressedFlag_WithoutEncoding_IsInternal()
    {
        await using var host = await GrpcHost.StartAsync();
        using var raw = new RawCall(host.Address);
        var message = RawCall.Frame(Gzip(PayloadOf(50).ToByteArray()), flag: 1);
        Assert.Equal("13", (await raw.SendAsync(RawCall.Unary, message)).Status);
        Assert.Equal("13", (await raw.SendAsync(RawCall.Unary, message, ("grpc-encoding", "identity"))).Status);
    }

    [Fact]
    public async Task UnknownEncoding_IsUnimplementedAndNamesTheKnown()
    {
        await using var host = await GrpcHost.StartAsync();
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Unary, RawCall.Frame(PayloadOf(50), flag: 1), ("grpc-encoding", "snappy"));
        Assert.Equal("12", response.Status);
        Assert.Equal("identity,gzip,deflate", response.Value("grpc-accept-encoding"));
    }

    public static TheoryData<string, byte[], string> Malformed() => new()
    {
        { "a flag that does not exist", [2, 0, 0, 0, 0], "13" },
        { "half a prefix", [0, 0, 0], "13" },
        { "half a message", [0, 0, 0, 0, 9, 1, 2, 3], "13" },
        { "no message", [], "13" },
        { "two messages", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "13" },
        { "more after the message", [0, 0, 0, 0, 0, 7], "13" },
        { "no protobuf", [0, 0, 0, 0, 2, 0xff, 0xff], "13" },
        { "no gzip", [1, 0, 0, 0, 3, 1, 2, 3], "13" },
        { "nothing where gzip should be", [1, 0, 0, 0, 0], "0" },
    };

    [Trait("Implementation", "Own")]
    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task MalformedRequest_IsAnsweredAndNotHandled(string what, byte[] body, string status)
    {
        await using var host = await GrpcHost.StartAsync();
        var handled = false;
        host.Script.Unary = (_, _) =>
        {
            handled = true;
            return Task.FromResult(new SimpleResponse());
        };
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Unary, body, s_gzip);
        Assert.Equal((what, status), (what, response.Status));
        Assert.Equal(status == "0", handled);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task BrokenStream_EndsTheCallAtTheBrokenMessage()
    {
        await using var host = await GrpcHost.StartAsync();
        using var raw = new RawCall(host.Address);
        byte[] body = [.. RawCall.Frame(new StreamingOutputCallRequest { Payload = PayloadOf(3).Payload }), 9, 9, 9, 9, 9];
        var response = await raw.SendAsync(RawCall.Duplex, body);
        Assert.Equal("13", response.Status);
        Assert.Equal(3, StreamingOutputCallResponse.Parser.ParseFrom(response.Body.AsSpan(5)).Payload.Body.Length);
    }

    [Fact]
    public async Task Request_ThatIsNoGrpc_GetsAnHttpError()
    {
        using var certificate = DevelopmentCertificate.Create();
        await using var host = await GrpcHost.StartAsync(certificate: certificate, protocols: HttpProtocols.Http1AndHttp2);
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown!.Equals(certificate) };
        using var http = new HttpClient(handler);
        var address = new Uri(host.Address, RawCall.Unary);
        using var old = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent([]) };
        old.Content.Headers.ContentType = new("application/grpc");
        Assert.Equal(HttpStatusCode.UpgradeRequired, (await http.SendAsync(old, TestContext.Current.CancellationToken)).StatusCode);
        using var json = new StringContent("{}");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await http.PostAsync(address, json, TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(address, TestContext.Current.CancellationToken)).StatusCode);
    }

    private static SimpleRequest PayloadOf(int size) => new() { Payload = new Payload { Body = ByteString.CopyFrom(new byte[size]) } };

    private static byte[] Gzip(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal)) gzip.Write(plain);
        return packed.ToArray();
    }

    /// <summary>Counts what comes out.</summary>
    private sealed class CountingGzip : ICompressionProvider
    {
        private long _decompressed;

        public long Decompressed => Interlocked.Read(ref _decompressed);

        public string EncodingName => "gzip";

        public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) => throw new NotSupportedException();

        public Stream CreateDecompressionStream(Stream stream) => new CountingStream(this, stream);

        private sealed class CountingStream(CountingGzip gzip, Stream packed) : GZipStream(packed, CompressionMode.Decompress)
        {
            public override int Read(Span<byte> buffer)
            {
                var count = base.Read(buffer);
                Interlocked.Add(ref gzip._decompressed, count);
                return count;
            }
        }
    }
}
