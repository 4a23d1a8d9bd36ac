using System.Buffers;
using System.IO.Compression;
using Google.Protobuf;
using Grpc.Core;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>A session from its opening to its verified recording, with a fake guacd that replays real streams.</summary>
[Trait("Kind", "Fast")]
public sealed class SessionPathTests
{
    [Fact]
    public async Task Session_ReplayedByFakeGuacd_IsDeliveredWholeAndRecordedLessWhatIsForOneUser()
    {
        var stream = await File.ReadAllBytesAsync("testdata/ssh-password.guac", TestContext.Current.CancellationToken);
        stream = AfterReady(stream);
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = FakeGuacdPlay.Replay(stream) });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });

        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        await UntilAsync(() => tunnel.Received.Length >= stream.Length);
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        var session = await relay.WaitForAsync(tunnel.Session, SessionState.Verified);

        Assert.Equal(stream, tunnel.Received[..stream.Length]);
        Assert.Equal(SessionEndReason.ClientLeft, tunnel.Ended!.Reason);
        Assert.Equal(RecordedPart(tunnel.Received), await RawAsync(relay, session.SessionId));
        Assert.False(session.Recovered);
    }

    private static byte[] AfterReady(byte[] stream)
    {
        var parser = new InstructionParser();
        var buffer = new ReadOnlySequence<byte>(stream);
        while (parser.TryRead(ref buffer, out var instruction))
        {
            if (instruction.Is(Opcodes.Ready)) break;
        }

        // Up to the last sync: the sample's own farewell would end the session before the person leaves.
        var rest = buffer.ToArray();
        var end = rest.AsSpan().LastIndexOf("4.sync,"u8);
        return rest[..(end + rest.AsSpan(end).IndexOf((byte)';') + 1)];
    }

    private static byte[] RecordedPart(byte[] delivered)
    {
        var (parser, classifier, recorded) = (new InstructionParser(), new InstructionClassifier(), new MemoryStream());
        var buffer = new ReadOnlySequence<byte>(delivered);
        while (parser.TryRead(ref buffer, out var instruction))
        {
            if (classifier.Classify(instruction).IsRecorded()) recorded.Write(instruction.Raw);
        }

        return recorded.ToArray();
    }

    private static async Task<byte[]> RawAsync(RelayUnderTest relay, string session)
    {
        using var call = relay.Recordings.Stream(
            new() { SessionId = session, Purpose = "a test", Part = RecordingPart.Recording }, await relay.AsAsync("anton"));
        using var zipped = new MemoryStream();
        await foreach (var piece in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken)) piece.Data.WriteTo(zipped);
        zipped.Position = 0;
        using var raw = new MemoryStream();
        await using var gzip = new GZipStream(zipped, CompressionMode.Decompress);
        await gzip.CopyToAsync(raw, TestContext.Current.CancellationToken);
        return raw.ToArray();
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition()) await Task.Delay(20, patience.Token);
    }
}
