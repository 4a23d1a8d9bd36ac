using System.Collections.Immutable;

namespace OpenOva.Relay.Connections;

/// <summary>Whether the target proves that it is the host it claims to be (promise 9).</summary>
internal enum TargetIdentity
{
    /// <summary>Protocol and parameters make guacd check a host key or certificate.</summary>
    Verified,

    /// <summary>The connection says that nothing is checked; opening it is an exception event.</summary>
    Unverified,
}

/// <summary>Where one parameter's secret is read at the last moment. Exactly one of the two is set.</summary>
internal sealed record SecretLocation(string? File, string? Env);

internal sealed record RecordingTerms(bool Required, string Bucket, int RetentionDays);

/// <summary>Just-in-time access: who must approve, and for how long an approval may last.</summary>
internal sealed record JitTerms(ImmutableArray<string> RequiredApprovers, int MaxDurationMinutes);

/// <summary>One valid version of a <c>GuacamoleConnection</c>. It holds no secret, only where secrets are.</summary>
internal sealed record Connection : DeclaredResource
{
    public override ResourceKind Kind => ResourceKind.Connection;

    /// <summary>guacd's protocol name.</summary>
    public required string Protocol { get; init; }
    public required string Hostname { get; init; }
    public required int Port { get; init; }

    /// <summary>Keycloak role names, sorted; any one of them together with <c>relay-operator</c> admits.</summary>
    public required ImmutableArray<string> AudienceRoles { get; init; }
    public required RecordingTerms Recording { get; init; }
    public JitTerms? Jit { get; init; }

    /// <summary>guacd parameters in clear, by name.</summary>
    public required ImmutableSortedDictionary<string, string> Parameters { get; init; }

    /// <summary>guacd parameters that are secrets, by name.</summary>
    public required ImmutableSortedDictionary<string, SecretLocation> Secrets { get; init; }
    public required TargetIdentity TargetIdentity { get; init; }

    /// <summary>What may cross it besides screen, keyboard and pointer.</summary>
    public Channels Channels { get; init; }

    /// <summary><c>metadata.labels</c>, which policies select by; not part of the digest, since they change nothing that is done.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The labels as one text, to compare them by.</summary>
    public string LabelText => string.Join(',', Labels.Select(label => $"{label.Key}={label.Value}"));

    public override string ToString() => $"{Organisation}/{Name} ({Digest})";
}
