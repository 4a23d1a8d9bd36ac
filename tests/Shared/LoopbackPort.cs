using System.Net;
using System.Net.Sockets;

namespace OpenOva.Relay.Shared;

/// <summary>Ports of 127.0.0.1 for a service that must know its address before it listens.</summary>
public static class LoopbackPort
{
    // Below the range from which the kernel serves whoever asks for any port: a port of that range may be somebody's outgoing connection by the time it is listened on.
    private const int First = 10_000;
    private const int Count = 10_000;

    private static uint s_last = (uint)Random.Shared.Next(Count);

    /// <summary>A port that nobody listens on, and that this process is not told of again.</summary>
    public static int Free()
    {
        for (var attempt = 0; attempt < Count; attempt++)
        {
            var port = First + (int)(Interlocked.Increment(ref s_last) % Count);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody else's.
            }
        }

        throw new InvalidOperationException($"All ports from {First} to {First + Count - 1} of 127.0.0.1 are in use.");
    }
}
