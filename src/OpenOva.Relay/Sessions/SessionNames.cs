using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>States and reasons as rows, manifests and the ledger write them: the contract's names without their prefixes.</summary>
internal static class SessionNames
{
    public static string Name(this SessionState state) => Upper(state.ToString());

    public static string Name(this SessionEndReason reason) => Upper(reason.ToString());

    public static string Name(this JoinEndReason reason) => Upper(reason.ToString());

    public static string Name(this ErrorReason reason) => Web.ErrorTable.Of(reason).Name;

    /// <summary>As the ledger and a browser are told it.</summary>
    public static string Name(this TunnelNoticeKind kind) => Upper(kind.ToString()).Replace('_', '-').ToLowerInvariant();

    public static string Name(this TransferKind kind) => kind.ToString().ToLowerInvariant();

    public static string Name(this TransferDirection direction) => direction.ToString().ToLowerInvariant();

    public static string Name(this TransferOutcome outcome) => outcome.ToString().ToLowerInvariant();

    public static SessionState State(string name) => Enum.Parse<SessionState>(Pascal(name));

    public static SessionEndReason EndReason(string? name) => name is null ? SessionEndReason.Unspecified : Enum.Parse<SessionEndReason>(Pascal(name));

    public static TransferKind TransferKind(string name) => Enum.Parse<TransferKind>(name, ignoreCase: true);

    public static TransferDirection TransferDirection(string name) => Enum.Parse<TransferDirection>(name, ignoreCase: true);

    public static TransferOutcome TransferOutcome(string name) => Enum.Parse<TransferOutcome>(name, ignoreCase: true);

    // ClientLeft to CLIENT_LEFT.
    private static string Upper(string pascal) =>
        string.Concat(pascal.Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));

    private static string Pascal(string upper) =>
        string.Concat(upper.Split('_').Select(part => $"{part[0]}{part[1..].ToLowerInvariant()}"));
}
