using System.CommandLine;
using OpenOva.Relay.Connections;

namespace OpenOva.Relay.Cli;

/// <summary><c>relay config resources</c></summary>
internal static class ResourcesVerb
{
    public static Command Create()
    {
        var arguments = new HostArguments();
        var json = new JsonOutput();
        var folder = new Argument<DirectoryInfo>("FOLDER") { Description = "The folder of *.yaml and *.yml files." };
        folder.AcceptExistingOnly();
        var resources = new Command(
            "resources", "Read a folder of connections and policies as relay serve does, without using it: what is declared, which policies guard what, and every fault. Exit code 1 when there is one.");
        resources.Arguments.Add(folder);
        arguments.AddTo(resources);
        json.AddTo(resources);
        resources.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Log = false });
            var options = application.Services.GetRequiredService<ConnectionsOptions>();
            options.Folder = parsed.GetRequiredValue(folder).FullName;
            var files = await new ResourceFolder(options, application.Services.GetRequiredService<TimeProvider>()).ReadChangedAsync(cancellation);
            var snapshot = CatalogSnapshot.Empty.Next(files ?? []);
            await json.WriteAsync(parsed, Document(snapshot), Lines(snapshot));
            return snapshot.Problems.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return resources;
    }

    private static object Document(CatalogSnapshot snapshot) => new
    {
        valid = snapshot.Problems.Count == 0,
        resources = Resources(snapshot).Select(resource => new
        {
            kind = resource.Kind.ToString().ToLowerInvariant(),
            resource.Organisation,
            resource.Name,
            resource.Digest,
            resource.File,
            policies = resource is Connection connection ? snapshot.PoliciesFor(connection).Select(policy => policy.Name) : null,
        }),
        problems = snapshot.Problems.Select(problem => problem.ToString()),
    };

    private static IEnumerable<string> Lines(CatalogSnapshot snapshot) => snapshot.Problems.Select(problem => problem.ToString()).Concat(
        Resources(snapshot).Select(resource => resource is Connection connection
            ? $"connection {resource.Organisation}/{resource.Name}, guarded by {(snapshot.PoliciesFor(connection) is { Count: > 0 } policies ? string.Join(", ", policies.Select(policy => policy.Name)) : "no policy")}"
            : $"policy {resource.Organisation}/{resource.Name}"));

    private static IEnumerable<DeclaredResource> Resources(CatalogSnapshot snapshot) => snapshot.InUse.Select(used => used.Resource)
        .OrderBy(resource => resource.Kind).ThenBy(resource => resource.Organisation, StringComparer.Ordinal).ThenBy(resource => resource.Name, StringComparer.Ordinal);
}
