using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using OpenOva.Relay.Identity;

namespace OpenOva.Relay.Sessions;

/// <summary>One-use tunnel tickets: 32 random bytes, of which the database knows the SHA-256 only.</summary>
internal static class SessionTickets
{
    private const int TicketBytes = 32;
    private const int MaxTextLength = 128;

    public static string Make() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TicketBytes));

    /// <summary>What the database looks a ticket up by; text that cannot be a ticket has the hash of none.</summary>
    public static string Hash(string ticket) =>
        ticket.Length > MaxTextLength ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ticket)));
}

/// <summary>Who redeems a ticket: the gateway's client where one calls, else the person, and in <c>ClientAt</c> also where he is. A gateway redeems from where it stands.</summary>
internal sealed record TicketHolder(string Client, string ClientAt)
{
    public static TicketHolder Of(CallerFeature callers, IPAddress? address)
    {
        if (callers.Gateway is { } gateway) return new($"gateway {gateway.Issuer} {gateway.ClientId}", $"gateway {gateway.Issuer} {gateway.ClientId}");
        var person = $"person {callers.Caller.Issuer} {callers.Caller.Subject}";
        return new(person, $"{person} at {address}");
    }
}
