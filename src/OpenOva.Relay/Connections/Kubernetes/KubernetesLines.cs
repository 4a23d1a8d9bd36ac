using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace OpenOva.Relay.Connections.Kubernetes;

/// <summary>Cuts a watch's stream into its lines, each a JSON object. A line that the end of the stream cuts off is none.</summary>
internal static class KubernetesLines
{
    /// <exception cref="KubernetesApiException">A line is longer than <paramref name="maximumBytes"/>.</exception>
    public static async IAsyncEnumerable<byte[]> ReadAsync(Stream stream, int maximumBytes, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(cancellation);
                var rest = result.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    var line = rest.Slice(0, end).ToArray();
                    rest = rest.Slice(rest.GetPosition(1, end));
                    if (line.Length > 0)
                        yield return line;
                }
                if (rest.Length > maximumBytes)
                    throw new KubernetesApiException($"an event is longer than {maximumBytes} bytes");
                reader.AdvanceTo(rest.Start, rest.End);
                if (result.IsCompleted)
                    yield break;
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }
}
