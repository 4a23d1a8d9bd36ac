namespace OpenOva.Relay.Connections;

/// <summary>
/// Why a document is not taken: file (without folder), line and column from 1, and the field as a path such as
/// <c>spec.audience.keycloakRoles[0]</c>. The text never quotes a parameter's value.
/// </summary>
/// <param name="Organisation">The connection meant, where the document got that far.</param>
internal sealed record ConnectionProblem(string File, long Line, long Column, string Field, string Message, string? Organisation, string? Name)
{
    public override string ToString() => Field.Length == 0
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Message}")
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Field} {Message}");
}
