using System.Text;
using System.Text.RegularExpressions;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions.Transfers;

/// <summary>What is noted of one transfer, or of <see cref="Count"/> of one kind, direction and outcome. Never its content.</summary>
/// <param name="Status">Why it was refused or aborted, as a Guacamole status; 0: nobody said.</param>
/// <param name="Mimetype">Null: none was given, or several.</param>
/// <param name="Name">Of a file or listing; null: it has none, or several.</param>
/// <param name="Size">Bytes that passed.</param>
/// <param name="Sha256">Of them; null: nothing was let pass, sound, or several.</param>
internal sealed partial record TransferNote(
    TransferKind Kind, TransferDirection Direction, TransferOutcome Outcome, int Status, string? Mimetype, string? Name, long Size, string? Sha256, long Count, long FirstUs, long LastUs)
{
    private const int MaxNameLength = 1_024;
    private const int MaxMimetypeLength = 100;

    /// <summary>Both as one count.</summary>
    public TransferNote With(TransferNote other) => new(
        Kind, Direction, Outcome, Status == other.Status ? Status : 0, null, null, Size + other.Size, null, Count + other.Count,
        Math.Min(FirstUs, other.FirstUs), Math.Max(LastUs, other.LastUs));

    /// <summary>A type that is one, since whoever sends it could write anything there.</summary>
    public static string MimetypeOf(string given) => given.Length <= MaxMimetypeLength && Mimetypes().IsMatch(given) ? given : "other";

    /// <summary>A name that every database takes, cut where it is too long.</summary>
    public static string NameOf(string given)
    {
        var name = given.Replace('\0', '\uFFFD');
        if (name.Length <= MaxNameLength) return name;
        // Not within a pair of surrogates: half a character has no form in UTF-8.
        return name[..(char.IsHighSurrogate(name[MaxNameLength - 1]) ? MaxNameLength - 1 : MaxNameLength)];
    }

    // Whoever logs one by mistake must not log a name.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append($"{Kind} {Direction} {Outcome}");
        return true;
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Mimetypes();
}
