using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace OpenOva.Relay.Connections;

/// <summary>
/// Who brought a version of a resource, and from where, as far as the resource itself says: claims of whoever may write it, not findings of Relay's. Null where it
/// says nothing.
/// </summary>
/// <param name="Actor">Who made the change; else what applied it: <c>flux/NAMESPACE/NAME</c>, <c>argocd/APPLICATION</c>.</param>
/// <param name="Commit">The commit of the source.</param>
/// <param name="Ticket">The change's ticket.</param>
/// <param name="ApprovedBy">Who approved the change.</param>
/// <param name="Manager">Kubernetes only: the field manager that last wrote it, as the API server noted.</param>
internal sealed partial record Provenance(string? Actor, string? Commit, string? Ticket, string? ApprovedBy, string? Manager)
{
    public const string ActorAnnotation = $"{ResourceReader.ApiGroup}/actor";
    public const string CommitAnnotation = $"{ResourceReader.ApiGroup}/commit";
    public const string TicketAnnotation = $"{ResourceReader.ApiGroup}/ticket";
    public const string ApprovedByAnnotation = $"{ResourceReader.ApiGroup}/approved-by";

    // Neither Flux nor Argo CD notes a commit on what it applies; kustomize does with buildMetadata: [originAnnotations], under either of them.
    private const string OriginAnnotation = "config.kubernetes.io/origin";
    private const string ArgoAnnotation = "argocd.argoproj.io/tracking-id";
    private static readonly string[] FluxLabels = ["kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"];

    /// <summary>In characters; longer texts are cut.</summary>
    private const int MaximumLength = 128;

    public static readonly Provenance Unknown = new(null, null, null, null, null);

    /// <summary>From what stands in <c>metadata</c>.</summary>
    public static Provenance Of(YamlFields? annotations, ImmutableSortedDictionary<string, string> labels)
    {
        string? Find(string name) => Printable(annotations?.Text(name));
        return new Provenance(
            Find(ActorAnnotation) ?? Flux(labels) ?? Argo(Find(ArgoAnnotation)), Find(CommitAnnotation) ?? Ref(annotations?.Text(OriginAnnotation)),
            Find(TicketAnnotation), Find(ApprovedByAnnotation), null);
    }

    /// <summary>What of a text may stand in a ledger and on an auditor's screen; null where nothing is left.</summary>
    public static string? Printable(string? text)
    {
        if (text is null)
            return null;
        var clean = Unprintable().Replace(text, " ").Trim();
        return clean.Length switch
        {
            0 => null,
            <= MaximumLength => clean,
            // Not between the two halves of one character.
            _ => char.IsHighSurrogate(clean[MaximumLength - 1]) ? clean[..(MaximumLength - 1)] : clean[..MaximumLength],
        };
    }

    private static string? Flux(ImmutableSortedDictionary<string, string> labels) => FluxLabels
        .Where(owner => labels.ContainsKey($"{owner}/name"))
        .Select(owner => Printable($"flux/{labels.GetValueOrDefault($"{owner}/namespace")}/{labels[$"{owner}/name"]}"))
        .FirstOrDefault();

    // application:group/kind:namespace/name
    private static string? Argo(string? tracking) => tracking is null ? null : Printable($"argocd/{tracking.Split(':')[0]}");

    private static string? Ref(string? origin) => origin is not null && RefLine().Match(origin) is { Success: true } match ? Printable(match.Groups[1].Value) : null;

    // Controls, formats such as the bidirectional overrides, separators of lines and paragraphs, lone surrogates, private use, unassigned.
    [GeneratedRegex(@"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Unprintable();

    [GeneratedRegex(@"^ref:[ \t]*(\S+)[ \t]*\r?$", RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex RefLine();
}
