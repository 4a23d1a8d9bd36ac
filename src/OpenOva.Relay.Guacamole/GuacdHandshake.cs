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

    /// <summary>A new connection of this protocol, by guacd's name: ssh, vnc, rdp, telnet, kubernetes. Either this or <see cref="JoinId"/>.</summary>
    /// <exception cref="ArgumentException">It is empty, or begins with <c>$</c> and would be a join.</exception>
    public string? Protocol
    {
        get;
        init => field = string.IsNullOrEmpty(value) || value.StartsWith('$')
            ? throw new ArgumentException("A protocol is not empty and does not begin with $.")
            : value;
    }

    /// <summary>
    /// The <see cref="GuacdConnection.ConnectionId"/> of a connection that lives in the same guacd, to be one more user of it. Join only
    /// after the owner's first <c>sync</c>: between <c>ready</c> and it, a join crashes guacd 1.3.0's process for that connection
    /// (seen with telnet), which ends the owner's session too.
    /// </summary>
    /// <exception cref="ArgumentException">It does not begin with <c>$</c>.</exception>
    public string? JoinId
    {
        get;
        init => field = value is null || !value.StartsWith('$')
            ? throw new ArgumentException("The id of a connection begins with $.")
            : value;
    }

    /// <summary>A join that may only look. Sent as this user's own <c>read-only</c>; without it guacd takes his keys and mouse. Default true.</summary>
    public bool JoinReadOnly { get; init; } = true;

    internal string Select => JoinId ?? Protocol ?? "";

    internal bool IsJoin => JoinId is not null;

    /// <summary>Parameters by guacd's names, such as <c>hostname</c>; those that are no secret. A join sends none.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = NoParameters;

    /// <summary>Gives the secret parameters at the last moment; null = there are none. A join asks for none.</summary>
    public GuacdSecrets? Secrets { get; init; }

    /// <summary>
    /// Names that this guacd must know and that must have a value, such as <c>host-key</c>: guacd ignores what it does not know, and a
    /// check of the target's identity that is silently ignored is none. Checked when guacd has named its parameters, before a value is sent.
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

    /// <summary>The protocol, or that it is a join; nothing else.</summary>
    public override string ToString() => IsJoin ? "join" : Select;

    internal void Validate()
    {
        if (Protocol is null == JoinId is null)
            throw new ArgumentException($"Either {nameof(Protocol)} or {nameof(JoinId)} must be set.");
    }
}
