using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.GatewayClient;

/// <summary><c>relay-gateway-client recording</c></summary>
internal static class RecordingVerb
{
    private static readonly (RecordingPart Part, string Suffix)[] Parts =
    [
        (RecordingPart.Recording, "guac.gz"), (RecordingPart.Index, "index.json"), (RecordingPart.Manifest, "manifest.jws"),
    ];

    public static Command Create()
    {
        var id = new Option<string>("--session") { Description = "The session's id.", HelpName = "ID", Required = true };
        var purpose = new Option<string>("--purpose") { Description = "Why it is read; kept as evidence.", HelpName = "TEXT", Required = true };
        var directory = new Option<DirectoryInfo>("--out") { Description = "Where the files go.", HelpName = "DIR", Required = true };
        return GatewayCommandLine.Verb(
            "recording", "Have a recording verified from the store, and save it with its index and signed manifest.", [id, purpose, directory],
            async (api, parsed, answer, cancellation) =>
            {
                var (session, why) = (parsed.GetValue(id)!, parsed.GetValue(purpose)!);
                var folder = parsed.GetValue(directory)!;
                folder.Create();

                var request = new RecordingServiceVerifyRequest { SessionId = session, Purpose = why };
                var verified = await api.Recordings.VerifyAsync(request, await api.AsPersonAsync(cancellation), cancellationToken: cancellation);
                foreach (var check in verified.Checks) answer.Progress($"{check.Outcome,-8} {check.Name}{(check.Detail.Length > 0 ? $": {check.Detail}" : "")}");

                var files = new List<string>();
                foreach (var (part, suffix) in Parts)
                {
                    var path = Path.Combine(folder.FullName, $"{session}.{suffix}");
                    var (bytes, _) = await PartFile.WriteAsync(path, ReadAsync(api, session, why, part, cancellation), cancellation);
                    answer.Progress(string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes of {Path.GetFileName(path)}"));
                    files.Add(path);
                }

                answer.Write(
                    parsed, new { sessionId = session, valid = verified.Valid, files }, [.. files.Prepend(verified.Valid ? "valid" : "NOT VALID")]);
                return verified.Valid ? ExitCode.Done : ExitCode.Failed;
            });
    }

    private static async IAsyncEnumerable<ByteString> ReadAsync(
        RelayApi api, string session, string purpose, RecordingPart part, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new RecordingServiceStreamRequest { SessionId = session, Purpose = purpose, Part = part };
        using var call = api.Recordings.Stream(request, await api.AsPersonAsync(cancellation), cancellationToken: cancellation);
        while (await call.ResponseStream.MoveNext(cancellation)) yield return call.ResponseStream.Current.Data;
    }
}
