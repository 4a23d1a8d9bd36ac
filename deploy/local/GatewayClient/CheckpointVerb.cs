using System.CommandLine;
using Grpc.Core;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.GatewayClient;

/// <summary><c>relay-gateway-client checkpoint</c></summary>
internal static class CheckpointVerb
{
    public static Command Create()
    {
        var file = new Option<FileInfo>("--out") { Description = "The file for the signed head.", HelpName = "FILE", Required = true };
        return GatewayCommandLine.Verb(
            "checkpoint", "Take the ledger's signed head. Kept somewhere else, it shows later that the history was not rewritten.", [file],
            async (api, parsed, answer, cancellation) =>
            {
                var head = await api.Ledger.GetCheckpointAsync(new GetCheckpointRequest(), await api.AsPersonAsync(cancellation), cancellationToken: cancellation);
                var path = parsed.GetValue(file)!.FullName;
                // No line end: a .jws file holds the statement and nothing else.
                await File.WriteAllTextAsync(path, head.Checkpoint, cancellation);
                var root = Convert.ToHexStringLower(head.RootHash.Span);
                answer.Write(parsed, new { file = path, size = head.TreeSize, root }, $"size  {head.TreeSize}", $"root  {root}", $"file  {path}");
                return ExitCode.Done;
            });
    }
}
