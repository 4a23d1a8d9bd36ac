namespace OpenOva.Relay.Connections;

/// <summary>
/// Why a document is not taken: file (without folder), line and column from 1 (0 for a resource of a cluster), and the field as a path such as
/// <c>spec.audience.keycloakRoles[0]</c>. The text never quotes a parameter's value.
/// </summary>
/// <param name="Kind">What the document declares; null where it could not be told, so that it may be either.</param>
/// <param name="Organisation">Whose the resource is, where the document got that far.</param>
/// <param name="Name">The resource meant, where the document got that far; never without its organisation.</param>
internal sealed record ResourceProblem(
    string File, long Line, long Column, string Field, string Message, ResourceKind? Kind, string? Organisation, string? Name)
{
    /// <summary>The resource meant; null where that could not be told.</summary>
    public ResourceKey? Key => this is { Kind: { } kind, Organisation: { } organisation, Name: { } name } ? new ResourceKey(kind, organisation, name) : null;

    /// <summary>True where the document may have declared a resource of this kind.</summary>
    public bool MayBe(ResourceKind kind) => Kind is null || Kind == kind;

    public override string ToString()
    {
        var place = Line == 0 ? File : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}");
        return Field.Length == 0 ? $"{place}: {Message}" : $"{place}: {Field} {Message}";
    }
}
