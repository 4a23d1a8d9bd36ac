using System.Globalization;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Sessions;

/// <summary>What one connection says to guacd: its parameters in clear, its secrets at the last moment. No value leaves it but towards guacd.</summary>
internal sealed class TargetParameters
{
    private readonly Connections.Connection _connection;
    private readonly ConnectionSecrets _secrets;
    private readonly Dictionary<string, string> _clear;

    public TargetParameters(Connections.Connection connection, ConnectionSecrets secrets)
    {
        (_connection, _secrets) = (connection, secrets);
        _clear = connection.Parameters.ToDictionary(StringComparer.Ordinal);
        _clear["hostname"] = connection.Hostname;
        _clear["port"] = connection.Port.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>guacd's handshake for this connection on the person's screen.</summary>
    public GuacdHandshake Handshake(TunnelDisplay display) => new()
    {
        Protocol = _connection.Protocol,
        Parameters = WithChannels(),
        Secrets = async (names, cancellation) => await RevealAsync(names, cancellation),
        RequiredParameters = NeededParameters.Of(_connection),
        Display = display.Display,
        ImageMimetypes = display.Images,
        AudioMimetypes = display.Audio,
        VideoMimetypes = display.Video,
        Timezone = display.Timezone,
    };

    /// <summary>Names that the connection sets and this guacd does not know, sorted: it goes without them. A secret that it does not know was not even read.</summary>
    public IReadOnlyList<string> IgnoredBy(GuacdConnection guacd) =>
        [.. _clear.Keys.Concat(_connection.Secrets.Keys).Except(guacd.ArgNames, StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Those of the names that the connection has no value for, sorted.</summary>
    public IReadOnlyList<string> Lacking(IEnumerable<string> names) =>
        [.. names.Where(name => !_connection.Secrets.ContainsKey(name) && _clear.GetValueOrDefault(name) is not { Length: > 0 }).Order(StringComparer.Ordinal)];

    /// <summary>Whether a value of that name must never reach the person.</summary>
    public bool IsSecret(string name) => _connection.Secrets.ContainsKey(name) || GuacdParameters.IsSecret(name);

    /// <summary>The value of a name that is not lacking.</summary>
    /// <exception cref="Web.RelayException">CONNECTION_MISCONFIGURED: the secret cannot be read.</exception>
    public async ValueTask<string> ValueAsync(string name, CancellationToken cancellation) =>
        (await RevealAsync([name], cancellation)).TryGetValue(name, out var secret) ? secret : _clear[name];

    // Last, so that nothing else says otherwise. A guacd that has no such parameter is not asked for it: the session's path keeps the channels closed all the same.
    private Dictionary<string, string> WithChannels()
    {
        var parameters = new Dictionary<string, string>(_clear, StringComparer.Ordinal);
        foreach (var name in ChannelParameters.True(_connection.Protocol, _connection.Channels, _connection.Parameters)) parameters[name] = "true";
        return parameters;
    }

    private async ValueTask<IReadOnlyDictionary<string, string>> RevealAsync(IReadOnlyList<string> names, CancellationToken cancellation)
    {
        var values = await _secrets.ReadAsync(_connection, names, cancellation);
        var revealed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in values.Names)
        {
            if (values.TryReveal(name, out var value)) revealed[name] = value!;
        }

        return revealed;
    }
}
