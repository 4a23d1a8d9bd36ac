using System.Collections.Immutable;
using System.Text.RegularExpressions;
using OpenOva.Relay.Connections.Policies;

namespace OpenOva.Relay.Connections;

/// <summary>One file's resources and problems.</summary>
internal sealed record ResourceFile(
    string File, IReadOnlyList<(DeclaredResource Resource, long Line)> Resources, IReadOnlyList<ResourceProblem> Problems);

/// <summary>What stands in <c>metadata</c>, as far as Relay reads it.</summary>
internal sealed record ResourceMetadata(string Organisation, string Name, ImmutableSortedDictionary<string, string> Labels, Provenance Provenance);

/// <summary>
/// Reads <c>GuacamoleConnection</c> and <c>EnvironmentPolicy</c> documents (<c>catalyst.openova.io/v1alpha1</c>), in any order. A fault refuses its document whole
/// and leaves the others alone.
/// </summary>
internal static partial class ResourceReader
{
    public const string ApiGroup = "catalyst.openova.io";
    public const string ApiVersion = $"{ApiGroup}/v1alpha1";
    public const string OrganisationLabel = $"{ApiGroup}/organization";

    public static ResourceFile Read(string file, string text, ConnectionsOptions options)
    {
        List<(DeclaredResource, long)> resources = [];
        List<ResourceProblem> problems = [];
        foreach (var source in YamlDocuments.Read(text))
        {
            if (source.Fault is var (line, column, message))
            {
                problems.Add(new ResourceProblem(file, line, column, "", message, GuessKind(source.Text), null, null));
                continue;
            }

            var document = new Document(file, options);
            try
            {
                resources.Add((document.Read(YamlFields.Of(source.Root!)), source.FirstLine + source.Root!.Start.Line - 1));
            }
            catch (YamlFieldException e)
            {
                problems.Add(new ResourceProblem(
                    file, source.FirstLine + e.Mark.Line - 1, e.Mark.Column, e.Field, e.Reason, document.Kind, document.Organisation, document.Name));
            }
        }
        return new ResourceFile(file, resources, problems);
    }

    /// <summary>
    /// Reads one object of a Kubernetes API. JSON is YAML, so that there is one reader; but lines of its text mean nothing to a person.
    /// </summary>
    /// <param name="kind">What the API says that it is.</param>
    /// <param name="place">Its namespace and name.</param>
    /// <param name="json">The object.</param>
    /// <param name="manager">See <see cref="Provenance.Manager"/>.</param>
    /// <param name="options">As for files.</param>
    public static ResourceFile ReadObject(ResourceKind kind, string place, string json, string? manager, ConnectionsOptions options)
    {
        var file = Read(place, json, options);
        return file with
        {
            Resources = [.. file.Resources.Select(entry => (entry.Resource with { Provenance = entry.Resource.Provenance with { Manager = manager } }, 0L))],
            Problems = [.. file.Problems.Select(problem => problem with { Line = 0, Column = 0, Kind = kind })],
        };
    }

    // What cannot be parsed may still show what it is: a typing error in a connection must not count as a policy that is missing.
    private static ResourceKind? GuessKind(string text)
    {
        var kinds = KindLine().Matches(text).Select(match => match.Groups[1].Value).ToArray();
        if (kinds.Contains(PolicySpecReader.Kind))
            return ResourceKind.Policy;
        return kinds.Length > 0 && !text.Contains(PolicySpecReader.Kind, StringComparison.OrdinalIgnoreCase) ? ResourceKind.Connection : null;
    }

    [GeneratedRegex(
        $@"^kind:[ \t]*[""']?({ConnectionSpecReader.Kind}|{PolicySpecReader.Kind})[""']?[ \t]*\r?$",
        RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex KindLine();

    private sealed class Document(string file, ConnectionsOptions options)
    {
        public ResourceKind? Kind { get; private set; }
        public string? Organisation { get; private set; }
        public string? Name { get; private set; }

        public DeclaredResource Read(YamlFields root)
        {
            ReadKind(root);
            var metadata = ReadMetadata(root.RequiredMapping("metadata"));
            if (root.RequiredText("apiVersion") != ApiVersion)
                throw root.Fault("apiVersion", $"must be {ApiVersion}");
            root.Ignore("status");
            var spec = root.RequiredMapping("spec");
            DeclaredResource resource = Kind == ResourceKind.Policy ? PolicySpecReader.Read(spec, metadata, file) : ConnectionSpecReader.Read(spec, metadata, file, options);
            root.RefuseOthers();
            return resource;
        }

        private void ReadKind(YamlFields root)
        {
            switch (root.RequiredText("kind"))
            {
                case ConnectionSpecReader.Kind:
                    Kind = ResourceKind.Connection;
                    break;
                case PolicySpecReader.Kind:
                    Kind = ResourceKind.Policy;
                    break;
                default:
                    // Of our own group it may be a policy whose kind is mistyped.
                    if (root.Text("apiVersion") is { } version && !version.StartsWith(ApiGroup, StringComparison.OrdinalIgnoreCase))
                        Kind = ResourceKind.Other;
                    throw root.Fault("kind", $"must be {ConnectionSpecReader.Kind} or {PolicySpecReader.Kind}");
            }
        }

        private ResourceMetadata ReadMetadata(YamlFields metadata)
        {
            var labels = metadata.Mapping("labels");
            var organisation = labels?.Text(OrganisationLabel) ?? options.DefaultOrganisation;
            if (organisation.Length == 0)
                throw (labels ?? metadata).Fault(labels is null ? "labels" : OrganisationLabel, $"must hold {OrganisationLabel}: no default organisation is configured");
            if (!ResourceNames.IsLabel(organisation))
                throw labels!.Fault(OrganisationLabel, "must be a DNS label (a-z, 0-9, hyphen; at most 63 characters)");
            Organisation = organisation;
            var name = metadata.RequiredText("name");
            if (!ResourceNames.IsSubdomain(name))
                throw metadata.Fault("name", "must be an RFC 1123 subdomain (a-z, 0-9, hyphen, dot)");
            Name = name;
            var read = labels?.Labels() ?? ImmutableSortedDictionary<string, string>.Empty;
            var provenance = Provenance.Of(metadata.Mapping("annotations"), read);
            // What the API server adds, so that the output of kubectl get may be mounted as it is.
            metadata.Ignore(
                "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
                "deletionGracePeriodSeconds", "managedFields", "ownerReferences", "finalizers", "selfLink", "generateName");
            metadata.RefuseOthers();
            return new ResourceMetadata(organisation, name, read, provenance);
        }
    }
}
