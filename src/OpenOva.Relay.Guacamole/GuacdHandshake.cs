namespace OpenOva.Relay.Guacamole;

/// <summary>
/// Gives the values that must not live longer than the handshake. Called once, after guacd has named its parameters and just before
/// they are sent; what it returns wins over <see cref="GuacdHandshake.Parameters"/>.
/// </summary>
/// <param name="argNames">The names this guacd knows, in its order.</param>
/// <param name="cancellationToken">Cancelled when the handshake is.</param>
/// <returns>Values by name. An exception thrown instead ends the handshake and reaches the caller unchanged.</returns>
public delegate ValueTask<IReadOnlyDictionary<string, string>> GuacdSecrets(
    IReadOnlyList<string> argNames, CancellationToken cancellationToken);

/// <summary>The size of the user's screen.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Dpi">Dots per inch.</param>
public sealed record GuacdDisplay(int Width = 1024, int Height = 768, int Dpi = 96);

/// <summary>What is asked of guacd. Not a record, so that nothing prints its parameters.</summary>
public sealed class GuacdHandshake
{
    private static readonly Dictionary<string, string> NoParameters = [];

    private GuacdHandshake(string select, bool isJoin)
    {
        Select = select;
        IsJoin = isJoin;
    }

    /// <summary>The argument of <c>select</c>: a protocol, or the <c>$</c> id of a connection to join.</summary>
    public string Select { get; }

    /// <summary>Whether an existing connection is joined.</summary>
    public bool IsJoin { get; }

    /// <summary>A join that may only look. Sent as this user's own <c>read-only</c>; without it guacd takes his keys and mouse. Default true.</summary>
    public bool JoinReadOnly { get; private init; } = true;

    /// <summary>Parameters by guacd's names, such as <c>hostname</c>; those that are no secret. A join sends none.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = NoParameters;

    /// <summary>Gives the secret parameters at the last moment; null = there are none. A join asks for none.</summary>
    public GuacdSecrets? Secrets { get; init; }

    /// <summary>
    /// Names that this guacd must know and that must have a value, such as <c>host-key</c>: guacd ignores what it does not know, and a
    /// check of the target's identity that is silently ignored is none.
    /// </summary>
    public IReadOnlyCollection<string> RequiredParameters { get; init; } = [];

    /// <summary>The user's screen.</summary>
    public GuacdDisplay Display { get; init; } = new();

    /// <summary>Audio types the user's client plays; none = no sound.</summary>
    public IReadOnlyList<string> AudioMimetypes { get; init; } = [];

    /// <summary>Video types the user's client plays.</summary>
    public IReadOnlyList<string> VideoMimetypes { get; init; } = [];

    /// <summary>Picture types the user's client shows. PNG is always understood.</summary>
    public IReadOnlyList<string> ImageMimetypes { get; init; } = ["image/png", "image/jpeg"];

    /// <summary>IANA name of the user's time zone; null = not told. Only to guacd from version 1.1.0.</summary>
    public string? Timezone { get; init; }

    /// <summary>The user's name as other users of the connection may see it; null = not told. Only to guacd from version 1.5.0.</summary>
    public string? Name { get; init; }

    /// <summary>A new connection.</summary>
    /// <param name="protocol">guacd's name of it: ssh, vnc, rdp, telnet, kubernetes.</param>
    public static GuacdHandshake Open(string protocol) => new(Checked(protocol, join: false), isJoin: false);

    /// <inheritdoc cref="Open(string)"/>
    /// <param name="protocol">guacd's name of it.</param>
    /// <param name="parameters">See <see cref="Parameters"/>.</param>
    /// <param name="secrets">See <see cref="Secrets"/>.</param>
    public static GuacdHandshake Open(string protocol, IReadOnlyDictionary<string, string> parameters, GuacdSecrets? secrets = null) =>
        new(Checked(protocol, join: false), isJoin: false) { Parameters = parameters, Secrets = secrets };

    /// <summary>One more user of a connection that lives in the same guacd.</summary>
    /// <param name="connectionId">Its <see cref="GuacdConnection.ConnectionId"/>, beginning with <c>$</c>.</param>
    /// <param name="readOnly">See <see cref="JoinReadOnly"/>.</param>
    public static GuacdHandshake Join(string connectionId, bool readOnly = true) =>
        new(Checked(connectionId, join: true), isJoin: true) { JoinReadOnly = readOnly };

    /// <summary>The protocol, or that it is a join; nothing else.</summary>
    public override string ToString() => IsJoin ? "join" : Select;

    private static string Checked(string select, bool join)
    {
        ArgumentException.ThrowIfNullOrEmpty(select);
        if (select.StartsWith('$') != join)
            throw new ArgumentException(join ? "The id of a connection begins with $." : "A protocol does not begin with $.");
        return select;
    }
}
